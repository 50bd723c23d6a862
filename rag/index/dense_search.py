"""The passages nearest to a vector: all of a library's, or only selected ones.

Without a filter Chroma's vector index answers. It cannot filter cheaply (handed the ids that pass, it takes
2 ms a thousand of them), so with one it is asked for more than is wanted, and the word index says which of
these pass; where few pass, their vectors are compared one by one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rag.index.filter_query import Selection
from rag.index.indexes import Indexes

_FEW = 2000
"""Passages compared one by one in less time (3 ms) than Chroma takes for any large search."""
_MORE = 1.5
"""Asked for beyond what a filter's share makes necessary on average; 4 times that if it was too little."""
_HIT_COST = 4
"""What a passage asked of Chroma costs beside one compared: 6 to 1.5 microseconds at 100,000."""


def nearest(
    indexes: Indexes, vector: NDArray[np.float32], n: int, selection: Selection | None = None
) -> list[tuple[str, float]]:
    """The `n` nearest (passage_id, cosine) to float32[384], best first, equals by id; only selected ones."""
    if selection is None:
        return indexes.dense.query(vector, n)
    n = min(n, selection.n_passages)
    if n < 1:
        return []
    asked = _MORE * n * indexes.lexical.n_passages / selection.n_passages
    while selection.n_passages > max(_FEW, _HIT_COST * asked):
        found = indexes.dense.query(vector, math.ceil(asked))
        passing = indexes.lexical.passing(selection, [passage_id for passage_id, _ in found])
        if len(passing) >= n:
            return [hit for hit in found if hit[0] in passing][:n]
        asked *= 4
    return compare_all(indexes, vector, n, selection)


def compare_all(
    indexes: Indexes, vector: NDArray[np.float32], n: int, selection: Selection
) -> list[tuple[str, float]]:
    """As `nearest`, by comparing the vector of every selected passage: exact, in time with their number."""
    addresses, keys = indexes.lexical.selected(selection)
    vectors, found = indexes.tokens.vectors(keys)
    cosines = np.where(found, vectors @ vector, -np.inf)
    best = np.argpartition(-cosines, min(n, len(cosines)) - 1)[:n]
    ids = indexes.lexical.ids_at([addresses[i] for i in best])
    hits = [(id, float(cosines[i])) for id, i in zip(ids, best.tolist(), strict=True) if found[i]]
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))
