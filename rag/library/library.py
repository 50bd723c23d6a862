"""A library: a folder that holds an indexed set of papers. Open, search, read, add, remove, repair.

Owns what callers see: papers in, papers and passages out, each whole or not at all, under one writer's lock.
How the three indexes are kept in agreement is rag/index/indexes.py's; what of an ingest is new is
rag/library/ingest.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.encoder import late_interaction
from rag.errors import EncoderMismatch, LibraryLocked, LibraryReadOnly
from rag.files import disk_faults, size_of
from rag.index.candidates import Candidate as Candidate
from rag.index.candidates import candidates, passages_of, whole_papers
from rag.index.dense_search import nearest
from rag.index.filter_query import Selection
from rag.index.indexes import Indexes, open_indexes
from rag.index.locks import holder, vector_files_lock, writing
from rag.index.passage_rows import to_paper
from rag.index.token_store import TokenBlock
from rag.index.word_index import WordHit
from rag.library import manifest
from rag.library.integrity import Verification, verify_indexes
from rag.papers.filters import matches
from rag.records import Filters, IngestReport, Paper, Progress, Skip

if TYPE_CHECKING:
    from rag.library.ingest import PassageEncoder

_REMOVED = 500
"""Papers that are removed at a time."""


class Library:
    """Safe to share between threads. Close it when done."""

    def __init__(self, path: Path, config: Config, read_only: bool, about: manifest.LibraryManifest) -> None:
        self.path = path
        self._config = config
        self._read_only = read_only
        self._about = about
        self._indexes = open_indexes(path, config, read_only=read_only)
        no_df, no_idf = np.empty(0, np.int64), np.empty(0, np.float32)
        self._idf = no_df, -1, no_idf

    @classmethod
    def open(cls, path: Path, config: Config, *, create: bool = False, read_only: bool = False) -> Library:
        """The library at `path`; with `create`, a new one where there is none.

        What a crash left undone is repaired first, unless another process is writing. Raises
        LibraryNotFound, LibraryTooNew, LibraryReadOnly, LibraryDamaged, IndexDamaged, StorageError.
        """
        with disk_faults(path):
            about = manifest.create(path) if create else manifest.read(path)
            if about.format < manifest.FORMAT:
                with writing(path):
                    about = manifest.migrate(path)
            return cls(path, config, read_only, about)

    def close(self) -> None:
        self._indexes.dense.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    # What is there

    @property
    def n_papers(self) -> int:
        return self._indexes.lexical.n_papers

    @property
    def n_passages(self) -> int:
        return self._indexes.lexical.n_passages

    @property
    def is_encoded(self) -> bool:
        """The encoder's view of at least one passage is there; without, nothing can be ranked."""
        return self._indexes.tokens.n_blocks > 0

    @property
    def df(self) -> NDArray[np.int64]:
        """int64[30522]: passages in which each word piece occurs; those removed lately may still count."""
        return self._indexes.tokens.df

    @property
    def idf(self) -> NDArray[np.float32]:
        """float32[30522]: how rare each word piece is in passages; those removed lately may still count."""
        df, n, idf = self._idf
        if df is not self._indexes.tokens.df or n != self.n_passages:
            df, n = self._indexes.tokens.df, self.n_passages
            idf = late_interaction.idf(df, n)
            self._idf = df, n, idf
        return idf

    def paper(self, paper_id: str) -> Paper | None:
        rows = whole_papers(self._indexes, [f"{paper_id}#0"])
        return to_paper(rows[paper_id]) if rows else None

    def papers_of(self, paper_ids: Sequence[str]) -> list[Paper]:
        """These papers, in order; ids that are not there are passed over."""
        rows = whole_papers(self._indexes, [f"{each}#0" for each in paper_ids])
        return [to_paper(rows[each]) for each in paper_ids if each in rows]

    def papers(self) -> Iterator[Paper]:
        """All papers, in the order they were first added; a page of them in memory at a time."""
        for rows in self._indexes.dense.scan():
            firsts = [row for row in rows if row.ordinal == 0]
            papers = whole_papers(self._indexes, [row.passage_id for row in firsts], known=rows)
            yield from (to_paper(papers[row.paper_id]) for row in firsts if row.paper_id in papers)

    def ids(self) -> list[str]:
        """Ids of all papers, sorted."""
        return self._indexes.lexical.paper_ids()

    def fingerprint(self) -> str:
        """128 bits over what the library holds: the same for the same papers, however they came in."""
        versions = sorted(
            f"{row.paper_id}\0{row.content_hash}"
            for rows in self._indexes.dense.scan()
            for row in rows
            if row.ordinal == 0
        )
        return blake2b("\n".join(versions).encode(), digest_size=16).hexdigest()

    @property
    def state(self) -> str:
        """Changes with every change of the library; cheap, where `fingerprint` reads everything."""
        return f"{self._about.created} {self._indexes.stamps()}"

    def status(self) -> dict[str, Any]:
        """Counts, sizes and state, JSON-ready."""
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
        }

    def refresh(self) -> None:
        """See what other processes have added or removed since; about a millisecond where nothing was."""
        self._indexes.refresh()
        # On a server others change Chroma alone; what is derived from it here is for us to keep up.
        if self._config.chroma_url and not self._read_only and self._indexes.behind:
            with suppress(LibraryLocked, LibraryReadOnly), self._writing():
                pass

    # Searching

    def select(self, filters: Filters) -> Selection:
        """The passages of papers that pass the filters, to be given to `nearest` and `matching`."""
        lexical = self._indexes.lexical
        selection = lexical.select(filters)
        if not any(field == "abstract" for field, _ in filters.where):
            return selection
        ids = lexical.ids_at(lexical.selected(selection)[0])
        papers = whole_papers(self._indexes, ids)
        passing = {paper_id for paper_id, rows in papers.items() if matches(to_paper(rows), filters)}
        return lexical.select_ids([id for id in ids if id.rpartition("#")[0] in passing])

    def nearest(
        self, vector: NDArray[np.float32], n: int, selection: Selection | None = None
    ) -> dict[str, float]:
        """The `n` passages nearest to float32[384], with their cosines, best first."""
        return dict(nearest(self._indexes, vector, n, selection))

    def matching(self, text: str, n: int, selection: Selection | None = None) -> list[WordHit]:
        """The `n` passages that match the words of `text` best, best first."""
        return self._indexes.lexical.search(text, n, selection)

    def look_up(self, text: str, passage_ids: Sequence[str]) -> list[WordHit]:
        """These passages, in no order, with BM25 as `matching` gives it; those not there are left out."""
        return self._indexes.lexical.look_up(text, passage_ids)

    def vectors(self, hits: Sequence[WordHit]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The passages' vectors, float32[len(hits), 384], and which of them are there."""
        return self._indexes.tokens.vectors(np.array([hit.text_key for hit in hits], np.uint64))

    def blocks(self, hits: Sequence[WordHit]) -> list[TokenBlock | None]:
        """What the encoder saw in the passages; None where it is missing or does not read back."""
        return [self._indexes.tokens.get(hit.text_key) for hit in hits]

    def candidates(self, passage_ids: Sequence[str]) -> list[Candidate]:
        """These passages, in order; without those gone meanwhile, of half-written papers, or not encoded."""
        return candidates(self._indexes, passage_ids)

    def passages_of(self, passage_ids: Sequence[str]) -> list[list[Candidate]]:
        """All passages, in order, of the paper of each of these; without papers gone or half-written."""
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
        """Add what is new, replace what has changed, pass over the rest without encoding it.

        What `needs_repair` is repaired first. Written in batches; what was reported as done stays, whatever
        happens after. Raises LibraryLocked, LibraryReadOnly, EncoderMismatch, StorageError.
        """
        from rag.library.ingest import encode_missing, ingest

        with self._writing():
            self.check_encoder(encoder)
            if self._about.encoder is None:
                self._about = manifest.set_encoder(self.path, encoder.fingerprint)
            if self.needs_repair:
                encode_missing(self._indexes, encoder)
            return ingest(self._indexes, papers, encoder, total=total, progress=progress)

    def rehearse(self, papers: Iterable[Paper | Skip]) -> IngestReport:
        """What `add` would report, writing nothing."""
        from rag.library.ingest import rehearse

        return rehearse(self._indexes, papers)

    def remove(self, paper_ids: Iterable[str]) -> int:
        """Remove papers; ids that are not there are passed over. Returns how many were removed."""
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
        """Something is left that only `repair` can restore."""
        return self._indexes.behind or self._indexes.tokens.damaged or self._indexes.n_unencoded > 0

    def repair(self, encoder: PassageEncoder) -> int:
        """Rebuild what does not agree with Chroma. Returns how many papers were encoded again."""
        from rag.library.ingest import encode_missing

        with self._writing():
            self.check_encoder(encoder)
            return encode_missing(self._indexes, encoder)

    def verify(self) -> Verification:
        """Read everything and compare: which papers are damaged, and what is derived and disagrees."""
        return verify_indexes(self._indexes)

    def check_encoder(self, encoder: PassageEncoder) -> None:
        """Raises EncoderMismatch where the library was indexed with another."""
        if self._about.encoder not in (None, encoder.fingerprint):
            raise EncoderMismatch(
                f"{self.path} was indexed with another encoder ({self._about.encoder}; this one is "
                f"{encoder.fingerprint}); set RAG_ENCODER to that one (unset: all-MiniLM-L6-v2), or "
                "index again: rag ingest PATH... --library NEW"
            )

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Nobody writes to the folder meanwhile, and it is as it should be, the vector files sealed."""
        with self._writing():
            self._indexes.seal()
            with vector_files_lock(self.path):
                yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Be the only writer, with the indexes as the last one left them, repaired where need be."""
        if self._read_only:
            raise LibraryReadOnly(f"{self.path} was opened for reading only; open it again to change it")
        with writing(self.path), disk_faults(self.path):
            self._about = manifest.read(self.path)
            if self._indexes.behind:
                before, self._indexes = self._indexes, Indexes.repair(self.path, self._config)
                before.dense.close()
            else:
                self._indexes.refresh(now=True)
            yield
            self._indexes.seal()
