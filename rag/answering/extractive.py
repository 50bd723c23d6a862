"""Answers without a model: sentences of the best papers, verbatim and cited, as its intent wants them.

Chooses the plan (rag/answering/plans); searches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.plans import best, compare, fact, linked, listing, overview, recommend, stance
from rag.answering.plans.composer import AnswerText, with_remark
from rag.answering.plans.headings import Rarity
from rag.answering.plans.relevance import shown_before, without_excluded
from rag.records import Intent, RankedPaper
from rag.retrieval.question import Question

LENGTHS: dict[Intent, int] = {
    "fact": fact.WORDS,
    "definition": fact.WORDS,
    "list": listing.WORDS,
    "compare": compare.WORDS,
    "overview": overview.WORDS,
    "stance": stance.WORDS,
    "best": best.WORDS,
    "recommend": recommend.WORDS,
    "other": fact.WORDS,
}
"""Words an answer aims at where no length is asked for."""
LEFT_OUT = "Left out: papers that speak of {}."
NOTHING_ELSE = "Every paper found is of those that were to be left out; the nearest say:"


def answer(
    question: Question, papers: Sequence[RankedPaper], rarity: Rarity, words: int | None = None
) -> AnswerText:
    """Compose an answer from papers ranked best first, the first with evidence.

    words: a bound on its length; without, the intent's own. A sentence is never cut: one that alone is
    longer still stands.
    """
    length = LENGTHS.get(question.intent, fact.WORDS)
    length = min(length, words) if words else length
    if words and question.linked:
        length = int(length / (1 + linked.SECOND_SHARE))
    left = without_excluded(papers, question.excluded)
    if question.reference and question.reference.others_wanted:
        left = [each for each in left if not shown_before(each, question.reference.titles)]
    written = _planned(question, left or papers, rarity, length)
    if not left:
        return with_remark(written, NOTHING_ELSE)
    if question.excluded and question.unexcluded and len(left) < len(papers):
        return with_remark(written, LEFT_OUT.format("; ".join(question.excluded)))
    return written


def _planned(question: Question, papers: Sequence[RankedPaper], rarity: Rarity, length: int) -> AnswerText:
    if question.intent == "list":
        return listing.answer_list(question, papers, length, rarity)
    if question.intent == "overview":
        return overview.answer_overview(question, papers, length, rarity)
    if question.intent == "best":
        return best.answer_best(question, papers, length, rarity)
    if question.intent == "recommend":
        return recommend.answer_recommendation(question, papers, length, rarity)
    if question.intent == "stance":
        return stance.answer_stance(question, papers, length, rarity)
    if question.intent == "compare" and (made := compare.answer_comparison(question, papers, length)):
        return made
    return linked.answer_linked(question, papers, length) or fact.answer_fact(question, papers, length)
