"""An ordinary library: one folder, three indexes. What its methods promise is rag/library/library.py's.

How the indexes are kept in agreement is rag/index/indexes.py's; what of an ingest is new is
rag/library/ingest.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.errors import LibraryReadOnly
from rag.files import disk_faults, size_of
from rag.index import server_copy
from rag.index.bm25 import WordStatistics
from rag.index.candidates import Candidate, candidates, passages_of, whole_page, whole_papers
from rag.index.dense_search import nearest
from rag.index.filter_query import Selection
from rag.index.indexes import open_indexes
from rag.index.locks import holder, vector_files_lock, writing
from rag.index.passage_rows import PassageRow, row_key, to_paper
from rag.index.token_store import TokenBlock
from rag.index.word_index import WordHit
from rag.library import manifest
from rag.library.attaching import serve
from rag.library.integrity import Verification, verify_indexes
from rag.library.library import Library
from rag.library.pool import PoolHit, PoolRequest
from rag.papers.filters import matches
from rag.records import Filters, IngestReport, Paper, Progress, Skip

if TYPE_CHECKING:
    from rag.library.ingest import PassageEncoder

_REMOVED = 500
"""Papers that are removed at a time."""


class FolderLibrary(Library):
    """A library in one folder."""

    def __init__(self, path: Path, config: Config, read_only: bool, about: manifest.LibraryManifest) -> None:
        super().__init__(path)
        self._config = config
        self._read_only = read_only
        self._about = about
        self._indexes = open_indexes(path, config, read_only=read_only)
        self._learn_encoder()

    @classmethod
    def open_folder(
        cls,
        path: Path,
        config: Config,
        *,
        create: bool = False,
        read_only: bool = False,
        served_as: str | None = None,
    ) -> Self:
        """As `Library.open`, of a folder that is no sharded library.

        served_as: the id on the Chroma server of a library that is made there; by default a new one.
        """
        with disk_faults(path):
            about = manifest.create(path) if create else manifest.read(path)
            if about.format < manifest.FORMAT:
                with writing(path):
                    about = manifest.migrate(path)
            if config.chroma_url:
                serve(path, config, served_as)
            else:
                server_copy.refuse_without_server(path)
            return cls(path, config, read_only, about)

    def close(self) -> None:
        self._indexes.dense.close()

    # What is there

    @property
    def n_papers(self) -> int:
        return self._indexes.lexical.n_papers

    @property
    def n_passages(self) -> int:
        return self._indexes.lexical.n_passages

    @property
    def is_encoded(self) -> bool:
        return self._indexes.tokens.n_blocks > 0

    @property
    def encoder(self) -> str | None:
        return self._about.encoder

    @property
    def df(self) -> NDArray[np.int64]:
        return self._indexes.df

    def paper(self, paper_id: str) -> Paper | None:
        rows = whole_papers(self._indexes, [f"{paper_id}#0"])
        return to_paper(rows[paper_id]) if rows else None

    def papers_of(self, paper_ids: Sequence[str]) -> list[Paper]:
        rows = whole_papers(self._indexes, [f"{each}#0" for each in paper_ids])
        return [to_paper(rows[each]) for each in paper_ids if each in rows]

    def papers(self) -> Iterator[Paper]:
        return (to_paper(rows) for rows in self.rows_of_papers())

    def rows_of_papers(self) -> Iterator[list[PassageRow]]:
        return chain.from_iterable(whole_page(self._indexes, rows) for rows in self._indexes.dense.scan())

    def blocks_of(self, rows: Sequence[PassageRow]) -> list[TokenBlock | None]:
        return [self._indexes.tokens.get(row_key(row)) for row in rows]

    def ids(self) -> list[str]:
        return self._indexes.lexical.paper_ids()

    def versions(self) -> list[str]:
        return [
            f"{row.paper_id}\0{row.content_hash}"
            for rows in self._indexes.dense.scan()
            for row in rows
            if row.ordinal == 0
        ]

    @property
    def state(self) -> str:
        return f"{self._about.created} {self._indexes.stamps()}"

    def status(self) -> dict[str, Any]:
        source, words = self._indexes.stamps()
        writer = holder(self.path)
        return {
            "papers": self.n_papers,
            "passages": self.n_passages,
            "library": str(self.path),
            "encoder": self._about.encoder,
            "bytes": size_of(self.path),
            "created": self._about.created,
            "format": self._about.format,
            "stamps": {"truth": source, "words": words},
            "token_blocks": self._indexes.tokens.n_blocks,
            "needs_repair": self.needs_repair,
            "writer": str(writer) if writer else None,
            "server": asdict(copy) if (copy := server_copy.of(self.path)) else None,
        }

    def refresh(self) -> None:
        self._indexes.refresh()
        if not self._read_only:
            self._indexes.follow()

    # Searching

    def n_passing(self, filters: Filters) -> int:
        return self._select(filters).n_passages

    def nearest(
        self, vector: NDArray[np.float32], n: int, filters: Filters | None = None
    ) -> dict[str, float]:
        return dict(nearest(self._indexes, vector, n, self._select(filters) if filters else None))

    def matching(self, text: str, n: int, filters: Filters | None = None) -> list[WordHit]:
        return self._indexes.lexical.search(text, n, self._select(filters) if filters else None)

    def statistics(self, text: str) -> WordStatistics:
        """How common the words of `text` are here."""
        return self._indexes.lexical.statistics(text)

    def pool(self, wanted: PoolRequest, statistics: WordStatistics | None = None) -> list[PoolHit]:
        """`statistics`: those of all shards, where this library is one."""
        lexical, n = self._indexes.lexical, wanted.n
        selection = self._select(wanted.filters) if wanted.filters else None
        hits = lexical.search(wanted.text, n, selection, statistics) if wanted.by_words else []
        near = dict(nearest(self._indexes, wanted.vector, n, selection)) if wanted.by_vector else {}
        also = lexical.passing(selection, wanted.also) if selection and wanted.also else wanted.also
        others = sorted({*near, *also} - {hit.passage_id for hit in hits})
        n_matching = len(hits)
        hits += lexical.look_up(wanted.text, others, statistics)
        vectors, found = self._indexes.tokens.vectors(np.array([hit.text_key for hit in hits], np.uint64))
        cosines = (vectors @ wanted.vector).tolist()
        return [
            PoolHit(
                passage_id=hit.passage_id,
                words=hit.score,
                cosine=cosines[i],
                text_key=hit.text_key,
                text_start=hit.text_start,
                matching=i < n_matching,
                near=hit.passage_id in near,
            )
            for i, hit in enumerate(hits)
            if found[i]
        ]

    def blocks(self, hits: Sequence[PoolHit]) -> list[TokenBlock | None]:
        return [self._indexes.tokens.get(hit.text_key) for hit in hits]

    def candidates(self, passage_ids: Sequence[str]) -> list[Candidate]:
        return candidates(self._indexes, passage_ids)

    def passages_of(self, passage_ids: Sequence[str]) -> list[list[Candidate]]:
        return passages_of(self._indexes, passage_ids)

    # Changing

    def add(
        self,
        papers: Iterable[Paper | Skip],
        encoder: PassageEncoder,
        *,
        total: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        from rag.library.ingest import FolderTarget, ingest

        with self._writing():
            self._make_ready(encoder)
            return ingest(FolderTarget(self._indexes, encoder), papers, total=total, progress=progress)

    def _make_ready(self, encoder: PassageEncoder) -> None:
        """Take the encoder for this library's, and repair what needs it."""
        from rag.library.ingest import encode_missing

        self.check_encoder(encoder)
        self._take_encoder(encoder.fingerprint)
        if self.needs_repair:
            encode_missing(self._indexes, encoder)

    def _take_encoder(self, fingerprint: str) -> None:
        if self._about.encoder is None:
            self._about = manifest.set_encoder(self.path, fingerprint)
        if self._indexes.noted_encoder is None:
            self._indexes.note_encoder(fingerprint)

    def _learn_encoder(self) -> None:
        """Where the papers are on a server, another machine may have been the first to write."""
        noted = self._indexes.noted_encoder
        if noted and self._about.encoder is None:
            self._about = replace(self._about, encoder=noted)
            if not self._read_only:
                self._about = manifest.set_encoder(self.path, noted)

    def rehearse(self, papers: Iterable[Paper | Skip]) -> IngestReport:
        from rag.library.ingest import FolderTarget, rehearse

        return rehearse(FolderTarget(self._indexes, None), papers)

    def remove(self, paper_ids: Iterable[str]) -> int:
        n_removed = 0
        with self._writing():
            ids = iter(dict.fromkeys(paper_ids))
            while part := list(islice(ids, _REMOVED)):
                existing = [row.paper_id for row in self._indexes.dense.get([f"{id}#0" for id in part])]
                if existing:
                    self._indexes.remove(existing)
                n_removed += len(existing)
        return n_removed

    @property
    def needs_repair(self) -> bool:
        return self._indexes.behind or self._indexes.tokens.damaged or self._indexes.n_unencoded > 0

    def repair(self, encoder: PassageEncoder) -> int:
        from rag.library.ingest import encode_missing

        with self._writing():
            self.check_encoder(encoder)
            return encode_missing(self._indexes, encoder)

    def verify(self) -> Verification:
        return verify_indexes(self._indexes)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        with self._writing():
            self._indexes.seal()
            with vector_files_lock(self.path):
                yield

    def _select(self, filters: Filters) -> Selection:
        """The passages of papers that pass the filters."""
        lexical = self._indexes.lexical
        selection = lexical.select(filters)
        if not any(field == "abstract" for field, _ in filters.where):
            return selection
        ids = lexical.selected(selection)[0].ids()
        papers = whole_papers(self._indexes, ids)
        passing = {paper_id for paper_id, rows in papers.items() if matches(to_paper(rows), filters)}
        return lexical.select_ids([id for id in ids if id.rpartition("#")[0] in passing])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the only writer, with the indexes as the last one left them, repaired where need be."""
        if self._read_only:
            raise LibraryReadOnly(f"{self.path} was opened for reading only; open it again to change it")
        with writing(self.path), self._indexes.exclusive(), disk_faults(self.path):
            self._about = manifest.read(self.path)
            self._indexes = self._indexes.made_current()
            self._learn_encoder()
            yield
            self._indexes.seal()
