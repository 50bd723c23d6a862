"""A library in several shards that answers as one ordinary library with the same papers would.

BM25 needs to know how common a word is in all shards, and late interaction how common a word piece is: both
are counts, and are summed. Every shard then gives its best by both legs with their raw scores; the best of
all are taken from their union, and ranked as those of one library are (rag/retrieval/ranking.py). Where a
shard is lost, the rest answers, and `lacking` says so.
"""

from __future__ import annotations

import heapq
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.errors import LibraryReadOnly, ShardMissing
from rag.files import disk_faults
from rag.index import server_copy
from rag.index.bm25 import WordStatistics
from rag.index.candidates import Candidate
from rag.index.dense_search import by_cosine
from rag.index.locks import holder, writing
from rag.index.passage_rows import PassageRow, to_paper
from rag.index.token_store import TokenBlock
from rag.index.word_index import WordHit
from rag.library.integrity import Verification
from rag.library.library import Library
from rag.library.pool import PoolHit, PoolRequest
from rag.library.shards import shard_manifest
from rag.library.shards.coordinator import Coordinator
from rag.library.shards.served_shards import serve_shards
from rag.library.shards.shard import Shard, ShardNumbers
from rag.library.shards.shard_manifest import ShardManifest, shard_of
from rag.library.shards.shard_target import ShardTarget
from rag.library.shards.workers import ShardWorkers, ThreadWorkers
from rag.records import Filters, IngestReport, Paper, Progress, Skip

if TYPE_CHECKING:
    from rag.library.ingest import PassageEncoder

T = TypeVar("T")


