"""The plan for "what should I use": the conditions as read, an option a paper, and what no abstract says."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.plans.choosing import leans
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.relevance import meets, relevant
from rag.records import Evidence, RankedPaper
from rag.retrieval.question import Question

WORDS = 190
MOST = 5


def answer_recommendation(question: Question, papers: Sequence[RankedPaper], words: int) -> AnswerText:
    """Options, one a paper, each with the sentence that meets most of what is asked."""
    wanted = question.constraints
    lines: list[AnswerLine] = []
    used = 0
    chosen = relevant(papers, share=0.3)[: 2 * MOST]
    chosen.sort(key=lambda each: -_n_met(each, wanted))
    for ranked in chosen[:MOST]:
        said = _option(ranked, wanted)
        name = short_name(ranked.paper.title)
        used += n_words(name) + n_words(said.sentence.text)
        if used > words and len(lines) >= 2:
            break
        lines.append(AnswerLine(ranked.paper, name, (said,)))
    told = [evidence.sentence.text for line in lines for evidence in line.evidence]
    unmet = [each for each in wanted if not any(meets(text, each) for text in told)]
    read = f"Conditions read: {'; '.join(question.constraints)}." if question.constraints else None
    missing = f"No sentence quoted here speaks of: {'; '.join(unmet)}." if unmet else None
    return compose([LineGroup(None, tuple(lines))], before=read, after=missing)


def _n_met(ranked: RankedPaper, wanted: Sequence[str]) -> int:
    """Of how many conditions the abstract speaks."""
    return sum(meets(ranked.paper.abstract, condition) for condition in wanted)


def _option(ranked: RankedPaper, wanted: Sequence[str]) -> Evidence:
    def worth(evidence: Evidence) -> float:
        met = sum(meets(evidence.sentence.text, condition) for condition in wanted)
        value = 3 * evidence.late + 0.6 * met - 0.6 * leans(evidence)
        if evidence.traits is not None:
            role = evidence.traits.role_probabilities
            value += 0.5 * (role.get("result", 0) + role.get("method", 0) + role.get("objective", 0))
            value -= 0.5 * role.get("background", 0)
        return value - max(0, n_words(evidence.sentence.text) - 40) * 0.02

    return max(ranked.evidence, key=worth)
