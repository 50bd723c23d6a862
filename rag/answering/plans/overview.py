"""The plan for an overview: several papers, grouped by approach, a sentence each on what it adds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.answering.plans import one_line
from rag.answering.plans.belonging import belonging
from rag.answering.plans.choosing import fill, leans, with_items
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.headings import Rarity, group_papers
from rag.records import Evidence, RankedPaper
from rag.retrieval.question import Question
from rag.text.standalone import dangles
from rag.text.words import content_words

Says = Callable[[RankedPaper], Evidence | None]
"""Chooses the one sentence that is said of a paper; None where there is none."""

WORDS = 200
MOST = 6
REST = "Also"
"""The heading over papers that share no phrase with another."""
SURVEYS = "Surveys"
_TROUBLED = re.compile(
    r"\b(?:suffer\w*|limit(?:s|ed|ation\w*)?|challeng\w+|problem\w*|issues?|lack\w*|fail\w*|costly|expensive"
    r"|bottleneck\w*|difficult\w*|collapse\w*|imbalance\w*|unstable|instability|poor(?:ly)?|insufficient\w*"
    r"|hinder\w*|inefficien\w+|drawback\w*|harm\w*|adverse|risks?|hard to|struggl\w+|degrad\w+"
    r"|inaccura\w+|vulnerab\w+|biase[sd]|prohibitive\w*|inadequate\w*)\b",
    re.I,
)
"""Says that something is wrong or hard, in any field."""
_ASKS_TROUBLE = re.compile(
    r"\b(?:problems?|challenges?|issues?|limitations?|difficult\w*|drawbacks?|shortcomings?|obstacles?|pitfalls?"
    r"|barriers?|risks?|weakness\w*|disadvantages?|downsides?|harms|side effects?|wrong with)\b",
    re.I,
)
FEWEST = 2
"""Papers that say what is hard from which the others are left out."""
_ASKS_FINDINGS = re.compile(
    r"\b(?:known?|found|findings?|evidence|say|says|effects?|report(?:s|ed)?|learn(?:ed|t)?|results?)\b",
    re.I,
)
FOUND = 1.0
"""What a sentence's chance of being a result counts more, as a logit, where what is known is asked. Chosen by
hand: the sentences that the fit learned from were asked for as what a paper adds."""
_SURVEY = re.compile(
    r"\ban? (?:[\w-]+ ){0,4}(?:survey|review|overview)\b|\b(?:survey|overview)\s*$"
    r"|^(?:survey|review) (?:of|on)\b|\bmeta-analysis\b",
    re.I,
)
_SAYS_WHAT = (
    r"(?:the |an? )?{}s?(?: \([^)]*\))?,? (?:(?:is|are) (?:an? |the |one )|refers? to |denotes? |means "
    r"|represents? an? |aims? (?:to|at) )"
)
"""Opens a sentence that says outright what a thing is; filled with the thing."""
_FRAME = re.compile(
    r"\b(?:overview|known?|tell|literature|research|studies|state of (?:the )?(?:art|research)|introduction"
    r"|background|summar\w+|approaches|explain|describe|topic|subject|field|area|recent|work)\b",
    re.I,
)
"""What an overview is asked for with."""
LONGEST_SUBJECT = 5
"""Words of content of a subject that a sentence may define."""
_ARRANGES = re.compile(
    r"\b(?:taxonom\w+|categori[sz]\w+|classif\w+ (?:into|of|as)|divid\w+\b.{0,40}\binto|group\w* (?:into|by)"
    r"|organi[sz]\w+|perspectives?|stages?|(?:two|three|four|five|six) (?:main |key |broad |major )?\w+)\b",
    re.I,
)


def answer_overview(
    question: Question, papers: Sequence[RankedPaper], words: int, rarity: Rarity
) -> AnswerText:
    """Four to six papers in about `words` words; one that says it all where only one is relevant."""
    chosen = belonging(question.unexcluded or question.text, papers, rarity)[: MOST + 2]
    if len(chosen) == 1:
        ranked = chosen[0]
        name = short_name(ranked.paper.title)
        line = AnswerLine(ranked.paper, name, fill(ranked.evidence, min(words, 100) - n_words(name)))
        return compose([LineGroup(None, (line,))], after="Only this of the papers found comes close to it.")
    lines = _within(chosen, words, _what_is_said(question.text, chosen))
    surveys = [i for i, line in enumerate(lines) if _SURVEY.search(line.paper.title)][:2]
    rest = [line for i, line in enumerate(lines) if i not in surveys]
    groups = group_papers([line.paper for line in rest], question.text, rarity)
    headed = len(groups) > 1 or bool(surveys)
    opening = _definition(question, papers)
    shown = [evidence for line in lines for evidence in line.evidence]
    made = [LineGroup(None, opening)] if opening and opening[0].evidence[0] not in shown else []
    made += [LineGroup(SURVEYS, tuple(lines[i] for i in surveys))] if surveys else []
    for group in groups:
        heading = group.heading or (REST if headed else None)
        made.append(LineGroup(_as_heading(heading), tuple(rest[i] for i in group.members)))
    return compose(made)


def _definition(question: Question, papers: Sequence[RankedPaper]) -> tuple[AnswerLine, ...]:
    """The sentence of any paper read that says outright what the question's subject is, where one does."""
    subject = subject_of(question.text)
    worded = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", subject)))
    said = re.compile(_SAYS_WHAT.format(worded), re.I)
    found = [
        (evidence.late, ranked, evidence)
        for ranked in papers
        for evidence in ranked.evidence
        if said.match(evidence.sentence.text) and not dangles(evidence.sentence.text)
    ]
    if not subject or not found:
        return ()
    _, ranked, evidence = max(found, key=lambda each: each[0])
    return (AnswerLine(ranked.paper, short_name(ranked.paper.title), (evidence,)),)


