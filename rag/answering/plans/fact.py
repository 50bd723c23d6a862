"""The plan for a fact, a definition, and a question in two parts: the sentences of one paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.plans.choosing import fill, in_order, leans, previous, shares
from rag.answering.plans.composer import AnswerLine, AnswerText, LineGroup, compose, n_words, short_name
from rag.answering.plans.relevance import mentions, stems
from rag.records import Evidence, RankedPaper
from rag.retrieval.question import Question
from rag.text.latex import readable

WORDS = 80

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
_WANTS_SOURCE = re.compile(
    r"\b(which|what|whose) (\w+ )?(papers?|works?|stud(y|ies)|authors?|articles?)\b|\bwho\b"
    r"|\b(has|have|did|does|is there) (anyone|anybody|someone|any|some|a|an)\b|^someone\b",
    re.I,
)


def answer_fact(question: Question, papers: Sequence[RankedPaper], words: int) -> AnswerText:
    """What the best paper says, in about `words` words; a sentence for each part of a question in parts."""
    ranked = papers[0]
    if question.intent == "definition":
        ranked = _defining(question, papers)
    name = short_name(ranked.paper.title)
    room = words - n_words(name)
    chosen = _of_parts(ranked, room) or fill(ranked.evidence, room)
    shown = name if _needs_name(question, name, chosen) else ""
    if not _is_named(name, ranked, chosen) and _title_adds(question, ranked, chosen):
        shown = readable(ranked.paper.title).rstrip(".")
    return compose([LineGroup(None, (AnswerLine(ranked.paper, shown, chosen),))])


def _defining(question: Question, papers: Sequence[RankedPaper]) -> RankedPaper:
    """The paper whose sentences define what is asked for best, its defining sentence first."""
    term = _ASKS.sub("", question.text).strip(" ?.!\"'")
    least = papers[0].score - NEAR * abs(papers[0].score)

    def defines(evidence: Evidence) -> float:
        text = evidence.sentence.text
        value = 0.0
        if mentions(text, term):
            value += 0.8
            is_opened = re.match(rf"\W*(?:the |an? )?{re.escape(term)}\w*\W", text, re.I)
            value += 1.2 * bool(
                is_opened or re.search(_SAYS_WHAT.replace("TERM", re.escape(term)), text, re.I)
            )
        value += 1.5 * bool(_INTRODUCES.search(text))
        if evidence.traits is not None:
            value += 1.5 * evidence.traits.role_probabilities.get("definition", 0.0)
        return value

    def weighed(ranked: RankedPaper) -> RankedPaper:
        evidence = (replace(each, score=each.score + defines(each)) for each in ranked.evidence)
        return replace(ranked, evidence=tuple(sorted(evidence, key=lambda each: -each.score)))

    candidates = [weighed(each) for each in papers[:TRIED] if each.evidence and each.score >= least]
    if not candidates:
        return papers[0]

    def worth(ranked: RankedPaper) -> float:
        best = ranked.evidence[0]
        titled = mentions(ranked.paper.title, term)
        return ranked.score / max(1e-6, abs(papers[0].score)) + 0.3 * defines(best) + 0.3 * titled

    return max(candidates, key=worth)


def _of_parts(ranked: RankedPaper, room: int) -> tuple[Evidence, ...]:
    """The best sentence of each part, and what else fits; none where the question has one part only."""
    n_parts = min((len(each.part_late) for each in ranked.evidence), default=0)
    if n_parts < 2:
        return ()
    likely = dict(zip(map(id, ranked.evidence), shares(ranked.evidence), strict=True))
    chosen: list[Evidence] = []
    for part in range(n_parts):

        def worth(evidence: Evidence, part: int = part) -> float:
            return evidence.part_late[part] + 0.15 * likely[id(evidence)]

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
