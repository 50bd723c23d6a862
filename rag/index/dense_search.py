"""The passages nearest to a vector: all of a library's, or only selected ones.

In a small library every vector is compared, which is exact and takes no longer than a vector index; in a
larger one Chroma's answers, which now and then passes over one. It cannot filter cheaply (handed the ids that
pass, it takes 2 ms a thousand of them), so with one it is asked for more than is wanted, and the word index
says which of these pass; where few pass, their vectors are compared one by one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rag.index.filter_query import Selection
from rag.index.indexes import Indexes
from rag.index.word_index_loading import PassagesAt

EXACT_UP_TO = 20_000
"""Passages whose vectors, 31 MB, are kept in memory and compared in 3 ms, as long as Chroma takes."""
_DIGITS = 6
"""Cosines that agree so far are equal: what is beyond depends on where a vector stands in its array."""
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
        return _nearest_of_all(indexes, vector, n)
    n = min(n, selection.n_passages)
    if n < 1:
        return []
    asked = _MORE * n * indexes.lexical.n_passages / selection.n_passages
    while selection.n_passages > max(_FEW, _HIT_COST * asked):
        found = _nearest_of_all(indexes, vector, math.ceil(asked))
        passing = indexes.lexical.passing(selection, [passage_id for passage_id, _ in found])
        if len(passing) >= n:
            return [hit for hit in found if hit[0] in passing][:n]
        asked *= 4
    return compare_all(indexes, vector, n, selection)


def _nearest_of_all(indexes: Indexes, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
    if n < 1 or indexes.lexical.n_passages > EXACT_UP_TO:
        return indexes.dense.query(vector, n)
    passages, vectors = indexes.all_vectors()
    return _best(passages, vectors @ vector, n) if passages else []


def compare_all(
    indexes: Indexes, vector: NDArray[np.float32], n: int, selection: Selection
) -> list[tuple[str, float]]:
    """As `nearest`, by comparing the vector of every selected passage: exact, in time with their number."""
    passages, keys = indexes.lexical.selected(selection)
    vectors, found = indexes.tokens.vectors(keys)
    there = passages.among(found)
    return _best(there, vectors[found] @ vector, n) if there else []


def _best(passages: PassagesAt, cosines: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
    """The `n` with the highest cosines, best first, equals by id."""
    k = min(n, len(cosines))
    # Equals of the last are taken, too (papers of one text): of these the first by id count.
    least = -np.partition(-cosines, k - 1)[k - 1] - 10.0**-_DIGITS
    best = np.flatnonzero(cosines >= least)
    ids = passages.ids(best.tolist())
    return sorted(zip(ids, cosines[best].tolist(), strict=True), key=by_cosine)[:n]


def by_cosine(hit: tuple[str, float]) -> tuple[float, str]:
    """What a hit is sorted by."""
    return -round(hit[1], _DIGITS), hit[0]
