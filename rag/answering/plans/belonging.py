"""Which of the papers found belong in an answer that gathers several: on the subject, each by itself.

A logistic over how a paper ranks beside the best, how its nearest sentence meets the question by meaning, and
how much of the question's content it holds by words. By words alone, papers that say it otherwise were left
out; by rank alone, papers on something near stayed in. Weights are fitted by `python -m eval.fit.belonging`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from rag.answering.answerability import Logistic
from rag.answering.plans.diversity import near_duplicates
from rag.answering.plans.headings import Rarity
from rag.answering.plans.relevance import covering
from rag.records import RankedPaper
from rag.retrieval.sentence_features import PaperMatches

LEAST_BELONGS = 0.5
"""Chance from which a paper is shown in an overview, a list or a recommendation."""
_SURE = 0.999
_UNMET = 0.5
"""Similarity under which a piece of the question has no counterpart in the paper."""
MET = ("met", "met_in_one", "rare_least", "rare_least_in_one", "rare_least_in_title", "unmet", "cosine")
"""Features of `met_features`."""

BELONGS = Logistic(
    -2.32,
    {
        "gap": -0.28,
        "share": 1.43,
        "confidence": 0.02,
        "late_share": 0.32,
        "held": 0.5,
        "titled": 1.33,
        "rank": -0.39,
        "met": -2.14,
        "met_in_one": 7.45,
        "rare_least": -2.0,
        "rare_least_in_one": -0.99,
        "rare_least_in_title": -1.96,
        "unmet": -0.37,
        "cosine": 2.8,
    },
)


def belonging(
    question: str, papers: Sequence[RankedPaper], rarity: Rarity, least: float = LEAST_BELONGS
) -> list[RankedPaper]:
    """The papers, best first, that belong; of near duplicates the best one alone.

    The first is always among them. Only papers whose sentences were read.
    """
    kept: list[RankedPaper] = []
    for ranked, features in zip(papers, belonging_features(question, papers, rarity), strict=True):
        if not ranked.evidence or (kept and BELONGS(features) < least):
            continue
        if not any(near_duplicates(ranked.paper, each.paper) for each in kept):
            kept.append(ranked)
    return kept


def belonging_features(
    question: str, papers: Sequence[RankedPaper], rarity: Rarity
) -> list[dict[str, float]]:
    """What says of each paper whether it is on the question's subject, as the other papers found are."""
    share = covering(question, rarity)
    late = [max((each.late for each in ranked.evidence), default=0.0) for ranked in papers]
    best, nearest = papers[0].score, max(late)
    return [
        {
            "gap": best - ranked.score,
            "share": max(-1.0, ranked.score / best) if best > 0 else 0.0,
            "confidence": _logit(ranked.confidence),
            "late_share": own / nearest if nearest > 0 else 0.0,
            "held": _held(ranked, share),
            "titled": share(ranked.paper.title),
            "rank": math.log1p(place),
            **{name: ranked.met.get(name, 0.0) for name in MET},
        }
        for place, (ranked, own) in enumerate(zip(papers, late, strict=True))
    ]


def _held(ranked: RankedPaper, share: Callable[[str], float]) -> float:
    """The most of the question's content that one sentence, with the title, holds. 0 to 1."""
    texts = (f"{ranked.paper.title}. {each.sentence.text}" for each in ranked.evidence)
    return max(map(share, texts), default=0.0)


def met_features(matches: PaperMatches) -> dict[str, float]:
    """How the pieces of a question are met in a paper: all of them, in one sentence with the title, and the
    rarer one that is met worst. A paper on something near misses one piece of the question."""
    weights = matches.weights
    if not (weights > 0).any() or not matches.sentences.size:
        return {}
    best = np.maximum(matches.sentences.max(axis=1), matches.title)
    titled = np.maximum(matches.sentences, matches.title[:, None])
    rare = (weights > 0) & (weights >= weights[weights > 0].mean())
    return {
        "met": float(weights @ best),
        "met_in_one": float((weights @ titled).max()),
        "rare_least": float(best[rare].min()),
        "rare_least_in_one": float(titled[rare].min(axis=0).max()),
        "rare_least_in_title": float(matches.title[rare].min()),
        "unmet": float(weights @ (best < _UNMET)),
        "cosine": float(matches.cosines.max()),
    }


def _logit(chance: float) -> float:
    bounded = min(max(chance, 1 - _SURE), _SURE)
    return math.log(bounded / (1 - bounded))