class ShardedLibrary(Library):
    """Safe to share between threads, as any library."""

    def __init__(
        self, path: Path, about: ShardManifest, coordinator: Coordinator, *, read_only: bool
    ) -> None:
        super().__init__(path)
        self._about = about
        self._coordinator = coordinator
        self._read_only = read_only
        self._numbers: dict[int, ShardNumbers] = {}
        self._df: tuple[str, NDArray[np.int64]] | None = None
        self._is_copy = server_copy.of(path) is not None
        self._count()

    @classmethod
    def open_shards(
        cls, path: Path, config: Config, *, create: bool = False, read_only: bool = False
    ) -> ShardedLibrary:
        """As `Library.open`, of a folder that is a sharded library, or is to be."""
        with disk_faults(path):
            if create and not shard_manifest.is_sharded(path):
                about = shard_manifest.create(path, config.shards or 1)
            else:
                about = shard_manifest.read(path)
            paths = about.paths(path)
            served = serve_shards(path, about, config)
            if not any(about.papers) and not read_only:
                make_folders(paths, config, served)
        workers = _workers(paths, config, read_only=read_only)
        try:
            coordinator = Coordinator(workers, about.n_shards, config.shard_wait_s)
        except ShardMissing:
            workers.close()
            raise
        return cls(path, about, coordinator, read_only=read_only)

    def close(self) -> None:
        self._coordinator.workers.close()

    # What is there

    @property
    def n_papers(self) -> int:
        return sum(each.n_papers for each in self._numbers.values())

    @property
    def n_passages(self) -> int:
        return sum(each.n_passages for each in self._numbers.values())

    @property
    def is_encoded(self) -> bool:
        return any(each.is_encoded for each in self._numbers.values())

    @property
    def encoder(self) -> str | None:
        return next((each.encoder for each in self._numbers.values() if each.encoder), None)

    @property
    def df(self) -> NDArray[np.int64]:
        state, known = self.state, self._df
        if known is not None and known[0] == state:
            return known[1]
        counts = self._coordinator.ask_all(Shard.piece_counts)
        summed = np.zeros(max((len(each) for each in counts), default=0), np.int64)
        for each in counts:
            summed[: len(each)] += each
        self._df = state, summed
        return summed

    @property
    def lacking(self) -> str | None:
        missing = sorted(self._coordinator.missing)
        if not missing:
            return None
        n, names = self._about.n_shards, ", ".join(str(shard + 1) for shard in missing)
        papers = sum(self._about.papers[shard] for shard in missing)
        return (
            f"Part of the library is missing (shard {names} of {n}): {papers:,} of "
            f"{sum(self._about.papers):,} papers were not searched."
        )

    def paper(self, paper_id: str) -> Paper | None:
        return next(iter(self.papers_of([paper_id])), None)

    def papers_of(self, paper_ids: Sequence[str]) -> list[Paper]:
        found = self._routed(paper_ids, lambda paper_id: paper_id, Shard.papers_or_none)
        return [paper for paper in found if paper]

    def papers(self) -> Iterator[Paper]:
        return map(to_paper, self.rows_of_papers())

    def rows_of_papers(self) -> Iterator[list[PassageRow]]:
        shards = (self._rows_of(shard) for shard in range(self._about.n_shards))
        return heapq.merge(*shards, key=lambda rows: int(rows[0].metadata.get("added", 0)))

    def blocks_of(self, rows: Sequence[PassageRow]) -> list[TokenBlock | None]:
        return self._routed(rows, lambda row: row.paper_id, Shard.blocks_of)

    def ids(self) -> list[str]:
        return sorted(chain.from_iterable(self._coordinator.ask_all(Shard.ids)))

    def versions(self) -> list[str]:
        return list(chain.from_iterable(self._coordinator.ask_all(Shard.versions)))

    @property
    def state(self) -> str:
        return " | ".join(f"{shard}: {each.state}" for shard, each in sorted(self._numbers.items()))

    def status(self) -> dict[str, Any]:
        writer = holder(self.path)
        sizes = self._coordinator.ask_all(Shard.n_bytes)
        return {
            "papers": self.n_papers,
            "passages": self.n_passages,
            "library": str(self.path),
            "encoder": self.encoder,
            "bytes": sum(sizes),
            "created": self._about.created,
            "format": self._about.format,
            "needs_repair": self.needs_repair,
            "writer": str(writer) if writer else None,
            "shards": [asdict(each) for _, each in sorted(self._numbers.items())],
            "lacking": self.lacking,
            "server": asdict(copy) if (copy := server_copy.of(self.path)) else None,
        }

    def refresh(self) -> None:
        self._coordinator.revive()
        self._count()
        if self._is_copy and not self._read_only:
            self._note_sizes()

    # Searching

    def n_passing(self, filters: Filters) -> int:
        return sum(self._coordinator.ask_all(Shard.n_passing, filters))

    def nearest(
        self, vector: NDArray[np.float32], n: int, filters: Filters | None = None
    ) -> dict[str, float]:
        found = self._coordinator.ask_all(Shard.nearest, vector, n, filters)
        hits = chain.from_iterable(each.items() for each in found)
        return dict(sorted(hits, key=by_cosine)[:n])

    def matching(self, text: str, n: int, filters: Filters | None = None) -> list[WordHit]:
        statistics = self._statistics(text)
        found = self._coordinator.ask_all(Shard.matching_among, text, n, filters, statistics)
        hits = chain.from_iterable(found)
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:n]

    def pool(self, wanted: PoolRequest) -> list[PoolHit]:
        found = self._coordinator.ask_all(Shard.pool, wanted, self._statistics(wanted.text))
        hits = list(chain.from_iterable(found))
        by_words = sorted((h for h in hits if h.matching), key=lambda hit: (-hit.words, hit.passage_id))
        by_vector = sorted(
            (h for h in hits if h.near), key=lambda hit: by_cosine((hit.passage_id, hit.cosine))
        )
        best = (*by_words[: wanted.n], *by_vector[: wanted.n])
        return list({hit.passage_id: hit for hit in best}.values())

    def blocks(self, hits: Sequence[PoolHit]) -> list[TokenBlock | None]:
        return self._routed(hits, lambda hit: hit.paper_id, Shard.blocks)

    def candidates(self, passage_ids: Sequence[str]) -> list[Candidate]:
        found = self._routed(passage_ids, _paper_of, Shard.candidates_or_none)
        return [candidate for candidate in found if candidate]

    def passages_of(self, passage_ids: Sequence[str]) -> list[list[Candidate]]:
        found = self._routed(passage_ids, _paper_of, Shard.passages_or_none)
        return [passages for passages in found if passages is not None]

    # Changing

    def add(
        self,
        papers: Iterable[Paper | Skip],
        encoder: PassageEncoder,
        *,
        total: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        from rag.library.ingest import ingest

        self.check_encoder(encoder)
        with self._writing(encoder.fingerprint):
            self._repair(encoder)
            encoding = self._coordinator.workers.encoding(encoder)
            target = ShardTarget(self._coordinator, encoder, encoding)
            return ingest(target, encoding.ahead(papers), total=total, progress=progress)

    def rehearse(self, papers: Iterable[Paper | Skip]) -> IngestReport:
        from rag.library.ingest import rehearse

        return rehearse(ShardTarget(self._coordinator, None, None), papers)

    def remove(self, paper_ids: Iterable[str]) -> int:
        by_shard: defaultdict[int, list[str]] = defaultdict(list)
        for paper_id in dict.fromkeys(paper_ids):
            by_shard[shard_of(paper_id, self._about.n_shards)].append(paper_id)
        with self._writing():
            taken = self._coordinator.tell_each(Shard.take_out, {i: (ids,) for i, ids in by_shard.items()})
        return sum(taken.values())

    @property
    def needs_repair(self) -> bool:
        return any(each.needs_repair for each in self._numbers.values())

    def repair(self, encoder: PassageEncoder) -> int:
        self.check_encoder(encoder)
        with self._writing():
            return sum(self._coordinator.tell_all(Shard.encode_lacking, encoder))

    def verify(self) -> Verification:
        parts = self._coordinator.ask_all(Shard.verify)
        stale: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
        for part in parts:
            for name, ids in part.stale.items():
                stale[name] += ids
        damaged = sorted(chain.from_iterable(part.damaged for part in parts))
        return Verification(sum(part.n_papers for part in parts), tuple(damaged), dict(stale))

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        with self._writing(at_rest=True):
            yield

    def _repair(self, encoder: PassageEncoder) -> None:
        due = {shard: (encoder,) for shard, each in self._numbers.items() if each.needs_repair}
        self._coordinator.tell_each(Shard.encode_lacking, due)

    @contextmanager
    def _writing(self, fingerprint: str | None = None, *, at_rest: bool = False) -> Iterator[None]:
        """Be the only writer of every shard."""
        if self._read_only:
            raise LibraryReadOnly(f"{self.path} was opened for reading only; open it again to change it")
        with writing(self.path), disk_faults(self.path):
            self._coordinator.require()
            try:
                self._coordinator.tell_all(Shard.begin, fingerprint, at_rest=at_rest)
                self._count()
                yield
            finally:
                self._coordinator.ask_all(Shard.end)
                self._count()
                self._note_sizes()

    def _note_sizes(self) -> None:
        if len(self._numbers) == self._about.n_shards:
            papers = tuple(each.n_papers for _, each in sorted(self._numbers.items()))
            self._about = shard_manifest.count(self.path, self._about, papers)

    def _count(self) -> None:
        everywhere: dict[int, tuple[()]] = dict.fromkeys(range(self._about.n_shards), ())
        self._numbers = self._coordinator.ask_each(Shard.numbers, everywhere)

    def _statistics(self, text: str) -> WordStatistics:
        said = self._coordinator.ask_all(Shard.statistics, text)
        return reduce(operator.add, said, WordStatistics(0, 0, {}))

    def _rows_of(self, shard: int) -> Iterator[list[PassageRow]]:
        start, ends = 0, -1
        while start != ends:
            found = self._coordinator.ask_each(Shard.page, {shard: (start,)})
            papers, ends = found.get(shard, ([], start))
            yield from papers
            start, ends = ends, start

    def _routed(
        self,
        items: Sequence[Any],
        paper_of: Callable[[Any], str],
        method: Callable[[Shard, list[Any]], Sequence[T | None]],
    ) -> list[T | None]:
        """What the shard of each item's paper says of it, in the order of the items; None of a lost one."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, item in enumerate(items):
            places[shard_of(paper_of(item), self._about.n_shards)].append(place)
        asked = {shard: ([items[place] for place in theirs],) for shard, theirs in places.items()}
        found: list[T | None] = [None] * len(items)
        for shard, said in self._coordinator.ask_each(method, asked).items():
            for place, each in zip(places[shard], said, strict=True):
                found[place] = each
        return found


def make_folders(paths: Sequence[Path], config: Config, served: Sequence[str | None] = ()) -> None:
    """Make empty shards where there are none. `served`: their ids on a Chroma server."""
    for path, served_as in zip(paths, served or [None] * len(paths), strict=True):
        path.parent.mkdir(exist_ok=True)
        Shard.open_folder(path, config, create=True, served_as=served_as).close()


def _workers(paths: Sequence[Path], config: Config, *, read_only: bool) -> ShardWorkers:
    if config.ray is None:
        return ThreadWorkers(paths, config, read_only=read_only)
    from rag.library.shards.ray_workers import RayWorkers

    return RayWorkers(paths, config, read_only=read_only)


def _paper_of(passage_id: str) -> str:
    return passage_id.rpartition("#")[0]
