"""The plan for a question with two links: the paper it describes, and the one that speaks of it by name.

Which paper is at the second link is rag/retrieval/second_hop.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.plans.choosing import fill
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.fact import fact_line
from rag.records import RankedPaper
from rag.retrieval.question import Question

SECOND_SHARE = 0.6
"""Words of the second paper, as a share of an answer's. They come on top: where the second link was none,
what answers the question is all there."""


def answer_linked(question: Question, papers: Sequence[RankedPaper], words: int) -> AnswerText | None:
    """What the first paper says in about `words` words, and the second in fewer; None where the question has
    one link."""
    second = next((each for each in papers[1:] if each.paper.paper_id == question.linked), None)
    if second is None or not second.evidence:
        return None
    first, remark = fact_line(question, papers, words)
    if first.paper.paper_id == second.paper.paper_id:
        return None
    name = short_name(second.paper.title)
    chosen = fill(second.evidence, int(SECOND_SHARE * words) - n_words(name))
    lines = (
        replace(first, name=first.name or short_name(first.paper.title)),
        AnswerLine(second.paper, name, chosen),
    )
    return compose([LineGroup(None, lines)], before=remark)
