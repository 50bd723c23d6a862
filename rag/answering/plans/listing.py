"""The plan for a list: a line a paper, with the sentence that puts it there."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.plans.choosing import CONTRIBUTES, one_sentence
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words
from rag.answering.plans.relevance import meets, relevant
from rag.records import RankedPaper
from rag.retrieval.question import Question
from rag.text.latex import readable

WORDS = 320
MOST = 9
"""Papers shown; the answer says how many more there are."""


def answer_list(question: Question, papers: Sequence[RankedPaper], words: int) -> AnswerText:
    """The papers that belong on the list, best first, each with the sentence that says why."""
    belonging = relevant(papers)
    meeting = [each for each in belonging if all(meets(each.paper.abstract, c) for c in question.constraints)]
    belonging = meeting or belonging
    lines: list[AnswerLine] = []
    used = 0
    for ranked in belonging[:MOST]:
        evidence = one_sentence(ranked, CONTRIBUTES, relevance=1.2, scored=False)
        name = readable(ranked.paper.title).rstrip(".")
        length = n_words(name) + (n_words(evidence.sentence.text) if evidence else 0)
        if lines and used + length > words:
            break
        lines.append(AnswerLine(ranked.paper, name, (evidence,) if evidence else ()))
        used += length
    n_more = len(belonging) - len(lines)
    more = (
        f"{n_more} more {'paper' if n_more == 1 else 'papers'} of the library may belong here."
        if n_more
        else None
    )
    unmet = "; ".join(question.constraints) if question.constraints and not meeting else ""
    missing = f"No abstract listed here speaks of: {unmet}." if unmet else None
    return compose([LineGroup(None, tuple(lines))], before=missing, after=more)
