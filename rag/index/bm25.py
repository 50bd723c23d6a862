"""BM25 from counts (Robertson and Zaragoza, 2009): which words a passage has, and how common each word is.

The word index ranks with tantivy's own BM25, whose statistics are those of one index and still count what was
removed. The scores that leave it are computed here, from statistics of the passages that are there: so a
passage has one score, however its library came to be and into how many shards it is cut.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75
"""As tantivy has them."""
_COUNT = np.dtype([("term", "<u4"), ("n", "<u2")])
_MOST = 0xFFFF


@dataclass(frozen=True, slots=True)
class WordStatistics:
    """What BM25 needs to know of all passages, for the words of one query; those of several indexes add up.

    n_words: of all passages together. df: passages that have each word; a word is the analysed term.
    """

    n_passages: int
    n_words: int
    df: Mapping[str, int]

    def __add__(self, other: WordStatistics) -> WordStatistics:
        df = {term: self.df.get(term, 0) + other.df.get(term, 0) for term in {**self.df, **other.df}}
        return WordStatistics(self.n_passages + other.n_passages, self.n_words + other.n_words, df)

    @property
    def average_length(self) -> float:
        """Words a passage."""
        return self.n_words / max(1, self.n_passages)


@dataclass(frozen=True, slots=True)
class WordQuery:
    """A query's words, each with what an occurrence is worth: idf times how often the query has it."""

    weights: Mapping[str, float]
    average_length: float


def idf(n_passages: int, df: int) -> float:
    """How rare a word is, never negative."""
    return math.log1p((n_passages - df + 0.5) / (df + 0.5))


def weigh(terms: Counter[str], statistics: WordStatistics) -> WordQuery:
    """A query's terms in the order they came, worth what the statistics say."""
    weights = {t: n * idf(statistics.n_passages, statistics.df.get(t, 0)) for t, n in terms.items()}
    return WordQuery(weights, statistics.average_length)


def pack_counts(terms: Iterable[str]) -> bytes:
    """How often each term occurs in a passage, as `scores` reads it: six bytes for each different one."""
    counts = Counter(map(_hash, terms))
    rows = sorted((term, min(n, _MOST)) for term, n in counts.items())
    return np.array(rows, _COUNT).tobytes()


def scores(query: WordQuery, packed: Sequence[bytes]) -> NDArray[np.float64]:
    """BM25 of passages whose counts are given, 0 where no word of the query occurs. float64[len(packed)]"""
    counts = np.frombuffer(b"".join(packed), _COUNT)
    owners = np.repeat(np.arange(len(packed)), [len(each) // _COUNT.itemsize for each in packed])
    lengths = _rounded(np.bincount(owners, counts["n"], len(packed)).astype(np.float64))
    worth: dict[int, float] = {}
    for term, weight in query.weights.items():
        worth[_hash(term)] = worth.get(_hash(term), 0.0) + weight
    hashes = np.array(sorted(worth), np.uint32)
    matching = np.isin(counts["term"], hashes)
    counts, owners = counts[matching], owners[matching]
    weights = np.array([worth[term] for term in hashes.tolist()])[np.searchsorted(hashes, counts["term"])]
    times = counts["n"].astype(np.float64)
    norm = K1 * (1 - B + B * lengths[owners] / max(query.average_length, 1e-9))
    total = np.bincount(owners, weights * (K1 + 1) * times / (times + norm), len(packed))
    return np.asarray(total, np.float64)


def _hash(term: str) -> int:
    return zlib.crc32(term.encode())


def _rounded(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lengths as tantivy keeps them in one byte: exact below 40, beyond that their four highest bits."""
    beyond = np.maximum(lengths - 24, 1)
    step = 2.0 ** (np.floor(np.log2(beyond)) - 3)
    return np.where(lengths < 40, lengths, 24 + np.floor(beyond / step) * step)
