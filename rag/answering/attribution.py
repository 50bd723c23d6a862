"""Which sentences of which papers support a claim, as the gate judges it.

A claim is first held against the papers it cites; what they do not support may be supported by another paper
that was shown, and is then attributed to that, and says so. What no paper supports is unsupported. All claims
are judged in one batch, and those left in doubt in a second. Which sentences to try is
rag/answering/evidence_choice.py's, the judging rag/support/gate.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Thread
from typing import Protocol

from rag.answering.claims import Claim
from rag.answering.context import Context, ContextPaper
from rag.answering.evidence_choice import Quote, groups_of, in_order, nearest_quotes
from rag.records import SupportLabel, SupportStatus
from rag.support.gate import CheckRequest
from rag.text.stemming import content_stems

OF_EACH = 2
"""Sentences of a cited paper that are judged first. A judgement is some 3 ms on two cores: six sentences with
three each are to take no more than a quarter of a second."""
OF_EACH_LATER = 4
"""Sentences of it that are judged at last, where the first do not support the claim."""
OF_ALL = 4
"""Sentences of all other papers that are judged."""
SHARED = 0.35
"""Share of a claim's words that a paper it does not cite must have to be taken for its source. 25 of 1,721
true claims have fewer in their evidence."""
_SEVERAL = re.compile(r"\b(?:both|each of|all (?:two|three|four|five|six))\b", re.I)
"""Says that a claim is of as many papers as it cites: no one other paper supports it."""
_ORDER: dict[SupportStatus, int] = {"unsupported": 0, "weak": 1, "supported": 2}

Group = tuple[Quote, ...]


class SupportResult(Protocol):
    @property
    def support(self) -> float: ...
    @property
    def status(self) -> SupportStatus: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...
    @property
    def label(self) -> SupportLabel: ...
    @property
    def is_certain(self) -> bool: ...


class SupportGate(Protocol):
    """What of rag.support.gate.Gate is needed here."""

    def check_all(self, requests: Iterable[CheckRequest]) -> Sequence[SupportResult]: ...
    def warm_up(self) -> None: ...


Judged = list[tuple[SupportResult, Group]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a claim rests on: the fewest quotes that support it, best first, none where it is unsupported."""

    quotes: tuple[Quote, ...]
    support: float
    status: SupportStatus
    reasons: tuple[str, ...] = ()
    """Why it is not plainly supported, or what was repaired."""
    label: SupportLabel = "not enough information"
    nearest: tuple[Quote, ...] = ()
    """Where it is unsupported: what came nearest, or contradicts it."""
    is_certain: bool = False
    """Numbers decided it: a second opinion cannot change it."""


NOTHING = Finding((), 0.0, "unsupported")


@contextmanager
def warming_up(gate: SupportGate) -> Iterator[None]:
    """Within the block (while a model writes) the gate opens its model, so that a check afterwards need not
    wait for that."""
    thread = Thread(target=gate.warm_up, name="gate-warm-up")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def attribute(claim: Claim, context: Context, gate: SupportGate) -> Finding:
    """What one claim rests on among the papers of `context`."""
    return attribute_all([claim], context, gate)[0]


def attribute_all(claims: Sequence[Claim], context: Context, gate: SupportGate) -> list[Finding]:
    """What each claim rests on among the papers of `context`, in order."""
    cited = [[entry for n in claim.markers if (entry := context.entry(n))] for claim in claims]
    first = [_of_cited(claim.text, entries) for claim, entries in zip(claims, cited, strict=True)]
    own = _judge(zip((claim.text for claim in claims), first, strict=True), gate)
    second: dict[int, list[Group]] = {}
    for i, claim in enumerate(claims):
        best = _best(own[i])
        if best is None or best[0].status != "supported":
            second[i] = _later(claim.text, cited[i], first[i])
            second[i] += _of_others(claim.text, context.entries, cited[i])
    judged = dict(zip(second, _judge([(claims[i].text, second[i]) for i in second], gate), strict=True))
    findings = []
    for i, claim in enumerate(claims):
        papers = {entry.paper.paper_id for entry in cited[i]}
        more, others = _split(judged.get(i, []), papers)
        findings.append(_finding(claim, context, cited[i], sorted([*own[i], *more], key=_rank), others))
    return findings


def find_support(claim: str, entries: Iterable[ContextPaper], gate: SupportGate) -> Finding:
    """The one paper of `entries` that supports `claim` best. Papers the author did not put together are not
    put together here: pieces of many would soon seem to cover anything."""
    groups = list(groups_of(nearest_quotes(claim, entries, OF_ALL)))
    (judged,) = _judge([(claim, groups)], gate)
    return _rests_on(claim, judged)


def check_support(claim: str, entries: Sequence[ContextPaper], gate: SupportGate) -> Finding:
    """The sentences of `entries`, taken together, that support `claim` best: one if one is enough, else one
    of each paper, else two of one. Where nothing does, what comes nearest."""
    first = _of_cited(claim, entries)
    (judged,) = _judge([(claim, first)], gate)
    if not judged or judged[0][0].status != "supported":
        (more,) = _judge([(claim, _later(claim, entries, first))], gate)
        judged = sorted([*judged, *more], key=_rank)
    return _rests_on(claim, judged)


def _of_cited(claim: str, cited: Sequence[ContextPaper]) -> list[Group]:
    """The nearest sentences of the cited papers alone, and the best of each paper together."""
    best = [nearest_quotes(claim, [entry], OF_EACH) for entry in cited]
    groups: list[Group] = [(quote,) for quotes in best for quote in quotes]
    leading = [quotes[0] for quotes in best if quotes]
    if len(leading) > 1:
        groups.append(tuple(leading))
    return groups


