"""The three indexes of a library, kept in agreement through any crash.

Owns the order of writing, and what is repaired afterwards. A batch goes: token store (which may run ahead),
journal (the papers in flight), Chroma, word index, journal gone. A crash leaves a journal; its papers are
looked up in Chroma, the source of truth, and everything else is made to agree with it. The vector index is
guarded by rag/index/vector_files.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from threading import Lock

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
_RELOAD_S = 2.0
"""Least time between two reloads, so that a busy writer does not keep its readers loading. Chosen by hand."""


def open_indexes(folder: Path, config: Config, *, read_only: bool) -> Indexes:
    """The indexes of a library; repaired first. Where another process writes, it is waited for if need be.

    Raises IndexDamaged where a repair is needed and not allowed, LibraryReadOnly, LibraryDamaged,
    StorageError.
    """
    deadline = time.monotonic() + _REPAIR_S
    while True:
        indexes = None
        try:
            indexes = Indexes.open(folder, config)
            if read_only or not indexes.behind:
                return indexes
        except IndexDamaged:
            if read_only or time.monotonic() > deadline:
                raise
        try:
            with writing(folder):
                if indexes:
                    indexes.dense.close()
                return Indexes.repair(folder, config)
        except (LibraryLocked, LibraryReadOnly):
            if indexes:
                return indexes
            if not holder(folder):
                raise
            time.sleep(_PAUSE_S)


class Indexes:
    """Chroma, the word index and the token store of one folder. Callers of what writes hold the lock."""

    def __init__(self, folder: Path, config: Config, dense: Dense, lexical: Lexical) -> None:
        self._folder = folder
        self.dense = dense
        self.lexical = lexical
        self.tokens = TokenStore(folder / "tokens")
        self._journal = folder / "journal.json"
        self._vectors = None if config.chroma_url else VectorFiles(folder)
        self._loaded_stamps = self.stamps()
        self._loaded_at = time.monotonic()
        self._loading = Lock()
        self._all_vectors: tuple[NDArray[np.int64], object, PassagesAt, NDArray[np.float32]] | None = None
        self._df: tuple[NDArray[np.int64], object, NDArray[np.int64]] | None = None
        self._papers_read: tuple[object, PapersRead] | None = None

    @classmethod
    def open(cls, folder: Path, config: Config) -> Indexes:
        """As they are. Raises IndexDamaged where they must be repaired before they can be opened."""
        lexical = Lexical.open(folder / "lexical")
        return cls(folder, config, open_dense(folder, config), lexical)

    @classmethod
    def repair(cls, folder: Path, config: Config) -> Indexes:
        """Repair all that needs no encoder, and open."""
        if not config.chroma_url:
            VectorFiles(folder).repair(TokenStore(folder / "tokens"))
        try:
            lexical = Lexical.open(folder / "lexical")
            lexical.tidy()
        except IndexDamaged:
            lexical = Lexical.create(folder / "lexical")
        indexes = cls(folder, config, open_dense(folder, config), lexical)
        indexes._reconcile_journal()
        return indexes

    @property
    def behind(self) -> bool:
        """A batch was cut short, or the word index is behind Chroma."""
        source, words = self.stamps()
        return self._journal.exists() or source != words

    @property
    def n_unencoded(self) -> int:
        """Passages that the token store does not hold."""
        if self.tokens.n_blocks >= self.lexical.n_passages:  # the usual case, and cheap
            return 0
        return self.tokens.n_missing(self.lexical.text_keys())

    @property
    def df(self) -> NDArray[np.int64]:
        """int64[30522]: passages in which each word piece occurs.

        Counted by the token store, which counts a text once, and goes on counting one that is gone: where it
        has as many texts as there are passages, it is taken at its word.
        """
        counted, loading = self.tokens.df, self.lexical.loading
        known = self._df
        if known is None or known[0] is not counted or known[1] is not loading:
            same = self.tokens.n_blocks == self.lexical.n_passages
            known = counted, loading, counted if same else self.tokens.df_of(self.lexical.text_keys())
            self._df = known
        return known[2]

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
        vectors = np.stack([block.vector for row in rows if (block := self.tokens.get(row_key(row)))])
        with self._in_flight([paper[0].paper_id for paper in papers]) as stamp:
            with self._changing():
                self.dense.upsert(rows, vectors)
                self.dense.delete(surplus)
                self.dense.set_stamp(stamp)
            self.lexical.write(_entries(papers), (), stamp)

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
            for part in _parts(paper_ids):
                rows = self.dense.of_papers(part)
                papers = whole(rows)
                kept = {row.passage_id: row for row in chain.from_iterable(papers.values())}
                with self._changing():
                    self.dense.delete([row.passage_id for row in rows if row.passage_id not in kept])
                lacking |= {row.paper_id for row in self.restore_vectors(list(kept.values()))}
                self.lexical.write(_entries(papers.values()), set(part) - set(papers), None)
            with self._changing():
                self.dense.set_stamp(stamp)
            self.lexical.set_stamp(stamp)
        if lacking:
            write_json(self._journal, {"papers": sorted(lacking), "stamp": stamp})

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
        stale = self.lexical.versions()
        changed: set[str] = set()
        for rows in self.dense.scan():
            for row in rows:
                if (found := version(row.passage_id, row.content_hash)) in stale:
                    stale.remove(found)
                else:
                    changed.add(row.paper_id)
        changed |= {found.rpartition("#")[0] for found in stale}
        for part in _parts(sorted(changed)):
            papers = whole(self.dense.of_papers(part))
            self.lexical.write(_entries(papers.values()), set(part) - set(papers), None)
        self.lexical.set_stamp(self.dense.stamp)

    def _is_current(self) -> bool:
        # Writers of the folder set the word index's stamp last; on a server others change Chroma alone.
        loaded = self._loaded_stamps
        return self.lexical.stamp == loaded[1] if self._vectors else self.stamps() == loaded

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


def _entries(papers: Iterable[list[PassageRow]]) -> Iterator[IndexedPassage]:
    for rows in papers:
        paper = to_paper(rows)
        for row in rows:
            yield IndexedPassage(row.passage, paper, row.content_hash, row_key(row))


def _parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[i : i + _PART] for i in range(0, len(items), _PART))
