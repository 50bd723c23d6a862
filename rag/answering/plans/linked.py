"""The plan for a question with two links: the paper it describes, and the one that speaks of it by name.

Which paper is at the second link is rag/retrieval/second_hop.py's.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.plans.choosing import fill
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.records import RankedPaper
from rag.retrieval.question import Question

SHARES = 0.5, 0.7
"""Of the words of an answer from one paper, what the described paper has, and the other, which says what is
asked."""


def answer_linked(question: Question, papers: Sequence[RankedPaper], words: int) -> AnswerText | None:
    """A line a paper in about `words` words, or None where the question has one link."""
    second = next((each for each in papers[1:] if each.paper.paper_id == question.linked), None)
    if second is None or not second.evidence:
        return None
    lines = []
    for ranked, share in zip((papers[0], second), SHARES, strict=True):
        name = short_name(ranked.paper.title)
        chosen = fill(ranked.evidence, int(share * words) - n_words(name))
        lines.append(AnswerLine(ranked.paper, name, chosen))
    return compose([LineGroup(None, tuple(lines))])
