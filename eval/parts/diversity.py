"""`python -m eval.parts diversity`: near duplicates among the papers that lists and overviews may show.

Two things are measured: how many real papers the rule drops (none of these sets holds near duplicates, so
each is a loss), and, with a lightly edited copy of every paper beside it, how many copies are still shown.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from eval.measures.bootstrap import estimate_mean
from eval.parts.readings import read_set
from eval.parts.sets import QuestionSet, shown_mean, table
from rag.answering.plans.diversity import repetition
from rag.answering.plans.relevance import relevant
from rag.records import RankedPaper

EDITED = (0.0, 0.02, 0.05, 0.1)
"""Shares of a copy's words that are left out."""
SHOWN = 6


def measure(sets: list[QuestionSet]) -> str:
    """One table."""
    rows = []
    for questions in sets:
        found = [reading.papers for reading in read_set(questions)]
        n_dropped = sum(_n_apart(papers) - len(relevant(papers)) for papers in found)
        rows.append(
            [questions.name, "no copies", len(found), f"{n_dropped} papers dropped", _repeated(found)]
        )
        for share in EDITED:
            doubled = [_with_copies(papers, share) for papers in found]
            n_copies = [sum(_is_copy(each) for each in relevant(papers)[:SHOWN]) for papers in doubled]
            shown = shown_mean(estimate_mean([float(n > 0) for n in n_copies]))
            name = f"copies without {share:.0%} of their words"
            rows.append([questions.name, name, len(found), f"a copy is shown: {shown}", _repeated(doubled)])
    return table(("set", "papers", "n", "shown", f"repetition of the first {SHOWN}, before and after"), rows)


def _n_apart(papers: Sequence[RankedPaper]) -> int:
    """Papers that would be shown if no two were alike: every abstract is another word."""
    apart = [replace(each, paper=replace(each.paper, abstract=str(n))) for n, each in enumerate(papers)]
    return len(relevant(apart))


def _repeated(found: Sequence[Sequence[RankedPaper]]) -> str:
    before = fmean(repetition([each.paper for each in papers[:SHOWN]]) for papers in found)
    after = fmean(repetition([each.paper for each in relevant(papers)[:SHOWN]]) for papers in found)
    return f"{before:.3f}, {after:.3f}"


def _with_copies(papers: Sequence[RankedPaper], share: float) -> list[RankedPaper]:
    return [each for paper in papers for each in (paper, _copy(paper, share))]


def _copy(ranked: RankedPaper, share: float) -> RankedPaper:
    chance = random.Random(ranked.paper.paper_id)
    words = [word for word in ranked.paper.abstract.split() if chance.random() >= share]
    paper = replace(ranked.paper, paper_id=f"{ranked.paper.paper_id}:copy", abstract=" ".join(words))
    return replace(ranked, paper=paper)


def _is_copy(ranked: RankedPaper) -> bool:
    return ranked.paper.paper_id.endswith(":copy")
