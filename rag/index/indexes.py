"""The three indexes of a library, kept in agreement through any crash.

Owns the order of writing, and what is repaired afterwards. A batch goes: token store (which may run ahead),
journal (the papers in flight), Chroma, word index, journal gone. A crash leaves a journal; its papers are
looked up in Chroma, the source of truth, and everything else is made to agree with it. The vector index is
guarded by rag/index/vector_files.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.errors import IndexDamaged, LibraryLocked, LibraryReadOnly
from rag.files import read_json, write_json
from rag.index.locks import holder, vector_files_lock, writing
from rag.index.papers_read import PapersRead
from rag.index.passage_rows import PassageRow, row_key, to_paper, whole
from rag.index.passage_store import Dense
from rag.index.token_store import TokenStore
from rag.index.vector_files import VectorFiles, open_dense
from rag.index.word_index import Lexical
from rag.index.word_index_loading import PassagesAt
from rag.index.word_index_schema import IndexedPassage, version
from rag.records import Filters

_PART = 2000
"""Papers that are looked up and repaired at a time. Chosen by hand: a few MB of text."""
_SAMPLE = 5000
"""Passages whose vectors are searched for to see whether all can be found; of a larger library, every n-th
passage. Chosen by hand: five seconds at a millisecond each."""
_REPAIR_S, _PAUSE_S = 600.0, 0.1
"""How long to wait for another process that repairs, and how often to look. Chosen by hand."""
_ROUNDING = 1e-11
"""Within which two sums of the same keys agree, as float64 in any order; one other key among a million makes
1e-7."""
_RELOAD_S = 2.0
"""Least time between two reloads, so that a busy writer does not keep its readers loading. Chosen by hand."""


def open_indexes(folder: Path, config: Config, *, read_only: bool) -> Indexes:
    """The indexes of a library; repaired first. Where another process writes, it is waited for if need be.

    Raises IndexDamaged where a repair is needed and not allowed, LibraryReadOnly, LibraryDamaged,
    StorageError.
    """
    if config.chroma_url:
        from rag.index.server_indexes import ServerIndexes

        return _opened(ServerIndexes, folder, config, read_only=read_only)
    return _opened(Indexes, folder, config, read_only=read_only)


def _opened(kind: type[Indexes], folder: Path, config: Config, *, read_only: bool) -> Indexes:
    deadline = time.monotonic() + _REPAIR_S
    while True:
        indexes = None
        try:
            indexes = kind.open(folder, config)
            if read_only or not indexes.unsettled:
                return indexes
        except IndexDamaged:
            if read_only or time.monotonic() > deadline:
                raise
        try:
            with writing(folder):
                if indexes:
                    indexes.dense.close()
                return kind.repair(folder, config)
        except (LibraryLocked, LibraryReadOnly):
            if indexes:
                return indexes
            if not holder(folder):
                raise
            time.sleep(_PAUSE_S)


class Indexes:
    """Chroma, the word index and the token store of one folder. Callers of what writes hold the lock."""

    _vectors: VectorFiles | None

    def __init__(self, folder: Path, config: Config, dense: Dense, lexical: Lexical) -> None:
        self._folder, self._config = folder, config
        self.dense = dense
        self.lexical = lexical
        self.tokens = TokenStore(folder / "tokens")
        self._journal = folder / "journal.json"
        self._vectors = VectorFiles(folder)
        self._loaded_stamps = self.stamps()
        self._loaded_at = time.monotonic()
        self._loading = Lock()
        self._all_vectors: tuple[NDArray[np.int64], object, PassagesAt, NDArray[np.float32]] | None = None
        self._df: tuple[NDArray[np.int64], object, NDArray[np.int64]] | None = None
        self._papers_read: tuple[object, PapersRead] | None = None

    @classmethod
    def open(cls, folder: Path, config: Config) -> Self:
        """As they are. Raises IndexDamaged where they must be repaired before they can be opened."""
        lexical = Lexical.open(folder / "lexical")
        return cls(folder, config, open_dense(folder), lexical)

    @classmethod
    def repair(cls, folder: Path, config: Config) -> Self:
        """Repair all that needs no encoder, and open."""
        VectorFiles(folder).repair(TokenStore(folder / "tokens"))
        indexes = cls(folder, config, open_dense(folder), tidied(folder))
        indexes._reconcile_journal()
        return indexes

    def made_current(self) -> Indexes:
        """As the last writer left them, repaired where need be: these, or others in their place."""
        if self.behind:
            repaired = self.repair(self._folder, self._config)
            self.dense.close()
            return repaired
        self.refresh(now=True)
        return self

    def exclusive(self) -> AbstractContextManager[Any]:
        """Keep other machines from writing; the folder's lock, which the caller holds, keeps processes."""
        return nullcontext()

    @property
    def behind(self) -> bool:
        """A batch was cut short, or the word index is behind Chroma."""
        source, words = self.stamps()
        return self._journal.exists() or source != words

    @property
    def unsettled(self) -> bool:
        """`repair` has something to do."""
        return self.behind

    @property
    def n_unencoded(self) -> int:
        """Passages that the token store does not hold."""
        if self.tokens.n_blocks >= self.lexical.n_passages:  # the usual case, and cheap
            return 0
        return self.tokens.n_missing(self.lexical.text_keys())

    @property
    def df(self) -> NDArray[np.int64]:
        """int64[30522]: passages in which each word piece occurs.

        Counted by the token store, which counts a text once, and goes on counting one that is gone: where its
        texts are those of the passages, it is taken at its word.
        """
        counted, loading = self.tokens.df, self.lexical.loading
        known = self._df
        if known is None or known[0] is not counted or known[1] is not loading:
            known = counted, loading, counted if self._are_texts_those_of_passages() else self._df_of_texts()
            self._df = known
        return known[2]

    def _are_texts_those_of_passages(self) -> bool:
        """Told by their number and by the sum of their keys, whose parts are 64 random bits."""
        if self.tokens.n_blocks != self.lexical.n_passages:
            return False
        return math.isclose(self.tokens.sum_of_keys(), self.lexical.sum_of_text_keys(), rel_tol=_ROUNDING)

    def _df_of_texts(self) -> NDArray[np.int64]:
        return self.tokens.df_of(self.lexical.text_keys())

    def all_vectors(self) -> tuple[PassagesAt, NDArray[np.float32]]:
        """Where the word index has each encoded passage, and its vector, float32[n, 384]; kept until a
        change.

        For libraries whose vectors fit into memory.
        """
        counted, loading = self.tokens.df, self.lexical.loading
        known = self._all_vectors
        if known is None or known[0] is not counted or known[1] is not loading:
            passages, keys = self.lexical.selected(self.lexical.select(Filters()))
            vectors, found = self.tokens.vectors(keys)
            self._all_vectors = known = counted, loading, passages.among(found), vectors[found]
        return known[2], known[3]

    @property
    def papers_read(self) -> PapersRead:
        """What was read of papers since the word index was loaded, whose stamp every writer sets last."""
        loading = self.lexical.loading
        known = self._papers_read
        if known is None or known[0] is not loading:
            self._papers_read = known = loading, PapersRead()
        return known[1]

    def stamps(self) -> tuple[int, int | None]:
        """Chroma's stamp, and the one that the word index has caught up with."""
        return self.dense.stamp, self.lexical.stamp

    def refresh(self, *, now: bool = False) -> None:
        """See what other processes wrote since; costs little where nothing was. `now`: so as to write."""
        if now:
            self.tokens.reload()  # a writer that died may have left blocks, of which no stamp tells
        if self._is_current() or not self._loading.acquire(blocking=now):
            return
        try:
            if now or time.monotonic() - self._loaded_at >= _RELOAD_S:
                self._reload()
        finally:
            self._loading.release()

    def write(self, papers: Sequence[list[PassageRow]], surplus: Sequence[str] = ()) -> None:
        """Write papers, each whole and in order, whose blocks are in the token store.

        surplus: passages of older versions that the new one has no counterpart of.
        """
        rows = list(chain.from_iterable(papers))
        self.share_blocks(rows)
        vectors = np.stack([block.vector for row in rows if (block := self.tokens.get(row_key(row)))])
        with self._in_flight([paper[0].paper_id for paper in papers]) as stamp:
            with self._changing():
                self.dense.upsert(rows, vectors)
                self.dense.delete(surplus)
                self.dense.set_stamp(stamp)
            self.lexical.write(entries_of(papers), (), stamp)

    def remove(self, paper_ids: Sequence[str]) -> None:
        """Remove papers."""
        with self._in_flight(paper_ids) as stamp:
            with self._changing():
                self.dense.delete([row.passage_id for row in self.dense.of_papers(paper_ids)])
                self.dense.set_stamp(stamp)
            self.lexical.write((), paper_ids, stamp)

    def reconcile(self, paper_ids: Sequence[str]) -> None:
        """Make every index agree with Chroma about these papers; a paper half written is removed.

        Papers whose text is not in the token store stay in the journal.
        """
        lacking: set[str] = set()
        with self._in_flight(paper_ids) as stamp:
            for part in parts_of(paper_ids):
                rows = self.dense.of_papers(part)
                papers = whole(rows)
                self.share_blocks(list(chain.from_iterable(papers.values())))
                kept = {row.passage_id: row for row in chain.from_iterable(papers.values())}
                with self._changing():
                    self.dense.delete([row.passage_id for row in rows if row.passage_id not in kept])
                lacking |= {row.paper_id for row in self.restore_vectors(list(kept.values()))}
                self.lexical.write(entries_of(papers.values()), set(part) - set(papers), None)
            with self._changing():
                self.dense.set_stamp(stamp)
            self.lexical.set_stamp(stamp)
        if lacking:
            self.leave_unencoded(sorted(lacking))

    def leave_unencoded(self, paper_ids: Sequence[str]) -> None:
        """Remember these papers, of which the token store lacks a text."""
        self.journal(paper_ids)

    # Where papers are on a server, so is what the encoder saw, and who encoded (server_indexes.py). Here
    # they have no second place.

    def follow(self) -> None:
        """Have here what others changed on the server."""

    def share_blocks(self, rows: Sequence[PassageRow]) -> None:
        """Have what the encoder saw in these passages in both places."""

    def copy_blocks(self, rows: Sequence[PassageRow]) -> None:
        """Copy what the token store lacks of these passages."""

    def restore_all(self) -> None:
        """Copy all that is lacking here, whatever the stamps say."""

    @property
    def noted_encoder(self) -> str | None:
        """The fingerprint of what encoded the library, as the server has it."""
        return None

    def note_encoder(self, fingerprint: str) -> None:
        """Say on the server what encodes the library."""

    def compact(self, keys: Iterable[int]) -> None:
        """Remove what the encoder saw in all other texts."""
        self.tokens.compact(keys)

    def restore_vectors(self, rows: Sequence[PassageRow]) -> list[PassageRow]:
        """Set the vectors of rows that a search does not find. Returns the rows that have none to set."""
        vectors = self._vectors_of(rows)
        if missing := self._unreachable(vectors):
            with self._changing():
                self.dense.set_vectors(missing, np.stack([vectors[passage_id] for passage_id in missing]))
        return [row for row in rows if row.passage_id not in vectors]

    def unreachable(self, rows: Sequence[PassageRow]) -> list[str]:
        """Passages, of those encoded, that a search for their vector does not find; about 1 ms each.

        Of a large library only some of the rows are looked for.
        """
        return self._unreachable(self._vectors_of(rows[:: 1 + self.lexical.n_passages // _SAMPLE]))

    def journal(self, paper_ids: Sequence[str]) -> None:
        """Note that these papers must be reconciled, whatever happens until then."""
        write_json(self._journal, {"papers": list(paper_ids), "stamp": self.dense.stamp + 1})

    def seal(self) -> None:
        """After a session of writing: let the folder be moved, and do not load what we wrote ourselves."""
        if self._vectors:
            with vector_files_lock(self._folder):
                self._vectors.set_seal(crc=True)
        self._loaded_stamps = self.stamps()

    def _reconcile_journal(self) -> None:
        journal = read_json(self._journal) or {"papers": [], "stamp": 0}
        source, words = self.stamps()
        cut_short = {source, words} <= {journal["stamp"] - 1, journal["stamp"]}
        if words != source and not cut_short:
            self._catch_up()
        if journal["papers"]:
            self.reconcile(journal["papers"])

    def _catch_up(self) -> None:
        """Index the words of all papers that Chroma and the word index have in different versions."""
        source = self.dense.stamp  # as it was before looking: what comes meanwhile is found the next time
        self.index_words(self.differing())
        self.lexical.set_stamp(source)

    def index_words(self, paper_ids: Iterable[str]) -> None:
        """Index the words of these papers as they are in Chroma; what the encoder saw is copied first."""
        for part in parts_of(sorted(paper_ids)):
            papers = whole(self.dense.of_papers(part))
            self.copy_blocks(list(chain.from_iterable(papers.values())))
            self.lexical.write(entries_of(papers.values()), set(part) - set(papers), None)

    def differing(self) -> set[str]:
        """The papers that Chroma and the word index have in different versions."""
        stale = self.lexical.versions()
        changed: set[str] = set()
        for rows in self.dense.scan():
            for row in rows:
                if (found := version(row.passage_id, row.content_hash)) in stale:
                    stale.remove(found)
                else:
                    changed.add(row.paper_id)
        return changed | {found.rpartition("#")[0] for found in stale}

    def _is_current(self) -> bool:
        return self.lexical.stamp == self._loaded_stamps[1]  # which writers of the folder set last

    def _reload(self) -> None:
        stamps = self.stamps()
        try:
            self.lexical.reload()
            if self._vectors:
                with self._vectors.opening():
                    self.dense.reopen()
        except IndexDamaged:  # being repaired: go on with what is loaded, and look again later
            stamps = self._loaded_stamps
        self.tokens.reload()
        self._loaded_stamps, self._loaded_at = stamps, time.monotonic()

    def _vectors_of(self, rows: Sequence[PassageRow]) -> dict[str, NDArray[np.float32]]:
        blocks = {row.passage_id: self.tokens.get(row_key(row)) for row in rows}
        return {passage_id: block.vector for passage_id, block in blocks.items() if block}

    def _unreachable(self, vectors: dict[str, NDArray[np.float32]]) -> list[str]:
        return self.dense.unreachable(list(vectors), np.stack(list(vectors.values()))) if vectors else []

    @contextmanager
    def _in_flight(self, paper_ids: Sequence[str]) -> Iterator[int]:
        """Keep the papers in the journal while the block runs, and should it fail. Yields the next stamp."""
        stamp = self.dense.stamp + 1
        write_json(self._journal, {"papers": list(paper_ids), "stamp": stamp})
        yield stamp
        self._journal.unlink()

    def _changing(self) -> AbstractContextManager[None]:
        return self._vectors.changing() if self._vectors else nullcontext()


def tidied(folder: Path) -> Lexical:
    """The folder's word index without what a killed writer left; a new, empty one where it is damaged."""
    try:
        lexical = Lexical.open(folder / "lexical")
        lexical.tidy()
    except IndexDamaged:
        lexical = Lexical.create(folder / "lexical")
    return lexical


def entries_of(papers: Iterable[list[PassageRow]]) -> Iterator[IndexedPassage]:
    for rows in papers:
        paper = to_paper(rows)
        for row in rows:
            yield IndexedPassage(row.passage, paper, row.content_hash, row_key(row))


def parts_of(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[i : i + _PART] for i in range(0, len(items), _PART))
