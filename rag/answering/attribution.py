"""Which sentences of which papers bear a claim, as the gate judges it.

A claim first gets a hearing by the papers it cites; what they do not bear may be borne by another paper
that was shown, and is then attributed to that, and says so. What names no paper that was shown, or is
borne by none, is unsupported. The judging itself is rag/support/gate.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Protocol

from rag.answering.claims import Claim
from rag.answering.context import Context, ContextPaper
from rag.records import Paper, Sentence, SupportStatus
from rag.text.words import content_words

MAX_EVIDENCE = 3
"""Sentences one claim may rest on; one that cites more papers, on as many as it cites."""
POOLED = 0.7
"""Support that sentences put together must reach: many pieces cover more of anything. Costs no reference
answer of questions_dev its support."""
SHORTLIST = 6
"""Sentences of a paper that are put to the gate."""
_SEVERAL = re.compile(r"\b(?:both|each of|all (?:two|three|four|five|six))\b", re.I)
"""Says that a claim is of as many papers as it cites: no one other bears it."""
_ORDER: dict[SupportStatus, int] = {"unsupported": 0, "weak": 1, "supported": 2}


class SupportResult(Protocol):
    @property
    def support(self) -> float: ...
    @property
    def status(self) -> SupportStatus: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


class SupportGate(Protocol):
    """What of rag.support.gate.Gate is needed here."""

    def check_all(
        self, pairs: Iterable[tuple[str, Sequence[str]]], context: Sequence[str] = ()
    ) -> Sequence[SupportResult]: ...


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


@contextmanager
def reading_ahead(context: Context, gate: SupportGate) -> Iterator[None]:
    """Within the block (while a model writes) the gate reads the context, best paper first, so that a check
    afterwards has only the claims left to read. Ends with the block, read through or not."""
    stop = Event()

    def read() -> None:
        for entry in context.entries:
            if stop.is_set():
                return
            gate.check_all([(sentence.text, ()) for sentence in entry.sentences])

    thread = Thread(target=read, name="reading-ahead")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def attribute_all(claims: Sequence[Claim], context: Context, gate: SupportGate) -> list[Finding]:
    """What each claim rests on among the papers of `context`, in order."""
    gate.check_all([(claim.text, ()) for claim in claims])  # read together, in one pass of the encoder
    return [attribute(claim, context, gate) for claim in claims]


def attribute(claim: Claim, context: Context, gate: SupportGate) -> Finding:
    """What one claim rests on: the papers it cites are heard first, then the others."""
    cited = [entry for n in claim.markers if (entry := context.entry(n))]
    invented = [n for n in claim.markers if context.entry(n) is None]
    reasons = tuple(f"[{n}] names no paper it was given" for n in invented)
    if invented and not cited:
        return Finding((), 0.0, "unsupported", reasons)
    own = check_support(claim.text, cited, gate)
    if own.status == "supported":
        return Finding((*own.quotes, *_also(claim.text, cited, own, gate)), own.support, own.status, reasons)
    is_of_several = len(cited) > 1 and _SEVERAL.search(claim.text)
    others = [entry for entry in context.entries if entry not in cited and not is_of_several]
    found = find_support(claim.text, others, gate)
    if found.status == "supported":
        mended = f"{_wrong(cited)} a sentence of “{found.quotes[0].paper.title}” bears it"
        return Finding(found.quotes, found.support, found.status, (*reasons, mended))
    if own.status == "weak":
        return Finding(own.quotes, own.support, own.status, (*reasons, *own.reasons))
    uncited = () if cited else ("it cites no paper, and none it was given bears it",)
    return Finding((), own.support, "unsupported", (*reasons, *uncited, *own.reasons))


def find_support(claim: str, entries: Iterable[ContextPaper], gate: SupportGate) -> Finding:
    """The one paper of `entries` that bears `claim` best. Papers the author did not put together are not
    put together here: pieces of many would soon seem to cover anything."""
    findings = (check_support(claim, [entry], gate) for entry in entries)
    return max(findings, key=_rank, default=Finding((), 0.0, "unsupported"))


def check_support(claim: str, entries: Sequence[ContextPaper], gate: SupportGate) -> Finding:
    """The sentences of `entries`, taken together, that bear `claim` best: one if one is enough, else one of
    each paper, else as many as make it supported. Where nothing does, what comes nearest: the best one alone,
    or one of each paper."""
    alone = [[quote] for entry in entries for quote in _nearest(claim, entry)]
    judged = _judge(claim, alone, gate)
    if not judged:
        return Finding((), 0.0, "unsupported")
    best, chosen = nearest = judged[0]
    likely = _best_of_each([quotes[0] for _, quotes in judged])[: max(SHORTLIST, len(entries))]
    if len(entries) > 1 and not _enough(best, chosen):
        of_each = _judge(claim, [likely[: len(entries)]], gate)[0]
        if _enough(*of_each):
            return _finding(*of_each)
        nearest = max(nearest, of_each, key=lambda found: _rank(found[0]))
    while not _enough(best, chosen):
        longer = _judge(claim, [[*chosen, quote] for quote in likely if quote not in chosen], gate)
        if not longer or _rank(longer[0][0]) <= _rank(best) or len(chosen) == max(MAX_EVIDENCE, len(entries)):
            return _finding(*nearest)
        best, chosen = longer[0]
    return _finding(best, chosen)


def _enough(verdict: SupportResult, quotes: Sequence[Quote]) -> bool:
    return verdict.status == "supported" and (len(quotes) == 1 or verdict.support >= POOLED)


def _judge(
    claim: str, groups: Sequence[list[Quote]], gate: SupportGate
) -> list[tuple[SupportResult, list[Quote]]]:
    """The verdict on each group of quotes, best first. A paper's title may supply names to its own quotes."""
    by_titles: dict[tuple[str, ...], list[list[Quote]]] = {}
    for group in groups:
        by_titles.setdefault(tuple(dict.fromkeys(quote.paper.title for quote in group)), []).append(group)
    judged: list[tuple[SupportResult, list[Quote]]] = []
    for titles, of_these in by_titles.items():
        pairs = [(claim, [quote.sentence.text for quote in group]) for group in of_these]
        judged += zip(gate.check_all(pairs, titles), of_these, strict=True)
    return sorted(judged, key=lambda pair: _rank(pair[0]), reverse=True)


