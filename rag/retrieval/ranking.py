"""From a query to ranked papers: two legs, their fusion, and late interaction. The heart of retrieval.

The best passages by meaning (Chroma) and by words (tantivy) are put together; each leg's score is computed
for the other's finds too, so nothing is guessed; z-scores over that union are added up with those of late
interaction, over the whole passage and over its title. A paper ranks by its best passage.
Knows nothing of questions, history or answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.encoder import late_interaction
from rag.encoder.late_interaction import Floats, stop_ids
from rag.encoder.minilm import Encoded, Encoder
from rag.library.library import Candidate, Library
from rag.records import Filters, Paper, SearchMode


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """What each z-score counts in the sum. Chosen where questions_dev and SciFact agree, on a plateau:
    changing any by half moves nDCG@10 by under .01 on either."""

    lexical: float = 0.5
    dense: float = 0.5
    late: float = 1.0
    title: float = 0.3
    similarity_to_top: float = 0.0
    """Likeness to the best papers, for a list: what is like a good paper is likely one, too."""


LEGS: dict[SearchMode, FusionWeights] = {
    "hybrid": FusionWeights(),
    "dense": FusionWeights(lexical=0, dense=1, late=0, title=0),
    "lexical": FusionWeights(lexical=1, dense=0, late=0, title=0),
}
LISTING = FusionWeights(similarity_to_top=0.6)
N_CANDIDATES = 64
"""Passages taken from each leg. From 30 to 100, nDCG@10 stays within .003."""
SIDES = 0.4
"""What the mean of the searches for a comparison's sides counts beside the whole question's."""
N_EXAMPLES = 3
"""Best passages that `similarity_to_top` compares with."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper as ranked: its best passage, the sum, and the passage's late interaction and cosine."""

    candidate: Candidate
    score: float
    late: float
    cosine: float

    @property
    def paper(self) -> Paper:
        return self.candidate.paper


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
) -> Ranking:
    """Rank the library's papers for `text`; empty where no passage passes the filters.

    encoded: `text` as the encoder sees it, where that is known already.
    """
    weights = weights or LEGS[mode]
    encoded = encoded or encoder.encode_query(text)
    query = weight_query(library, encoder, encoded)
    allowed = library.allowed(filters) if filters else None
    ids: set[str] = set()
    if weights.dense:
        ids.update(library.nearest(encoded.vector, N_CANDIDATES, allowed))
    if weights.lexical:
        ids.update(library.matching(text, N_CANDIDATES, allowed))
    candidates = library.candidates(sorted(ids))
    if not candidates:
        return Ranking(text, query, ())
    words = library.word_scores(text, [c.passage.passage_id for c in candidates])
    vectors = np.stack([c.block.vector for c in candidates])
    cosines = vectors @ encoded.vector
    late_scores = late_interaction.scores(query, [c.block.bits for c in candidates])
    total = (
        weights.lexical * z_scores(words)
        + weights.dense * z_scores(cosines)
        + weights.late * z_scores(late_scores)
        + weights.title * z_scores(_title_scores(query, candidates))
    )
    if weights.similarity_to_top:
        total += weights.similarity_to_top * z_scores(_likeness(vectors, total))
    ranked = map(Ranked, candidates, total.tolist(), late_scores.tolist(), cosines.tolist())
    return Ranking(text, query, _best_per_paper(ranked))


def merge(whole: Ranking, sides: Sequence[Ranking]) -> Ranking:
    """A question's ranking, moved by those of its sides: SIDES times their mean is added.

    A paper that one of the rankings lacks has the least score there.
    """
    found: dict[str, Ranked] = {}
    for ranking in (*sides, whole):
        found |= {each.paper.paper_id: each for each in ranking.ranked}
    totals = _scores(whole, found) + SIDES * np.mean([_scores(side, found) for side in sides], axis=0)
    moved = (replace(each, score=float(total)) for each, total in zip(found.values(), totals, strict=True))
    return replace(whole, ranked=_best_per_paper(moved))


def _scores(ranking: Ranking, paper_ids: Iterable[str]) -> NDArray[np.float64]:
    held = {each.paper.paper_id: each.score for each in ranking.ranked}
    least = min(held.values(), default=0.0)
    return np.array([held.get(paper_id, least) for paper_id in paper_ids])


def weight_query(library: Library, encoder: Encoder, encoded: Encoded) -> late_interaction.Query:
    """A query's pieces weighed by how rare they are in the library."""
    return late_interaction.weight_tokens(
        encoded, late_interaction.idf(library.df, library.n_passages), stop_ids(encoder)
    )


def z_scores(values: NDArray[np.floating]) -> Floats:
    """Values about their mean in standard deviations; all zero where they do not differ. float32[n]."""
    values = np.asarray(values, np.float32)
    spread = values.std() if values.size else 0
    return (values - values.mean()) / spread if spread > 1e-6 else np.zeros_like(values)


def _title_scores(query: late_interaction.Query, candidates: Sequence[Candidate]) -> Floats:
    titles = [c.block.bits[c.block.offsets[:, 0] < c.text_start] for c in candidates]
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
        held = best.get(each.paper.paper_id)
        if held is None or each.score > held.score:
            best[each.paper.paper_id] = each
    return tuple(sorted(best.values(), key=lambda each: (-each.score, each.paper.paper_id)))
