"""Which sentences of which papers bear a claim, as the gate judges it.

A claim first gets a hearing by the papers it cites; what they do not bear may be borne by another paper
that was shown, and is then attributed to that, and says so. What names no paper that was shown, or is
borne by none, is unsupported. The judging itself is rag/support.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.citing import Claim
from rag.context import Context, Entry
from rag.records import Paper, Sentence, SupportStatus
from rag.terms import content_words

MAX_EVIDENCE = 3
"""Sentences one claim may rest on."""
SHORTLIST = 6
"""Sentences of a paper that are put to the gate."""
_ORDER: dict[SupportStatus, int] = {"unsupported": 0, "weak": 1, "supported": 2}


class Judged(Protocol):
    @property
    def support(self) -> float: ...
    @property
    def status(self) -> SupportStatus: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


class SupportGate(Protocol):
    """What of rag.support.Gate is needed here."""

    def check(self, claim: str, evidence: Sequence[str]) -> Judged: ...


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a paper's abstract."""

    paper: Paper
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """What a claim rests on: the fewest quotes that bear it, best first, none where it is unsupported."""

    quotes: tuple[Quote, ...]
    support: float
    status: SupportStatus
    reasons: tuple[str, ...] = ()
    """Why it is not plainly supported, or what was mended."""


def attribute(claim: Claim, context: Context, gate: SupportGate) -> Finding:
    """What `claim` rests on among the papers of `context`."""
    cited = [entry for n in claim.markers if (entry := context.entry(n))]
    invented = [n for n in claim.markers if context.entry(n) is None]
    reasons = tuple(f"[{n}] names no paper it was given" for n in invented)
    if invented and not cited:
        return Finding((), 0.0, "unsupported", reasons)
    own = bear(claim.text, cited, gate)
    if own.status == "supported":
        return Finding(own.quotes, own.support, own.status, reasons)
    others = [entry for entry in context.entries if entry not in cited]
    found = bear(claim.text, others, gate)
    if found.status == "supported":
        mended = f"{_wrong(cited)} a sentence of “{found.quotes[0].paper.title}” bears it"
        return Finding(found.quotes, found.support, found.status, (*reasons, mended))
    if own.status == "weak":
        return Finding(own.quotes, own.support, own.status, (*reasons, *own.reasons))
    uncited = () if cited else ("it cites no paper, and none it was given bears it",)
    return Finding((), own.support, "unsupported", (*reasons, *uncited, *own.reasons))


def bear(claim: str, entries: Iterable[Entry], gate: SupportGate) -> Finding:
    """The sentences of `entries` that bear `claim` best: one if one is enough, else as many together, up
    to MAX_EVIDENCE, as make it supported. Where nothing does, the verdict on the best of them."""
    shortlist = [quote for entry in entries for quote in _nearest(claim, entry)]
    judged = [(gate.check(claim, [quote.sentence.text]), quote) for quote in shortlist]
    judged.sort(key=lambda pair: _rank(pair[0]), reverse=True)
    if not judged:
        return Finding((), 0.0, "unsupported")
    best, first = judged[0]
    if best.status == "supported":
        also = {q.paper.paper_id: q for v, q in reversed(judged) if v.status == "supported"}
        return _finding(best, (first, *(quote for quote in also.values() if quote.paper != first.paper)))
    chosen = [first]
    for _ in range(MAX_EVIDENCE - 1):
        rest = [quote for _, quote in judged[:SHORTLIST] if quote not in chosen]
        tried = [(gate.check(claim, [q.sentence.text for q in (*chosen, quote)]), quote) for quote in rest]
        more, added = max(tried, key=lambda pair: _rank(pair[0]), default=(best, first))
        if _rank(more) <= _rank(best):
            break
        best = more
        chosen.append(added)
        if best.status == "supported":
            break
    return _finding(best, tuple(chosen))


def _finding(verdict: Judged, quotes: tuple[Quote, ...]) -> Finding:
    return Finding(quotes, verdict.support, verdict.status, verdict.reasons)


def _rank(verdict: Judged) -> tuple[int, float]:
    return _ORDER[verdict.status], verdict.support


def _wrong(cited: Sequence[Entry]) -> str:
    if not cited:
        return "it cited no paper;"
    return f"it cited “{cited[0].paper.title}”, which does not bear it;"


def _nearest(claim: str, entry: Entry) -> list[Quote]:
    """The sentences of a paper that share most with the claim, by words and numbers."""
    wanted = _stems(claim)
    by_overlap = sorted(entry.sentences, key=lambda sentence: -len(wanted & _stems(sentence.text)))
    return [Quote(entry.paper, sentence) for sentence in by_overlap[:SHORTLIST]]


def _stems(text: str) -> set[str]:
    """Beginnings of words, so that endings do not count, and numbers whole."""
    return {word.lower()[:5] for word in content_words(text)} | set(re.findall(r"\d+(?:\.\d+)?", text))
