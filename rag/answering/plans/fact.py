"""The plan for a fact, a definition, and a question in two parts: the sentences of one paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from rag.answering.answerability import is_yes_no
from rag.answering.plans.choosing import fill, in_order, leans, previous, shares, verdicts_first
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.relevance import mentions, stems
from rag.records import Evidence, RankedPaper, Role
from rag.retrieval.question import Question
from rag.text.latex import readable

WORDS = 90
"""With the paper's name; an answer then has about 80. With 80, .018 fewer of the facts are found, with 100
.03 more."""

BACKGROUND = 0.08
"""What a part's sentence loses, in late interaction, where it is background or leans on another."""
PRESENTED = 6
"""Words behind "we present" in which what is presented is named."""
TRIED = 4
NEAR = 0.4
"""A paper this share below the best may define what is asked for, and the best only mention it."""
_ASKS = re.compile(
    r"^\W*(?:what(?:['’]s| is| are| does)|define|explain(?: what)?|tell me what)\s+"
    r"(?:meant by\s+)?(?:the\s+|an?\s+)?"
    r"|\s+(?:mean|stand for|is|are)\W*$",
    re.I,
)
_SAYS_WHAT = (
    r"\bTERM\w*(?: \([^)]*\))? (?:is|are|refers?|aims?|means?|denotes?|consists?)\b"
    r"|\bTERM\w*, (?:an?|the|which|where)\b"
)
_INTRODUCES = re.compile(
    r"\b(?:we|this (?:paper|work|study|article|survey))\b.{0,40}?"
    r"\b(?:introduc|propos|present|describ|develop|defin)\w*",
    re.I,
)
_SUMMARISES = re.compile(
    r"\bsummar\w+|\btl;?dr\b|\bthe gist\b|\bmain (?:points?|findings?|ideas?)\b|\btell me (?:more )?about\b",
    re.I,
)
_SUMMARY: tuple[Role, ...] = ("objective", "result", "method")
"""Roles of the sentences of a summary, the dearest first."""
LEAST_ROLE = 0.3
_WANTS_SOURCE = re.compile(
    r"\b(which|what|whose) (\w+ )?(papers?|works?|stud(y|ies)|authors?|articles?)\b|\bwho\b"
    r"|\b(has|have|did|does|is there) (anyone|anybody|someone|any|some|a|an)\b|^someone\b",
    re.I,
)


def answer_fact(question: Question, papers: Sequence[RankedPaper], words: int) -> AnswerText:
    """What the best paper says, in about `words` words; a sentence for each part of a question in parts."""
    line, remark = fact_line(question, papers, words)
    return compose([LineGroup(None, (line,))], before=remark)


def fact_line(question: Question, papers: Sequence[RankedPaper], words: int) -> tuple[AnswerLine, str | None]:
    """The line of such an answer, and what is said before it."""
    ranked = papers[0]
    if question.intent == "definition":
        ranked = _defining(question, papers)
    name = short_name(ranked.paper.title)
    room = words - n_words(name)
    chosen = (
        (_summary(ranked, room) if _SUMMARISES.search(question.text) else ())
        or _of_parts(ranked, room)
        or fill(verdicts_first(ranked.evidence) if is_yes_no(question.text) else ranked.evidence, room)
    )
    shown = name if _needs_name(question, name, chosen) else ""
    if not _is_named(name, ranked, chosen) and _title_adds(question, ranked, chosen):
        shown = readable(ranked.paper.title).rstrip(".")
    return AnswerLine(ranked.paper, shown, chosen), _not_defined(question, ranked, chosen)


def _not_defined(question: Question, ranked: RankedPaper, chosen: Sequence[Evidence]) -> str | None:
    """What is said before sentences that use what is asked for, and do not say what it is."""
    if question.intent != "definition":
        return None
    term = _term(question)
    texts = [each.sentence.text for each in chosen]
    if not term or _names_it(ranked, term) or any(_presents(text, term) for text in texts):
        return None
    if any(_says_what(text, term) for text in texts):
        return None
    return f"No abstract found here says outright what “{term}” is; the nearest:"


def _term(question: Question) -> str:
    """What a definition is asked of, as worded."""
    asked = question.text if question.reference else question.search_text
    return _ASKS.sub("", asked).strip(" ?.,!\"'")


def _defining(question: Question, papers: Sequence[RankedPaper]) -> RankedPaper:
    """The paper whose sentences define what is asked for best, its defining sentence first."""
    term = _term(question)
    least = papers[0].score - NEAR * abs(papers[0].score)

    def defines(evidence: Evidence, titled: bool) -> float:
        text = evidence.sentence.text
        role = evidence.traits.role_probabilities if evidence.traits else {}
        value = role.get("definition", 0.0)
        if titled:  # the paper is about it: what it presents is what is asked for
            value += 3.5 * bool(_INTRODUCES.search(text)) + role.get("objective", 0.0)
        else:
            value += 2.0 * _presents(text, term)
        if mentions(text, term):
            value += 0.8 + 2.0 * _says_what(text, term)
        return value

    def weighed(ranked: RankedPaper) -> RankedPaper:
        titled = _names_it(ranked, term)
        evidence = (replace(each, score=each.score + defines(each, titled)) for each in ranked.evidence)
        return replace(ranked, evidence=tuple(sorted(evidence, key=lambda each: -each.score)))

    candidates = [weighed(each) for each in papers[:TRIED] if each.evidence and each.score >= least]
    if not candidates:
        return papers[0]

    def worth(ranked: RankedPaper) -> float:
        best = ranked.evidence[0]
        titled = mentions(ranked.paper.title, term)
        worth = ranked.score / max(1e-6, abs(papers[0].score))
        return worth + 0.3 * defines(best, titled) + 0.3 * titled + 0.6 * _names_it(ranked, term)

    return max(candidates, key=worth)


