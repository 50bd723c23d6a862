"""The plan for a list: a line a paper, with the sentence that puts it there."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.plans.belonging import belonging
from rag.answering.plans.choosing import fill
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words
from rag.answering.plans.headings import Rarity
from rag.answering.plans.one_line import membership
from rag.answering.plans.relevance import met_by, relevant
from rag.records import RankedPaper
from rag.retrieval.question import Question
from rag.text.latex import readable

WORDS = 320
LEAST = 0.3
"""Chance of belonging from which a paper is listed however far its score is below the best."""
FROM_ONE = 90
"""Words where one paper alone is listed."""
MOST = 9
"""Papers shown; the answer says how many more there are."""


def answer_list(question: Question, papers: Sequence[RankedPaper], words: int, rarity: Rarity) -> AnswerText:
    """The papers that belong on the list, best first, each with the sentence that says why."""
    near = relevant(papers)
    on_it = belonging(question.unexcluded or question.text, papers, rarity, LEAST)
    listed = [each for each in papers if each in near or each in on_it]
    meeting = [each for each in listed if all(met_by(each, question.constraints))]
    listed = meeting or listed
    if len(listed) == 1:  # one paper alone has room to say more than why it is here
        name = readable(listed[0].paper.title).rstrip(".")
        first = membership(listed[0])
        told = sorted(listed[0].evidence, key=lambda each: each is not first)
        lines = [AnswerLine(listed[0].paper, name, fill(told, FROM_ONE - n_words(name)))]
        return compose([LineGroup(None, tuple(lines))], before=_missing(question, met=bool(meeting)))
    lines = []
    used = 0
    for ranked in listed[:MOST]:
        evidence = membership(ranked)
        name = readable(ranked.paper.title).rstrip(".")
        length = n_words(name) + (n_words(evidence.sentence.text) if evidence else 0)
        if lines and used + length > words:
            break
        lines.append(AnswerLine(ranked.paper, name, (evidence,) if evidence else ()))
        used += length
    n_more = len(listed) - len(lines)
    more = (
        f"{n_more} more {'paper' if n_more == 1 else 'papers'} of the library may belong here."
        if n_more
        else None
    )
    return compose([LineGroup(None, tuple(lines))], before=_missing(question, met=bool(meeting)), after=more)


def _missing(question: Question, *, met: bool) -> str | None:
    """What is said of conditions that no paper listed meets."""
    if met or not question.constraints:
        return None
    return f"No abstract listed here speaks of: {'; '.join(question.constraints)}."