def _later(claim: str, cited: Sequence[ContextPaper], tried: Sequence[Group]) -> list[Group]:
    """The next sentences of the cited papers alone, and two and three of one paper together."""
    best = [nearest_quotes(claim, [entry], OF_EACH_LATER) for entry in cited]
    groups: list[Group] = [(quote,) for quotes in best for quote in quotes]
    groups += [in_order(quotes[:n]) for quotes in best for n in (2, 3) if len(quotes) >= n]
    return [group for group in groups if group not in tried]


def _split(judged: Judged, papers: set[str]) -> tuple[Judged, Judged]:
    """What is of the papers, and what is of others."""
    own = [pair for pair in judged if pair[1][0].paper.paper_id in papers]
    return own, [pair for pair in judged if pair not in own]


def _of_others(claim: str, entries: Sequence[ContextPaper], cited: Sequence[ContextPaper]) -> list[Group]:
    """The nearest sentences of the papers that are not cited; none where the claim is of all it cites."""
    if len(cited) > 1 and _SEVERAL.search(claim):
        return []
    others = [entry for entry in entries if entry not in cited]
    return [(quote,) for quote in nearest_quotes(claim, others, OF_ALL)]


def _judge(asked: Iterable[tuple[str, list[Group]]], gate: SupportGate) -> list[Judged]:
    """The verdict on each group of quotes for each claim, best first; all in one batch."""
    listed = list(asked)
    requests = [_request(claim, group) for claim, groups in listed for group in groups]
    verdicts = iter(gate.check_all(requests))
    return [sorted(((next(verdicts), group) for group in groups), key=_rank) for _, groups in listed]


def _request(claim: str, group: Group) -> CheckRequest:
    titles = dict.fromkeys(quote.paper.title for quote in group)
    return CheckRequest(claim, tuple(quote.sentence.text for quote in group), tuple(titles), ranks=False)


def _rank(judged: tuple[SupportResult, Group]) -> tuple[int, int, float]:
    """Supported by few before supported by many, then the higher support."""
    verdict, group = judged
    length = len(group) if verdict.status == "supported" else 0
    return -_ORDER[verdict.status], length, -verdict.support


def _best(judged: Judged) -> tuple[SupportResult, Group] | None:
    return judged[0] if judged else None


def _finding(
    claim: Claim, context: Context, cited: Sequence[ContextPaper], own: Judged, others: Judged
) -> Finding:
    """What a claim rests on, of what its papers give and what the others do."""
    invented = tuple(f"[{n}] names no paper it was given" for n in claim.markers if context.entry(n) is None)
    found = _rests_on(claim.text, own)
    if found.status == "supported":
        return replace(found, quotes=(*found.quotes, *_also(found, own)), reasons=invented)
    other = _rests_on(claim.text, [pair for pair in others if _shared(claim.text, pair[1]) >= SHARED])
    if other.status == "supported":
        repaired = f"{_wrong(cited, invented)} a sentence of “{other.quotes[0].paper.title}” supports it"
        return replace(other, reasons=(*invented, repaired))
    if found.status == "weak":
        return replace(found, reasons=(*invented, *found.reasons))
    uncited = () if cited or invented else ("it cites no paper, and none it was given supports it",)
    nearest = found if found.nearest else other
    return replace(nearest, quotes=(), status="unsupported", reasons=(*invented, *uncited, *nearest.reasons))


def _rests_on(claim: str, judged: Judged) -> Finding:
    """The finding that the best verdict makes. What contradicts a claim comes before what says nothing of it,
    and before what supports it in fewer of its words: a near copy turned round is its source."""
    best = _best(judged)
    if best is None:
        return NOTHING
    against = max(
        (pair for pair in judged if pair[0].label == "contradicted"),
        key=lambda pair: _shared(claim, pair[1]),
        default=None,
    )
    is_refused = best[0].status == "unsupported"
    if against and (is_refused or _shared(claim, against[1]) > _shared(claim, best[1])):
        best, is_refused = against, True
    verdict, group = best
    quotes, nearest = ((), group) if is_refused else (group, ())
    status: SupportStatus = "unsupported" if is_refused else verdict.status
    return Finding(
        quotes, verdict.support, status, verdict.reasons, verdict.label, nearest, verdict.is_certain
    )


def _shared(claim: str, group: Group) -> float:
    """The share of a claim's words that quotes and their papers' titles have, 0 to 1."""
    wanted = content_stems(claim)
    texts = [text for quote in group for text in (quote.sentence.text, quote.paper.title)]
    return len(wanted & frozenset().union(*map(content_stems, texts))) / max(1, len(wanted))


def _also(found: Finding, own: Judged) -> Iterator[Quote]:
    """Of the cited papers that `found` does not rest on, the sentence that supports the claim by itself."""
    used = {quote.paper.paper_id for quote in found.quotes}
    for verdict, group in own:
        if verdict.status == "supported" and len(group) == 1 and group[0].paper.paper_id not in used:
            used.add(group[0].paper.paper_id)
            yield group[0]


def _wrong(cited: Sequence[ContextPaper], invented: Sequence[str]) -> str:
    if not cited:
        return "it cited no paper that was shown;" if invented else "it cited no paper;"
    return f"it cited “{cited[0].paper.title}”, which does not support it;"
