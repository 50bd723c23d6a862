"""The plan for "what should I use": the conditions as read, an option a paper, and what no abstract says."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.plans.belonging import belonging
from rag.answering.plans.choosing import leans
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.headings import Rarity
from rag.answering.plans.relevance import meets_in, met_by
from rag.records import Evidence, RankedPaper
from rag.retrieval.question import Question
from rag.text.standalone import dangles

WORDS = 190
MOST = 5
FEWEST = 3
"""Options told where fewer belong surely: what meets a situation is seldom said in its words."""
LEAST = 0.4
"""Chance of belonging from which a paper is an option: an option may be worded otherwise than the need."""


def answer_recommendation(
    question: Question, papers: Sequence[RankedPaper], words: int, rarity: Rarity
) -> AnswerText:
    """Options, one a paper, each with the sentence that meets most of what is asked."""
    wanted = question.constraints
    lines: list[AnswerLine] = []
    used = 0
    chosen = belonging(question.text, papers, rarity, LEAST)[: 2 * MOST]
    if len(chosen) < FEWEST:
        chosen = [each for each in papers if each.evidence][:FEWEST]
    chosen.sort(key=lambda each: -sum(met_by(each, wanted)))
    for ranked in chosen[:MOST]:
        said = _option(ranked, wanted)
        name = short_name(ranked.paper.title)
        used += n_words(name) + n_words(said.sentence.text)
        if used > words and len(lines) >= 2:
            break
        lines.append(AnswerLine(ranked.paper, name, (said,)))
    told = [evidence for line in lines for evidence in line.evidence]
    unmet = [each for i, each in enumerate(wanted) if not any(meets_in(said, wanted, i) for said in told)]
    read = f"Conditions read: {'; '.join(question.constraints)}." if question.constraints else None
    missing = f"No sentence quoted here speaks of: {'; '.join(unmet)}." if unmet else None
    return compose([LineGroup(None, tuple(lines))], before=read, after=missing)


def _option(ranked: RankedPaper, wanted: Sequence[str]) -> Evidence:
    def worth(evidence: Evidence) -> float:
        met = sum(meets_in(evidence, wanted, place) for place in range(len(wanted)))
        value = 3 * evidence.late + 0.6 * met - 0.6 * leans(evidence)
        value -= 0.6 * dangles(evidence.sentence.text)
        if evidence.traits is not None:
            role = evidence.traits.role_probabilities
            value += 0.5 * (role.get("result", 0) + role.get("method", 0) + role.get("objective", 0))
            value -= 0.8 * role.get("background", 0) + role.get("resource", 0)
        return value - max(0, n_words(evidence.sentence.text) - 40) * 0.02

    return max(ranked.evidence, key=worth)
