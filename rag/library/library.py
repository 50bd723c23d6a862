"""A library: an indexed set of papers. Open, search, read, add, remove, repair.

Owns what callers see: papers in, papers and passages out, each whole or not at all, under one writer's lock.
An ordinary library is one folder (rag/library/folder_library.py); a sharded one is several of those, and
answers as one of them with the same papers would (rag/library/shards).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.encoder import late_interaction
from rag.errors import EncoderMismatch
from rag.files import disk_faults
from rag.library import manifest
from rag.library.shards import shard_manifest
from rag.records import Filters, IngestReport, Paper, Progress, Skip

if TYPE_CHECKING:
    from rag.index.candidates import Candidate
    from rag.index.passage_rows import PassageRow
    from rag.index.token_store import TokenBlock
    from rag.index.word_index import WordHit
    from rag.library.ingest import PassageEncoder
    from rag.library.integrity import Verification
    from rag.library.pool import PoolHit, PoolRequest


class Library(ABC):
    """Safe to share between threads. Close it when done."""

    def __init__(self, path: Path) -> None:
        self.path = path
        no_df, no_idf = np.empty(0, np.int64), np.empty(0, np.float32)
        self._idf = no_df, -1, no_idf

    @staticmethod
    def open(path: Path, config: Config, *, create: bool = False, read_only: bool = False) -> Library:
        """The library at `path`; with `create`, a new one where there is none, sharded if `config` says so.

        What a crash left undone is repaired first, unless another process is writing. Raises
        LibraryNotFound, LibraryTooNew, LibraryReadOnly, LibraryDamaged, IndexDamaged, StorageError, and
        InputError where the library has other shards than `config` asks for.

        A new folder becomes a copy of the library on a Chroma server that `config` names, if it does.
        """
        if config.chroma_url and not manifest.exists(path) and not shard_manifest.is_sharded(path):
            from rag.library.attaching import attach_configured

            attach_configured(path, config, create=create)
        with disk_faults(path):
            is_sharded = shard_manifest.is_wanted(path, config, create=create)
        if is_sharded:
            from rag.library.shards.sharded_library import ShardedLibrary

            return ShardedLibrary.open_shards(path, config, create=create, read_only=read_only)
        from rag.library.folder_library import FolderLibrary

        return FolderLibrary.open_folder(path, config, create=create, read_only=read_only)

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    # What is there

    @property
    @abstractmethod
    def n_papers(self) -> int: ...

    @property
    @abstractmethod
    def n_passages(self) -> int: ...

    @property
    @abstractmethod
    def is_encoded(self) -> bool:
        """The encoder's view of at least one passage is there; without, nothing can be ranked."""

    @property
    @abstractmethod
    def encoder(self) -> str | None:
        """Fingerprint of what encoded the library, None before the first paper."""

    @property
    @abstractmethod
    def df(self) -> NDArray[np.int64]:
        """int64[30522]: passages in which each word piece occurs."""

    @property
    def idf(self) -> NDArray[np.float32]:
        """float32[30522]: how rare each word piece is in passages."""
        known_df, known_n, idf = self._idf
        df, n = self.df, self.n_passages
        if df is not known_df or n != known_n:
            idf = late_interaction.idf(df, n)
            self._idf = df, n, idf
        return idf

    @property
    def lacking(self) -> str | None:
        """What part of the library cannot be searched now, in a sentence for the reader."""
        return None

    @abstractmethod
    def paper(self, paper_id: str) -> Paper | None: ...

    @abstractmethod
    def papers_of(self, paper_ids: Sequence[str]) -> list[Paper]:
        """These papers, in order; ids that are not there are passed over."""

    @abstractmethod
    def papers(self) -> Iterator[Paper]:
        """All papers, in the order they were first added; a page of them in memory at a time."""

    @abstractmethod
    def rows_of_papers(self) -> Iterator[list[PassageRow]]:
        """The papers as `papers` gives them, each as its rows, in order: for copying."""

    @abstractmethod
    def blocks_of(self, rows: Sequence[PassageRow]) -> list[TokenBlock | None]:
        """What the encoder saw in these passages; None where it is missing or does not read back."""

    @abstractmethod
    def ids(self) -> list[str]:
        """Ids of all papers, sorted."""

    @abstractmethod
    def versions(self) -> list[str]:
        """Id and content hash of every paper, in no order."""

    def fingerprint(self) -> str:
        """128 bits over what the library holds: the same for the same papers, however they came in."""
        return blake2b("\n".join(sorted(self.versions())).encode(), digest_size=16).hexdigest()

    @property
    @abstractmethod
    def state(self) -> str:
        """Changes with every change of the library; cheap, where `fingerprint` reads everything."""

    @abstractmethod
    def status(self) -> dict[str, Any]:
        """Counts, sizes and state, JSON-ready."""

    @abstractmethod
    def refresh(self) -> None:
        """See what other processes have added or removed since; about a millisecond where nothing was."""

    # Searching

    @abstractmethod
    def n_passing(self, filters: Filters) -> int:
        """How many passages are of papers that pass the filters."""

    @abstractmethod
    def nearest(
        self, vector: NDArray[np.float32], n: int, filters: Filters | None = None
    ) -> dict[str, float]:
        """The `n` passages nearest to float32[384], with their cosines, best first."""

    @abstractmethod
    def matching(self, text: str, n: int, filters: Filters | None = None) -> list[WordHit]:
        """The `n` passages that match the words of `text` best, best first."""

    @abstractmethod
    def pool(self, wanted: PoolRequest) -> list[PoolHit]:
        """What `nearest` and `matching` find, each passage once with both scores, in no order."""

    @abstractmethod
    def blocks(self, hits: Sequence[PoolHit]) -> list[TokenBlock | None]:
        """What the encoder saw in the passages; None where it is missing or does not read back."""

    @abstractmethod
    def candidates(self, passage_ids: Sequence[str]) -> list[Candidate]:
        """These passages, in order; without those gone meanwhile, of half-written papers, or not encoded."""

    @abstractmethod
    def passages_of(self, passage_ids: Sequence[str]) -> list[list[Candidate]]:
        """All passages, in order, of the paper of each of these; without papers gone or half-written."""

    # Changing

    @abstractmethod
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

    @abstractmethod
    def rehearse(self, papers: Iterable[Paper | Skip]) -> IngestReport:
        """What `add` would report, writing nothing."""

    @abstractmethod
    def remove(self, paper_ids: Iterable[str]) -> int:
        """Remove papers; ids that are not there are passed over. Returns how many were removed."""

    @property
    @abstractmethod
    def needs_repair(self) -> bool:
        """Something is left that only `repair` can restore."""

    @abstractmethod
    def repair(self, encoder: PassageEncoder) -> int:
        """Rebuild what does not agree with Chroma. Returns how many papers were encoded again."""

    @abstractmethod
    def verify(self) -> Verification:
        """Read everything and compare: which papers are damaged, and what is derived and disagrees."""

    def check_encoder(self, encoder: PassageEncoder) -> None:
        """Raises EncoderMismatch where the library was indexed with another."""
        if self.encoder not in (None, encoder.fingerprint):
            raise EncoderMismatch(
                f"{self.path} was indexed with another encoder ({self.encoder}; this one is "
                f"{encoder.fingerprint}); set RAG_ENCODER to that one (unset: all-MiniLM-L6-v2), or "
                "index again: rag ingest PATH... --library NEW"
            )

    @abstractmethod
    def at_rest(self) -> AbstractContextManager[None]:
        """Nobody writes to the folder meanwhile, and it is as it should be, the vector files sealed."""
