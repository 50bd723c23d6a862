"""The word index as it was when it was last loaded.

An address is of the searcher that gave it: after a reload the same address is another passage's, or nobody's.
So what belongs together is asked of one of these, however often others write meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from tantivy import DocAddress, Searcher


@dataclass(slots=True, eq=False)
class Loading:
    """A searcher, and what was counted with it and need not be counted again."""

    searcher: Searcher
    n_papers: int | None = None
    n_words: int | None = None
    average_length: float | None = None
    df: dict[str, int] = field(default_factory=dict)

    @property
    def n_passages(self) -> int:
        return int(self.searcher.num_docs)

    def column(self, name: str, addresses: list[DocAddress]) -> NDArray[np.uint64]:
        """A fast field of these passages. uint64[len(addresses)]"""
        return np.array(self.searcher.fast_field_values(name, addresses), np.uint64)

    def ids_at(self, addresses: Iterable[DocAddress]) -> list[str]:
        """Ids of the passages at these addresses, in order."""
        return [str(self.searcher.doc(address).get_first("passage_id")) for address in addresses]


@dataclass(frozen=True, slots=True, eq=False)
class PassagesAt:
    """Passages of one loading, by their addresses; their ids are read when they are asked for."""

    loading: Loading
    addresses: list[DocAddress]

    def __len__(self) -> int:
        return len(self.addresses)

    def among(self, wanted: NDArray[np.bool_]) -> PassagesAt:
        """Those that are wanted. bool[len(self)]"""
        return PassagesAt(self.loading, list(compress(self.addresses, wanted.tolist())))

    def ids(self, places: Iterable[int] | None = None) -> list[str]:
        """Ids of the passages at these places, by default of all, in order."""
        addresses = self.addresses if places is None else [self.addresses[place] for place in places]
        return self.loading.ids_at(addresses)
