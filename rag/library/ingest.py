"""Ingest: what is new against what the library has, batch by batch, and encoding it.

Owns the counting (every record once) and the batches; under the library's lock, which the caller holds.
Which records are of one paper is decided by rag/papers/duplicates.py. While a batch is encoded, a thread
writes the one before: ONNX Runtime, Chroma and tantivy leave Python's lock.

    read ─▶ as stored? ─▶ resolve ─▶ encode, to the token store ─▶ write to Chroma and the word index
            (nothing to do)                                beside (batch before)
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.encoder.late_interaction import pack_bits
from rag.index.candidates import whole_papers
from rag.index.indexes import Indexes
from rag.index.passage_rows import PassageRow, content_hash, reads_back, row_key, to_paper, to_rows
from rag.index.token_store import TokenBlock
from rag.papers.duplicates import keys, possible_ids, resolve
from rag.papers.identifiers import MAX_ID, title_id
from rag.papers.passages import passage_text, split_passages
from rag.records import IngestReport, Paper, Progress, Skip

if TYPE_CHECKING:
    from rag.encoder.minilm import Encoded

BATCH = 128
"""Records that are looked up, encoded and written together: what a crash may lose. Chosen by hand; crashes in
tests/stress/crash.py show the loss."""
_MOST_ALIKE = 20
"""Papers that a record is compared with, to see whether it is one of them. Chosen by hand; those under its
possible ids come first, so that "Editorial", which more share, is safe (a test adds sixty)."""
_LAST_YEAR = 9999
"""Chroma keeps a number of more than 64 bits as another, with which nothing can be written any more."""

Versions = dict[str, tuple[str, tuple[str, ...]]]
"""Content hash and sources of stored papers, by id."""


class PassageEncoder(Protocol):
    """The part of rag.encoder.minilm.Encoder that an ingest needs."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def max_tokens(self) -> int: ...

    @property
    def vocabulary(self) -> int: ...

    @property
    def token_mean(self) -> NDArray[np.float32]: ...

    def n_tokens(self, text: str) -> int: ...

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoded]: ...


class IngestTarget(Protocol):
    """What an ingest looks up, and where it writes: one folder's indexes, or the shards of a library."""

    def alike(self, papers: Sequence[Paper]) -> Iterable[Paper]:
        """Stored papers that one of these may be: under a possible id, or with one of their keys."""
        ...

    def first_rows(self, paper_ids: Sequence[str]) -> dict[str, PassageRow]:
        """The first rows, by paper, of those of these papers that are stored; without a content hash where
        the paper does not read back as it was written."""
        ...

    def write(
        self, papers: Sequence[Paper], stored: Mapping[str, PassageRow], written: Callable[[], None]
    ) -> None:
        """Encode what is not yet, and write papers in place of `stored` ones, whose first rows are given.

        Perhaps by another thread, which calls `written` when that is done; look-ups see it at once. What
        fails there is raised by the next call, or by `finish`.
        """
        ...

    def finish(self) -> None:
        """Wait until all is written."""
        ...


class FolderTarget:
    """One library's indexes. Without an encoder nothing can be written."""

    def __init__(self, indexes: Indexes, encoder: PassageEncoder | None) -> None:
        self._indexes, self._encoder = indexes, encoder
        self._thread: ThreadPoolExecutor | None = None
        self._writing: Future[None] | None = None
        self._coming: dict[str, list[PassageRow]] = {}
        """Papers being written: in the indexes they may be as they were, as they will be, or half."""

    def alike(self, papers: Sequence[Paper]) -> Iterable[Paper]:
        found = self._indexes.lexical.alike(papers, _MOST_ALIKE * len(papers))
        same_id = [f"{each}#0" for paper in papers for each in possible_ids(paper)]
        stored = whole_papers(self._indexes, [*same_id, *found]) | self._coming
        return map(to_paper, filter(reads_back, stored.values()))

    def first_rows(self, paper_ids: Sequence[str]) -> dict[str, PassageRow]:
        rows = self._indexes.dense.get([f"{paper_id}#0" for paper_id in paper_ids])
        papers = whole_papers(self._indexes, (), known=rows) | self._coming
        first = {row.paper_id: row for row in rows}
        first |= {each: self._coming[each][0] for each in paper_ids if each in self._coming}
        # A damaged paper is of no version: who ingests it again replaces it.
        return {
            paper_id: row if reads_back(papers.get(paper_id, ())) else _of_no_version(row)
            for paper_id, row in first.items()
        }

    def write(
        self, papers: Sequence[Paper], stored: Mapping[str, PassageRow], written: Callable[[], None]
    ) -> None:
        rows = rows_of(papers, self._encoder) if self._encoder else []
        if self._encoder:
            _encode(self._indexes, self._encoder, list(chain.from_iterable(rows)))
        self._wait()
        self._thread = self._thread or ThreadPoolExecutor(1, "rag-ingest")
        self._coming = {of_paper[0].paper_id: of_paper for of_paper in rows}
        self._writing = self._thread.submit(self._store, rows, surplus(rows, stored), written)

    def finish(self) -> None:
        try:
            self._wait()
        finally:
            if self._thread:
                self._thread.shutdown()

    def _store(
        self, rows: list[list[PassageRow]], surplus: Sequence[str], written: Callable[[], None]
    ) -> None:
        if rows:
            self._indexes.write(rows, surplus)
        written()

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing:
            writing.result()