def _told_by(evidence: Evidence, role: Role) -> float:
    """How well a sentence serves a summary in a role: an aim that is presented, a result with a figure."""
    text = evidence.sentence.text
    value = _plays(evidence, role) - 0.5 * leans(evidence)
    if role == "objective":
        value += 0.4 * bool(_INTRODUCES.search(text))
    return value + 0.3 * (role == "result" and any(map(str.isdigit, text)))


def _plays(evidence: Evidence, role: Role) -> float:
    """How likely a sentence plays a role in its abstract, 0 to 1."""
    return evidence.traits.role_probabilities.get(role, 0.0) if evidence.traits else 0.0


def _says_what(text: str, term: str) -> bool:
    """Whether a sentence opens with the term, or says outright what it is."""
    opening = " ".join(text.split()[: len(term.split()) + 1])
    opens = stems(term) and stems(term) <= stems(opening)
    found = re.search(_SAYS_WHAT.replace("TERM", re.escape(term)), text, re.I)
    return bool(opens or (found and found.start() < len(text) / 2))


def _presents(text: str, term: str) -> bool:
    """Whether a sentence presents what the term stands for: "we introduce late interaction"."""
    found = _INTRODUCES.search(text)
    return found is not None and mentions(" ".join(text[found.end() :].split()[:PRESENTED]), term)


def _names_it(ranked: RankedPaper, term: str) -> bool:
    """Whether the term is the paper's own name."""
    return short_name(ranked.paper.title).lower() == term.lower()


def _summary(ranked: RankedPaper, room: int) -> tuple[Evidence, ...]:
    """What a paper sets out to do, what it found and how, as far as they fit."""
    chosen: list[Evidence] = []
    for role in _SUMMARY:
        left = [each for each in ranked.evidence if each not in chosen]
        if not left:
            break
        found = max(left, key=partial(_told_by, role=role))
        used = sum(n_words(each.sentence.text) for each in chosen)
        fits = used + n_words(found.sentence.text) <= room
        if not chosen or (fits and _plays(found, role) >= LEAST_ROLE):
            chosen.append(found)
    return in_order(chosen)


def _of_parts(ranked: RankedPaper, room: int) -> tuple[Evidence, ...]:
    """The best sentence of each part, and what else fits; none where the question has one part only."""
    n_parts = min((len(each.part_late) for each in ranked.evidence), default=0)
    if n_parts < 2:
        return ()
    likely = dict(zip(map(id, ranked.evidence), shares(ranked.evidence), strict=True))
    chosen: list[Evidence] = []
    for part in range(n_parts):

        def worth(evidence: Evidence, part: int = part) -> float:
            role = evidence.traits.role_probabilities if evidence.traits else {}
            told = evidence.part_late[part] + 0.15 * likely[id(evidence)]
            return told - BACKGROUND * role.get("background", 0.0) - BACKGROUND * leans(evidence)

        best = max(ranked.evidence, key=worth)
        chosen += [best] if best not in chosen else []
    for evidence in ranked.evidence:
        used = sum(n_words(each.sentence.text) for each in chosen)
        fits = used + n_words(evidence.sentence.text) <= room
        if evidence not in chosen and fits and likely[id(evidence)] >= 0.1:
            chosen.append(evidence)
    return in_order(chosen)


def _is_named(name: str, ranked: RankedPaper, chosen: Sequence[Evidence]) -> bool:
    """Whether the first quoted sentence says the paper's name, where its title has one before a colon."""
    first = chosen[0].sentence.text if chosen else ""
    return name != ranked.paper.title.rstrip(".") and name.lower() in first.lower()


def _title_adds(question: Question, ranked: RankedPaper, chosen: Sequence[Evidence]) -> bool:
    """Whether the title speaks of what is asked and not quoted ("without Relevance Labels")."""
    quoted = set[str]().union(*(stems(each.sentence.text) for each in chosen))
    return len((stems(question.text) - quoted) & stems(ranked.paper.title)) >= 2


def _needs_name(question: Question, name: str, chosen: Sequence[Evidence]) -> bool:
    """Whether the reader is helped by the paper's name: asked for, or for a sentence that does not say whose
    it is, where the quotation itself does not."""
    if _WANTS_SOURCE.search(question.text):
        return True
    if not chosen or name.lower() in chosen[0].sentence.text.lower():
        return False
    return any(
        each.traits is not None
        and each.traits.needs is not None
        and not (leans(each) and previous(each, chosen) is not None)
        for each in chosen
    )
