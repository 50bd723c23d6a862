"""The plan for a comparison: each named side with what its paper says, and which side was not found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

from rag.answering.plans.choosing import in_order, stands_alone
from rag.answering.plans.composer import (
    NAME_WORDS,
    AnswerLine,
    AnswerText,
    LineGroup,
    compose,
    n_words,
    short_name,
)
from rag.answering.plans.relevance import mentions, named, texts_of
from rag.records import Evidence, RankedPaper
from rag.retrieval.question import Question

WORDS = 100
COMPARED = 2
"""Papers set side by side where the question names none. Three lower both the facts found and the citation
precision on questions_dev."""
MOST_NAMED = 3
"""Papers set side by side where the question names them."""
SAME_LEAGUE = 4.0
"""A paper this much below the best (in the ranking's summed z-scores) is no side of a comparison."""
FAR_BELOW = 2.5
"""A sentence this much below its paper's best adds length, not an answer."""
OVER_COST = 1.0
"""What a word beyond the length aimed at costs, in the unit of a sentence's score."""
CHOICE = 6
"""Sentences of a side that are tried against those of the other."""
LEANING_COST = 0.5


def answer_comparison(question: Question, papers: Sequence[RankedPaper], words: int) -> AnswerText | None:
    """A line a side, in about `words` words; None where only one paper has anything to say."""
    compared = _compared(question, papers)
    missing = _missing(question, compared)
    if len(compared) < 2 and not missing:
        return None
    remark = f"No abstract found here speaks of {missing}." if missing else None
    return compose([LineGroup(None, tuple(_sides(compared, words)))], after=remark)


def _compared(question: Question, papers: Sequence[RankedPaper]) -> list[RankedPaper]:
    """Those of the papers that the question names; where it names fewer than two, the best that are close.

    A named side without a paper of its own is shown by another's sentence about it, where there is one.
    """
    names = {each.paper.paper_id: short_name(each.paper.title) for each in papers}
    found = named(question.text, papers, names, NAME_WORDS)
    told = [other for name in _without_paper(question, found) for other in _telling(name, papers)[:1]]
    told = list({each.paper.paper_id: each for each in told}.values())[:MOST_NAMED]
    if len(found) + len(told) > 1:
        return [*found[: MOST_NAMED - len(told)], *told]
    close = [each for each in papers[:COMPARED] if papers[0].score - each.score < SAME_LEAGUE]
    return [*found, *(each for each in close if each not in found)][:COMPARED]


def _without_paper(question: Question, found: Sequence[RankedPaper]) -> list[str]:
    """The named sides that none of the papers found speaks of."""
    sides = question.names if len(question.sides) > 1 else ()
    return [name for name in sides if not any(mentions(texts_of(each.paper), name) for each in found)]


def _telling(name: str, papers: Sequence[RankedPaper]) -> list[RankedPaper]:
    """The papers with a sentence about `name`, each with these sentences alone."""
    told = [(each, tuple(e for e in each.evidence if mentions(e.sentence.text, name))) for each in papers]
    return [replace(each, evidence=sentences) for each, sentences in told if sentences]


def _missing(question: Question, compared: Sequence[RankedPaper]) -> str:
    """The named side that no paper found speaks of, where there is one."""
    return next(iter(_without_paper(question, compared)), "")


def _sides(papers: Sequence[RankedPaper], words: int) -> list[AnswerLine]:
    """A line a paper: the best sentence each that fit together, then whatever else fits."""
    names = [short_name(ranked.paper.title) for ranked in papers]
    room = words - sum(map(n_words, names))
    sides = [ranked.evidence[:CHOICE] for ranked in papers if ranked.evidence]

    def worth(chosen: tuple[Evidence, ...]) -> float:
        over = sum(n_words(evidence.sentence.text) for evidence in chosen) - room
        leaning = sum(not stands_alone(evidence) for evidence in chosen)
        scores = sum(evidence.score for evidence in chosen)
        return scores - LEANING_COST * leaning - OVER_COST * max(0, over)

    chosen = max(product(*sides), key=worth)
    rest = sorted((e for side in sides for e in side if e not in chosen), key=lambda e: -e.score)
    filled = _fill(chosen, rest, room)
    return [
        AnswerLine(ranked.paper, name, in_order([e for e in filled if e.paper_id == ranked.paper.paper_id]))
        for ranked, name in zip(papers, names, strict=True)
    ]


def _fill(chosen: tuple[Evidence, ...], rest: Iterable[Evidence], room: int) -> list[Evidence]:
    """Sentences added, best first, while they fit and are not far below the best of their side."""
    kept = list(chosen)
    used = sum(n_words(evidence.sentence.text) for evidence in kept)
    best = {evidence.paper_id: evidence.score for evidence in chosen}
    for evidence in rest:
        length = n_words(evidence.sentence.text)
        if used + length <= room and evidence.score > best[evidence.paper_id] - FAR_BELOW:
            kept.append(evidence)
            used += length
    return kept