def _best_of_each(quotes: Sequence[Quote]) -> list[Quote]:
    """The quotes, best first, but the first of each paper before the seconds."""
    firsts = {quote.paper.paper_id: quote for quote in reversed(quotes)}
    return [q for q in quotes if q in firsts.values()] + [q for q in quotes if q not in firsts.values()]


def _also(claim: str, cited: Sequence[ContextPaper], own: Finding, gate: SupportGate) -> Iterator[Quote]:
    """Of the cited papers that `own` does not draw on, the sentences that bear the claim by themselves."""
    used = {quote.paper.paper_id for quote in own.quotes}
    for entry in cited:
        if entry.paper.paper_id not in used:
            finding = check_support(claim, [entry], gate)
            if finding.status == "supported":
                yield from finding.quotes
                used.add(entry.paper.paper_id)


def _finding(verdict: SupportResult, quotes: Sequence[Quote]) -> Finding:
    return Finding(tuple(quotes), verdict.support, verdict.status, verdict.reasons)


def _rank(verdict: SupportResult) -> tuple[int, float]:
    return _ORDER[verdict.status], verdict.support


def _wrong(cited: Sequence[ContextPaper]) -> str:
    if not cited:
        return "it cited no paper;"
    return f"it cited “{cited[0].paper.title}”, which does not bear it;"


def _nearest(claim: str, entry: ContextPaper) -> list[Quote]:
    """The sentences of a paper that share most with the claim, by words and numbers."""
    wanted = _stems(claim)
    by_overlap = sorted(entry.sentences, key=lambda sentence: -len(wanted & _stems(sentence.text)))
    return [Quote(entry.paper, sentence) for sentence in by_overlap[:SHORTLIST]]


def _stems(text: str) -> set[str]:
    """Beginnings of words, so that endings do not count, and numbers whole."""
    return {word.lower()[:5] for word in content_words(text)} | set(re.findall(r"\d+(?:\.\d+)?", text))
