"""From a query to ranked papers: two legs, their fusion, and late interaction. The heart of retrieval.

The best passages by meaning (Chroma) and by words (tantivy) are put together; each leg's score is computed
for the other's finds too, so nothing is guessed. The best of that union by both go on to late interaction,
over the whole passage and over its title; z-scores are added up. A paper ranks by its best passage. Works on
ids and vectors alone: whoever shows papers reads them from the library. Knows nothing of questions, history
or answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.encoder import late_interaction
from rag.encoder.late_interaction import Floats, stop_ids
from rag.encoder.minilm import Encoded, Encoder
from rag.index.token_store import TokenBlock
from rag.library.library import Library
from rag.library.pool import PoolHit, PoolRequest
from rag.records import Filters, SearchMode


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """What each z-score counts in the sum. No other value helps on two of questions_dev, questions_train and
    SciFact and harms on none (n=105, 216, 239): halving one, or adding half, moves nDCG@10 by less than .009,
    but for late interaction, which at half loses .011 of questions_train (docs/answers.md)."""

    lexical: float = 0.5
    dense: float = 0.5
    late: float = 1.0
    title: float = 0.3
    sparse: float = 0.5
    """Counts only where a learned sparse leg is set up; chosen by hand, as no such model was at hand."""
    similarity_to_top: float = 0.0
    """Likeness to the best papers, for a list: what is like a good paper is likely one, too."""


LEGS: dict[SearchMode, FusionWeights] = {
    "hybrid": FusionWeights(),
    "dense": FusionWeights(lexical=0, dense=1, late=0, title=0, sparse=0),
    "lexical": FusionWeights(lexical=1, dense=0, late=0, title=0, sparse=0),
}
LISTING = FusionWeights(similarity_to_top=0.6)
N_CANDIDATES = 32
"""Passages taken from each leg, where no more papers than that are wanted. From 30 to 100, nDCG@10 stays
within .003."""
N_LATE = 28
"""Passages, best by the two legs, that late interaction reads where no more papers than that are wanted: from
24 to all of 64 + 64, nDCG@10 moves by .004 at most (docs/performance.md)."""
LIST_DEPTH = 2
"""How many times as many for a list, whose papers lie further down: with 1, and 24 passages, nDCG@10 of 30
lists falls by .017."""
SIDES = 0.4
"""What the mean of the searches for a comparison's sides counts beside the whole question's."""
N_EXAMPLES = 3
"""Best passages that `similarity_to_top` compares with."""


class SparseSearch(Protocol):
    """What of rag.retrieval.sparse_leg.SparseLeg is needed here."""

    def find(self, text: str, n: int) -> tuple[str, ...]: ...

    def scores(self, text: str, passage_ids: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper as ranked: its best passage, the sum, and the passage's late interaction and cosine."""

    passage_id: str
    score: float
    late: float
    cosine: float

    @property
    def paper_id(self) -> str:
        return self.passage_id.rpartition("#")[0]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Papers best first, equals by id, and the query as it was weighed."""

    text: str
    query: late_interaction.Query
    ranked: tuple[Ranked, ...]


def rank(
    library: Library,
    encoder: Encoder,
    text: str,
    *,
    mode: SearchMode = "hybrid",
    filters: Filters | None = None,
    weights: FusionWeights | None = None,
    encoded: Encoded | None = None,
    top: int = 10,
    sparse: SparseSearch | None = None,
) -> Ranking:
    """Rank the library's papers for `text`; empty where no passage passes the filters.

    encoded: `text` as the encoder sees it, where that is known already. top: papers wanted; at least so
    many passages are ranked, if there are as many. sparse: a third leg, of learned terms.
    """
    weights = weights or LEGS[mode]
    encoded = encoded or encoder.encode_query(text)
    query = weight_query(library, encoder, encoded)
    depth = LIST_DEPTH if weights.similarity_to_top else 1
    n = max(depth * N_CANDIDATES, top)
    also = sparse.find(text, n) if sparse and weights.sparse else ()
    wanted = PoolRequest(text, encoded.vector, n, filters, bool(weights.lexical), bool(weights.dense), also)
    pool = _pool(library, wanted, weights, sparse if weights.sparse else None)
    best = _best_of_pool(library, pool, max(depth * N_LATE, top))
    if not best.hits:
        return Ranking(text, query, ())
    late_scores = late_interaction.scores(query, [block.bits for block in best.blocks])
    total = (
        best.fused
        + weights.late * z_scores(late_scores)
        + weights.title * z_scores(_title_scores(query, best.hits, best.blocks))
    )
    if weights.similarity_to_top:
        vectors = np.stack([block.vector for block in best.blocks])
        total += weights.similarity_to_top * z_scores(_likeness(vectors, total))
    ids = (hit.passage_id for hit in best.hits)
    ranked = map(Ranked, ids, total.tolist(), late_scores.tolist(), best.cosines.tolist())
    return Ranking(text, query, _best_per_paper(ranked))


@dataclass(frozen=True, slots=True)
class _Pool:
    """What the two legs found.

    cosines: float32[n]; fused: float32[n], the weighted sum of both legs' z-scores.
    """

    hits: list[PoolHit]
    cosines: Floats
    fused: Floats
    blocks: list[TokenBlock]


def _pool(
    library: Library, wanted: PoolRequest, weights: FusionWeights, sparse: SparseSearch | None
) -> _Pool:
    """The best of each leg, without their blocks, in the order of their ids."""
    hits = sorted(library.pool(wanted), key=lambda hit: hit.passage_id)
    words = np.array([hit.words for hit in hits], np.float32)
    cosines = np.array([hit.cosine for hit in hits], np.float32)
    fused = weights.lexical * z_scores(words) + weights.dense * z_scores(cosines)
    if sparse:
        terms = sparse.scores(wanted.text, [hit.passage_id for hit in hits])
        fused = fused + weights.sparse * z_scores(terms)
    return _Pool(hits, cosines, fused, [])


def _best_of_pool(library: Library, pool: _Pool, n: int) -> _Pool:
    """The `n` best of a pool, with their blocks; without those whose block does not read back."""
    best = np.sort(np.argsort(-pool.fused, kind="stable")[:n]).tolist()
    blocks = library.blocks([pool.hits[i] for i in best])
    kept = [(i, block) for i, block in zip(best, blocks, strict=True) if block]
    places = [i for i, _ in kept]
    return _Pool(
        [pool.hits[i] for i in places], pool.cosines[places], pool.fused[places], [b for _, b in kept]
    )


def merge(whole: Ranking, sides: Sequence[Ranking], share: float = SIDES) -> Ranking:
    """A question's ranking, moved by those of its sides: `share` times their mean is added.

    A paper that one of the rankings lacks has the least score there.
    """
    found: dict[str, Ranked] = {}
    for ranking in (*sides, whole):
        found |= {each.paper_id: each for each in ranking.ranked}
    totals = _scores(whole, found) + share * np.mean([_scores(side, found) for side in sides], axis=0)
    moved = (replace(each, score=float(total)) for each, total in zip(found.values(), totals, strict=True))
    return replace(whole, ranked=_best_per_paper(moved))


def _scores(ranking: Ranking, paper_ids: Iterable[str]) -> NDArray[np.float64]:
    held = {each.paper_id: each.score for each in ranking.ranked}
    least = min(held.values(), default=0.0)
    return np.array([held.get(paper_id, least) for paper_id in paper_ids])


def weight_query(library: Library, encoder: Encoder, encoded: Encoded) -> late_interaction.Query:
    """A query's pieces weighed by how rare they are in the library."""
    return late_interaction.weight_tokens(encoded, library.idf, stop_ids(encoder))