def subject_of(question: str) -> str:
    """What an overview is asked of, as worded, from its first word of content to its last; "" where that is
    long."""
    words = content_words(_FRAME.sub(" ", question))
    if not 0 < len(words) <= LONGEST_SUBJECT:
        return ""
    start = question.find(words[0])
    return question[start : question.rfind(words[-1]) + len(words[-1])]


def _within(chosen: Sequence[RankedPaper], words: int, says: Says) -> list[AnswerLine]:
    """A line a paper while they fit, never fewer than two; none where nothing is to be said of a paper."""
    lines: list[AnswerLine] = []
    used = 0
    for ranked in chosen:
        evidence = says(ranked)
        if evidence is None:
            continue
        name = short_name(ranked.paper.title)
        length = n_words(name) + n_words(evidence.sentence.text)
        if len(lines) >= 2 and used + length > words * 1.1:
            continue
        lines.append(AnswerLine(ranked.paper, name, with_items(evidence, ranked.evidence)))
        used += length
        if len(lines) == MOST:
            break
    return lines


def _what_is_said(question: str, chosen: Sequence[RankedPaper]) -> Says:
    """What to say of each paper: what is hard where that is asked, what was found where what is known is
    asked, else what it adds."""
    if _ASKS_TROUBLE.search(question):
        enough = sum(trouble(each) is not None for each in chosen) >= FEWEST
        return trouble if enough else lambda ranked: trouble(ranked) or contribution(ranked)
    return finding if _ASKS_FINDINGS.search(question) else contribution


def finding(ranked: RankedPaper) -> Evidence | None:
    """The one sentence on what a paper found; a survey's, on how it arranges its subject."""
    return contribution(ranked, result=FOUND)


def contribution(ranked: RankedPaper, result: float = 0.0) -> Evidence | None:
    """The one sentence on what a paper adds; a survey's, on how it arranges its subject."""
    if _SURVEY.search(ranked.paper.title):
        arranging = [e for e in ranked.evidence if _ARRANGES.search(e.sentence.text)]
        if arranging:
            return max(arranging, key=lambda e: e.late)
    return one_line.contribution(ranked, result)


def trouble(ranked: RankedPaper) -> Evidence | None:
    """The sentence nearest to what is asked that says what is wrong or hard; None where none does."""
    told = [e for e in ranked.evidence if _TROUBLED.search(e.sentence.text) and not leans(e)]
    return max(told, key=lambda e: e.late, default=None)


def _as_heading(phrase: str | None) -> str | None:
    return phrase[0].upper() + phrase[1:] if phrase else None
