"""What a ranking asks of a library, and what it gets: the passages that either cheap leg finds, with both
scores. Plain data, so that a shard may be another process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.records import Filters


@dataclass(frozen=True, slots=True, eq=False)
class PoolRequest:
    """The `n` best passages by words, and the `n` nearest to float32[384], of papers that pass the
    filters."""

    text: str
    vector: NDArray[np.float32]
    n: int
    filters: Filters | None = None
    by_words: bool = True
    by_vector: bool = True
    also: tuple[str, ...] = ()
    """Passages found otherwise, to be scored too; those that the filters do not let pass are left out."""


@dataclass(frozen=True, slots=True)
class PoolHit:
    """A passage that is encoded: its BM25 (0 where no word occurs), its cosine, its key in the token store
    and where in the text kept there the passage begins (its title stands before it)."""

    passage_id: str
    words: float
    cosine: float
    text_key: int
    text_start: int
    matching: bool
    """One of the best by words."""
    near: bool
    """One of the nearest."""

    @property
    def paper_id(self) -> str:
        return self.passage_id.rpartition("#")[0]
