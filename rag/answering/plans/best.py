"""The plan for "which is best": a row a paper, with the figure it reports, and no winner of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answering.plans.choosing import leans
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.headings import Rarity
from rag.answering.plans.one_line import contribution
from rag.answering.plans.relevance import coverage, mentions, met_by, relevant
from rag.records import Evidence, RankedPaper
from rag.retrieval.question import Question

WORDS = 200
MOST = 6
NOT_COMPARABLE = "These figures can be compared only where benchmark and setting are the same."
NO_FIGURES = "These abstracts give no figures that could be compared."
COVERS = 0.5
"""Share of the question's content, by rarity, that a result and its title must hold."""
_FIGURE = re.compile(
    r"(?<![\w.-])(?:\d+(?:[.,]\d+)*\s?(?P<unit>%|×|x\b|-?fold\b|points?\b|times\b)|\d+\.\d+\b)"
    r"(?!\s?(?:[BMKk]\b|billion|million|trillion|larger))"
)
"""A figure that may be a result: with a unit of gain, or with decimals."""
_SIZE = re.compile(r"\b(?:larger|bigger|more parameters|as many parameters)\b", re.I)
_SIZE_REACH = 40
"""Letters behind a figure in which it is said to be one of size."""
MOST_FIGURES = 2
"""Figures that are put beside a name; more are a list, of which the sentence says what each is."""
_ASKS_BEST = re.compile(
    r"\b(?:best|strongest|highest|lowest|top|state of the art|sota|results?|approach|method|way|gets?)\b",
    re.I,
)
_CLAIMS = re.compile(
    r"\b(?:state[- ]of[- ]the[- ]art|SOTA|best|outperform\w*|surpass\w*|highest|superior|exceed\w*|achiev\w+"
    r"|rank\w* first|top[- ]?1|strongest|lowest|match(?:es|ed|ing)?)\b",
    re.I,
)


def answer_best(question: Question, papers: Sequence[RankedPaper], words: int, rarity: Rarity) -> AnswerText:
    """What each relevant paper reports, the figure before its sentence; the benchmark asked for first."""
    chosen = _rows(question, relevant(papers, 0.3), rarity)[:MOST]
    lines: list[AnswerLine] = []
    used = 0
    for ranked, said in chosen:
        figures = figures_in(said.sentence.text) if _CLAIMS.search(said.sentence.text) else []
        label = f" ({'; '.join(figures)})" if 0 < len(figures) <= MOST_FIGURES else ""
        name = short_name(ranked.paper.title) + label
        used += n_words(name) + n_words(said.sentence.text)
        if used > words and len(lines) >= 2:
            break
        lines.append(AnswerLine(ranked.paper, name, (said,)))
    if not lines:
        ranked = papers[0]
        one = contribution(ranked)
        lines = [AnswerLine(ranked.paper, short_name(ranked.paper.title), (one,) if one else ())]
    has_figures = any(figures_in(e.sentence.text) for line in lines for e in line.evidence)
    after = NOT_COMPARABLE if has_figures else NO_FIGURES
    shown = {line.paper.paper_id for line in lines}
    met = [met_by(each, question.constraints) for each in papers if each.paper.paper_id in shown]
    unmet = [c for i, c in enumerate(question.constraints) if not any(each[i] for each in met)]
    missing = f"No abstract quoted here speaks of: {'; '.join(unmet)}." if unmet else None
    return compose([LineGroup(None, tuple(lines))], before=missing, after=after)


def figures_in(text: str) -> list[str]:
    """The figures of a sentence that may be results, once each: not sizes, and no number of a name."""
    found = []
    for match in _FIGURE.finditer(text):
        before = text[: match.start()].split()[-1:]
        is_version = not match["unit"] and before and before[0][0].isupper() and before[0].isalnum()
        of_size = _SIZE.search(text[match.end() : match.end() + _SIZE_REACH])
        if not is_version and not of_size:
            found.append(match[0].strip())
    return list(dict.fromkeys(found))


def _rows(
    question: Question, papers: Sequence[RankedPaper], rarity: Rarity
) -> list[tuple[RankedPaper, Evidence]]:
    """Papers with the sentence that reports a result on what is asked; where the question names a benchmark,
    only those on it, if there are any."""
    subject = _ASKS_BEST.sub(" ", question.text)

    def on_it(ranked: RankedPaper) -> bool:
        return coverage(subject, ranked.paper.title, rarity) >= COVERS

    rows = [(each, _result(each, question.names)) for each in papers]
    told = [
        (each, said)
        for each, said in rows
        if said is not None
        and (_CLAIMS.search(said.sentence.text) or figures_in(said.sentence.text) or on_it(each))
    ]
    if question.constraints:
        met = [row for row in told if all(met_by(row[0], question.constraints))]
        told = met or told
    asked = [(r, said) for r, said in told if any(mentions(said.sentence.text, n) for n in question.names)]
    if asked:
        return asked
    held = [coverage(subject, f"{r.paper.title}. {said.sentence.text}", rarity) for r, said in told]
    titled = [coverage(subject, r.paper.title, rarity) for r, _ in told]
    order = sorted(range(len(told)), key=lambda i: -(titled[i] >= COVERS))  # the papers on it first
    return [told[i] for i in order if held[i] >= COVERS or told[i][0] is papers[0]]


def _result(ranked: RankedPaper, names: Sequence[str]) -> Evidence | None:
    """The sentence with the paper's result, on what the question names if it is on that."""
    if not ranked.evidence:
        return None

    def worth(evidence: Evidence) -> float:
        text = evidence.sentence.text
        result = evidence.traits.role_probabilities.get("result", 0.0) if evidence.traits else 0.0
        named = any(mentions(text, name) for name in names)
        claims = bool(_CLAIMS.search(text))
        figure = bool(figures_in(text))
        background = evidence.traits.role_probabilities.get("background", 0.0) if evidence.traits else 0.0
        opens = evidence.traits is not None and evidence.traits.ordinal == 0 and not figure
        result -= 2 * background + 2 * opens
        return 2 * named + 1.2 * claims + 0.8 * figure + result + 2 * evidence.late - 0.5 * leans(evidence)

    return max(ranked.evidence, key=worth)
