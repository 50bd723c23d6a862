"""The plan for an overview: several papers, grouped by approach, a sentence each on what it adds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.plans.choosing import CONTRIBUTES, fill, one_sentence
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.headings import Rarity, group_papers
from rag.answering.plans.relevance import on_subject, relevant
from rag.records import Evidence, RankedPaper, Role
from rag.retrieval.question import Question

WORDS = 200
MOST = 6
SHARE = 0.5
"""A paper belongs while the ranking's sum is at least this share of the best paper's."""
REST = "Also"
"""The heading over papers that share no phrase with another."""
SURVEYS = "Surveys"
TROUBLES: tuple[Role, ...] = ("background", "result")
"""Roles of the sentences that say what is hard."""
_ASKS_TROUBLE = re.compile(
    r"\b(?:problems?|challenges?|issues?|limitations?|difficult\w*|drawbacks?|shortcomings?|obstacles?|pitfalls?"
    r"|barriers?|risks?|wrong with)\b",
    re.I,
)
_SURVEY = re.compile(
    r"\ban? (?:[\w-]+ ){0,4}(?:survey|review|overview)\b|\b(?:survey|overview)\s*$"
    r"|^(?:survey|review) (?:of|on)\b|\bmeta-analysis\b",
    re.I,
)
_ARRANGES = re.compile(
    r"\b(?:taxonom\w+|categori[sz]\w+|classif\w+ (?:into|of|as)|divid\w+\b.{0,40}\binto|group\w* (?:into|by)"
    r"|organi[sz]\w+|perspectives?|stages?|(?:two|three|four|five|six) (?:main |key |broad |major )?\w+)\b",
    re.I,
)


def answer_overview(
    question: Question, papers: Sequence[RankedPaper], words: int, rarity: Rarity
) -> AnswerText:
    """Four to six papers in about `words` words; one that says it all where only one is relevant."""
    chosen = on_subject(question.text, relevant(papers, SHARE), rarity)[: MOST + 2]
    if len(chosen) == 1:
        ranked = chosen[0]
        name = short_name(ranked.paper.title)
        line = AnswerLine(ranked.paper, name, fill(ranked.evidence, min(words, 100) - n_words(name)))
        return compose([LineGroup(None, (line,))], after="Only this of the papers found comes close to it.")
    lines = _within(chosen, words, TROUBLES if _ASKS_TROUBLE.search(question.text) else CONTRIBUTES)
    surveys = [i for i, line in enumerate(lines) if _SURVEY.search(line.paper.title)][:2]
    rest = [line for i, line in enumerate(lines) if i not in surveys]
    groups = group_papers([line.paper for line in rest], question.text, rarity)
    headed = len(groups) > 1 or bool(surveys)
    made = [LineGroup(SURVEYS, tuple(lines[i] for i in surveys))] if surveys else []
    for group in groups:
        heading = group.heading or (REST if headed else None)
        made.append(LineGroup(_as_heading(heading), tuple(rest[i] for i in group.members)))
    return compose(made)


def _within(chosen: Sequence[RankedPaper], words: int, wanted: Sequence[Role]) -> list[AnswerLine]:
    """A line a paper while they fit, never fewer than two."""
    lines: list[AnswerLine] = []
    used = 0
    for ranked in chosen:
        evidence = contribution(ranked, wanted)
        if evidence is None:
            continue
        name = short_name(ranked.paper.title)
        length = n_words(name) + n_words(evidence.sentence.text)
        if len(lines) >= 2 and used + length > words * 1.1:
            continue
        lines.append(AnswerLine(ranked.paper, name, (evidence,)))
        used += length
        if len(lines) == MOST:
            break
    return lines


def contribution(ranked: RankedPaper, wanted: Sequence[Role] = CONTRIBUTES) -> Evidence | None:
    """The one sentence on what a paper adds; a survey's, on how it arranges its subject."""
    if _SURVEY.search(ranked.paper.title):
        arranging = [e for e in ranked.evidence if _ARRANGES.search(e.sentence.text)]
        if arranging:
            return max(arranging, key=lambda e: e.late)
    return one_sentence(ranked, wanted, relevance=0.7 if wanted is CONTRIBUTES else 1.5)


def _as_heading(phrase: str | None) -> str | None:
    return phrase[0].upper() + phrase[1:] if phrase else None