def z_scores(values: NDArray[np.floating]) -> Floats:
    """Values about their mean in standard deviations; all zero where they do not differ. float32[n]."""
    values = np.asarray(values, np.float32)
    spread = values.std() if values.size else 0
    return (values - values.mean()) / spread if spread > 1e-6 else np.zeros_like(values)


def _title_scores(
    query: late_interaction.Query, hits: Sequence[PoolHit], blocks: Sequence[TokenBlock]
) -> Floats:
    titles = [
        block.bits[: np.searchsorted(block.offsets[:, 0], hit.text_start)]
        for hit, block in zip(hits, blocks, strict=True)
    ]
    return late_interaction.scores(query, titles)


def _likeness(vectors: Floats, total: Floats) -> Floats:
    """Mean cosine of each passage with the best ones, itself left out (as Rocchio, 1971). float32[n]"""
    best = np.argsort(-total, kind="stable")[:N_EXAMPLES]
    cosines = vectors @ vectors[best].T
    cosines[best, np.arange(len(best))] = 0
    others = np.full(len(vectors), len(best))
    others[best] -= 1
    return np.asarray(cosines.sum(axis=1) / np.maximum(others, 1), np.float32)


def _best_per_paper(ranked: Iterable[Ranked]) -> tuple[Ranked, ...]:
    best: dict[str, Ranked] = {}
    for each in ranked:
        held = best.get(each.paper_id)
        if held is None or each.score > held.score:
            best[each.paper_id] = each
    return tuple(sorted(best.values(), key=lambda each: (-each.score, each.paper_id)))