def ingest(
    target: IngestTarget,
    records: Iterable[Paper | Skip],
    *,
    total: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """Add what is new, replace what has changed, make one of records of one paper; all sources stay.

    `progress` may be called by another thread, in order, once what it tells of is stored.
    """
    count: Counter[str] = Counter()
    skips: list[Skip] = []
    began = time.perf_counter()

    def tell(done: int) -> None:
        if progress:
            progress(Progress(done, total, done / (time.perf_counter() - began)))

    try:
        for batch in _batches(records, skips):
            papers = _not_as_stored(target, batch)
            count["unchanged"] += len(batch) - len(papers)
            first = target.first_rows([paper.paper_id for paper in papers]) if papers else {}
            changed = _changed(papers, _versions(first), count)
            target.write(changed, first, partial(tell, count.total() + len(skips)))
    finally:
        target.finish()
    return _report(count, skips)


def rehearse(target: IngestTarget | None, records: Iterable[Paper | Skip]) -> IngestReport:
    """What `ingest` would report, writing nothing; `target` is None for a library yet to be made.

    That two new records are one paper is seen where they have one id, one title and no other id, or come
    within one batch.
    """
    count: Counter[str] = Counter()
    skips: list[Skip] = []
    stored: Versions = {}
    by_title: defaultdict[str, dict[str, Paper]] = defaultdict(dict)
    for batch in _batches(records, skips):
        earlier = chain.from_iterable(by_title[title_id(paper.title)].values() for paper in batch)
        papers = _resolved(target, batch, earlier)
        for paper in papers:
            if not (paper.doi or paper.arxiv_id):
                by_title[title_id(paper.title)][paper.paper_id] = paper
        first = target.first_rows([paper.paper_id for paper in papers]) if target else {}
        stored = _versions(first) | stored
        _changed(papers, stored, count)
    return _report(count, skips)


def encode_missing(indexes: Indexes, encoder: PassageEncoder) -> int:
    """Encode what the token store lacks, remove what it need not keep. Returns how many papers it lacked."""
    indexes.restore_all()
    lacking: dict[str, None] = {}
    for rows in indexes.dense.scan():
        lacking |= {row.paper_id: None for row in rows if row_key(row) not in indexes.tokens}
    indexes.journal(list(lacking))
    for rows in indexes.dense.scan():
        _encode(indexes, encoder, rows)
    indexes.reconcile(list(lacking))
    for rows in indexes.dense.scan():
        if indexes.unreachable(rows):
            indexes.restore_vectors(rows)
    indexes.compact(row_key(row) for rows in indexes.dense.scan() for row in rows)
    return len(lacking)


def _batches(records: Iterable[Paper | Skip], skips: list[Skip]) -> Iterator[list[Paper]]:
    """The papers among BATCH records at a time; what is none, or cannot be stored, goes to the skips."""
    checked = map(_storable, records)
    while batch := list(islice(checked, BATCH)):
        skips += (record for record in batch if isinstance(record, Skip))
        yield [record for record in batch if isinstance(record, Paper)]


def _storable(record: Paper | Skip) -> Paper | Skip:
    if isinstance(record, Paper):
        try:
            content_hash(record)
        except UnicodeEncodeError:
            return Skip(ascii(record.paper_id), "its text is not valid Unicode")
        if (n_id := len(record.paper_id)) > MAX_ID:
            return Skip(f"{record.paper_id[:40]}...", f"an id of {n_id:,} characters (at most {MAX_ID:,})")
        if record.year is not None and abs(record.year) > _LAST_YEAR:
            return Skip(record.paper_id, "its year has more than four digits")
    return record


def _not_as_stored(target: IngestTarget, papers: Sequence[Paper]) -> list[Paper]:
    """The papers, resolved, without those that are stored under their own id word for word and with these
    sources. To see that takes 0.1 ms a paper, where resolving one that is stored takes 2."""
    stored = _versions(target.first_rows([paper.paper_id for paper in papers]))
    are_stored = [_is_version(paper, stored.get(paper.paper_id)) for paper in papers]
    others = [paper for paper, is_stored in zip(papers, are_stored, strict=True) if not is_stored]
    same = {paper.paper_id for paper, is_stored in zip(papers, are_stored, strict=True) if is_stored}
    resolved = _resolved(target, others) if others else []
    if same.isdisjoint(paper.paper_id for paper in resolved):
        return resolved
    return _resolved(target, papers)  # one changes a paper that another says as stored: their order counts


def _is_version(paper: Paper, version: tuple[str, tuple[str, ...]] | None) -> bool:
    return version is not None and version[0] == content_hash(paper) and {*paper.sources} <= {*version[1]}


def _resolved(
    target: IngestTarget | None, papers: Sequence[Paper], earlier: Iterable[Paper] = ()
) -> list[Paper]:
    """Each paper as it is to be stored: merged with what the library, `earlier` or the batch has of it."""
    known: dict[str, Paper] = {}
    holders: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def know(paper: Paper) -> Paper:
        known[paper.paper_id] = paper
        for key in (paper.paper_id, *keys(paper)):
            holders[key][paper.paper_id] = None
        return paper

    def candidates(paper: Paper) -> Iterator[Paper]:
        ids = chain.from_iterable(holders[key] for key in (*possible_ids(paper), *keys(paper)))
        return (known[paper_id] for paper_id in islice(dict.fromkeys(ids), _MOST_ALIKE))

    for paper in chain(target.alike(papers) if target else (), earlier):
        know(paper)
    return [know(resolve(paper, candidates(paper))) for paper in papers]


def _of_no_version(row: PassageRow) -> PassageRow:
    return replace(row, metadata={**row.metadata, "hash": ""})


def _versions(rows: Mapping[str, PassageRow]) -> Versions:
    return {paper_id: (row.content_hash, row.sources) for paper_id, row in rows.items()}


def _changed(papers: Sequence[Paper], stored: Versions, count: Counter[str]) -> list[Paper]:
    """The papers to be written, each once and as met last; counts all, and brings `stored` up to date."""
    before = {paper.paper_id: stored.get(paper.paper_id) for paper in papers}
    last: dict[str, Paper] = {}
    for paper in papers:
        hash = content_hash(paper)
        known_hash, sources = stored.get(paper.paper_id, (None, ()))
        count["added" if known_hash is None else "unchanged" if known_hash == hash else "updated"] += 1
        sources = tuple(dict.fromkeys([*sources, *paper.sources]))
        stored[paper.paper_id] = hash, sources
        last[paper.paper_id] = replace(paper, sources=sources)
    return [paper for paper_id, paper in last.items() if stored[paper_id] != before[paper_id]]


def _report(count: Counter[str], skips: Sequence[Skip]) -> IngestReport:
    return IngestReport(count["added"], count["updated"], count["unchanged"], len(skips), tuple(skips))


def rows_of(papers: Iterable[Paper], encoder: PassageEncoder) -> list[list[PassageRow]]:
    """Each paper's rows, cut into passages as the encoder takes them."""
    return [to_rows(paper, split_passages(paper, encoder.n_tokens, encoder.max_tokens)) for paper in papers]


def surplus(written: Iterable[list[PassageRow]], stored: Mapping[str, PassageRow]) -> list[str]:
    """Passages of the papers' stored versions that the new ones have no counterpart of."""
    return [
        f"{rows[0].paper_id}#{ordinal}"
        for rows in written
        if rows[0].paper_id in stored
        for ordinal in range(len(rows), stored[rows[0].paper_id].n_passages)
    ]


def _encode(indexes: Indexes, encoder: PassageEncoder, rows: Iterable[PassageRow]) -> None:
    """Have the token store hold every row's text; what it holds is not encoded again."""
    texts = {row_key(row): passage_text(row.title, row.passage) for row in rows}
    todo = ((key, text) for key, text in texts.items() if key not in indexes.tokens)
    while part := list(islice(todo, BATCH)):
        for (key, _), encoded in zip(part, encoder.encode_passages([text for _, text in part]), strict=True):
            indexes.tokens.append(key, to_block(encoded, encoder))
        indexes.tokens.commit()


def to_block(encoded: Encoded, encoder: PassageEncoder) -> TokenBlock:
    """What is kept of a text that `encoder` encoded."""
    few = encoder.vocabulary <= 1 << 16
    ids = encoded.token_ids.astype(np.uint16) if few else encoded.token_ids.astype(np.uint32)
    return TokenBlock(encoded.vector, pack_bits(encoded.tokens, encoder.token_mean), ids, encoded.offsets)
