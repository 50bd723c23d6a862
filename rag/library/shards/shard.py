"""One shard: an ordinary library, and what a coordinator asks of it beyond what it asks of any library.

Plain data in and out, since a shard may live in another process (rag/library/shards/ray_workers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from rag.files import size_of
from rag.index.bm25 import WordStatistics
from rag.index.candidates import Candidate, whole_page
from rag.index.passage_rows import PassageRow, row_key
from rag.index.token_store import TokenBlock
from rag.index.word_index import WordHit
from rag.library import manifest
from rag.library.folder_library import FolderLibrary
from rag.library.ingest import FolderTarget, PassageEncoder, encode_missing
from rag.records import Filters, Paper


@dataclass(frozen=True, slots=True)
class ShardNumbers:
    """What is counted of a shard."""

    n_papers: int
    n_passages: int
    is_encoded: bool
    encoder: str | None
    state: str
    needs_repair: bool


class Shard(FolderLibrary):
    """Writes only between `begin` and `end`."""

    _session: ExitStack | None = None

    def numbers(self) -> ShardNumbers:
        """As they are now, others' changes seen. Raises LibraryNotFound where the folder is gone."""
        manifest.read(self.path)
        if self._session is None:
            self.refresh()
        return ShardNumbers(
            self.n_papers, self.n_passages, self.is_encoded, self.encoder, self.state, self.needs_repair
        )

    def piece_counts(self) -> NDArray[np.int64]:
        """`df`, as a method."""
        return self.df

    def page(self, start: int) -> tuple[list[list[PassageRow]], int]:
        """Papers, oldest first, as rows, from a place in the shard on; and where the next page starts.

        The first page starts at 0; one that starts where it ends is the last.
        """
        rows = self._indexes.dense.page(start)
        return whole_page(self._indexes, rows), start + len(rows)

    def n_bytes(self) -> int:
        return size_of(self.path)

    def papers_or_none(self, paper_ids: Sequence[str]) -> list[Paper | None]:
        """`papers_of`, with None for one that is not there."""
        found = {paper.paper_id: paper for paper in self.papers_of(paper_ids)}
        return [found.get(paper_id) for paper_id in paper_ids]

    def candidates_or_none(self, passage_ids: Sequence[str]) -> list[Candidate | None]:
        """`candidates`, with None for one left out."""
        found = {each.passage.passage_id: each for each in self.candidates(passage_ids)}
        return [found.get(passage_id) for passage_id in passage_ids]

    def passages_or_none(self, passage_ids: Sequence[str]) -> list[list[Candidate] | None]:
        """`passages_of`, with None for a paper left out."""
        found = {read[0].paper.paper_id: read for read in self.passages_of(passage_ids) if read}
        return [found.get(passage_id.rpartition("#")[0]) for passage_id in passage_ids]

    def matching_among(
        self, text: str, n: int, filters: Filters | None, statistics: WordStatistics
    ) -> list[WordHit]:
        """`matching`, by the statistics of all shards."""
        return self._indexes.lexical.search(text, n, self._select(filters) if filters else None, statistics)

    # An ingest's look-ups

    def alike(self, papers: Sequence[Paper]) -> list[Paper]:
        return list(FolderTarget(self._indexes, None).alike(papers))

    def first_rows(self, paper_ids: Sequence[str]) -> dict[str, PassageRow]:
        return FolderTarget(self._indexes, None).first_rows(paper_ids)

    # Writing

    def begin(self, fingerprint: str | None = None, *, at_rest: bool = False) -> None:
        """Be the only writer until `end`, for papers that the named encoder encodes.

        at_rest: with the files as a backup needs them. Raises LibraryLocked, LibraryReadOnly, StorageError.
        """
        with ExitStack() as stack:
            stack.enter_context(self.at_rest() if at_rest else self._writing())
            if fingerprint:
                self._take_encoder(fingerprint)
            self._session = stack.pop_all()

    @property
    def is_writing(self) -> bool:
        return self._session is not None

    def end(self) -> None:
        """Let others write again; without effect where nothing was begun."""
        session, self._session = self._session, None
        if session:
            session.close()

    def close(self) -> None:
        self.end()
        super().close()

    def lacking_blocks(self, keys: Sequence[int]) -> list[int]:
        """Those of these keys that the token store does not have."""
        return [key for key in keys if key not in self._indexes.tokens]

    def put(
        self,
        papers: Sequence[list[PassageRow]],
        blocks: Mapping[int, TokenBlock],
        surplus: Sequence[str] = (),
    ) -> None:
        """Write papers, each whole, with the blocks that were lacking. Doing it again changes nothing."""
        for key, block in blocks.items():
            if key not in self._indexes.tokens:
                self._indexes.tokens.append(key, block)
        self._indexes.tokens.commit()
        if papers:
            self._indexes.write(papers, surplus)

    def take_out(self, paper_ids: Sequence[str]) -> int:
        """Remove those of these papers that are there; returns how many were."""
        found = list(self.first_rows(paper_ids))
        if found:
            self._indexes.remove(found)
        return len(found)

    def encode_lacking(self, encoder: PassageEncoder) -> int:
        """`repair`, within a session."""
        return encode_missing(self._indexes, encoder)


def keys_of(papers: Sequence[list[PassageRow]]) -> dict[int, PassageRow]:
    """The rows of papers by their keys in the token store."""
    return {row_key(row): row for row in chain.from_iterable(papers)}
