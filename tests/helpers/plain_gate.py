"""A gate for tests of what stands around the gate: support is the share of a claim's words and numbers that
the evidence has. Deterministic, and needs no encoder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.records import SupportLabel, SupportStatus
from rag.support.gate import CheckRequest
from rag.text.words import content_words


@dataclass(frozen=True)
class PlainVerdict:
    support: float
    status: SupportStatus
    reasons: tuple[str, ...] = ()
    label: SupportLabel = "not enough information"
    is_certain: bool = False


class PlainGate:
    """Supported from .75 of the words on, weak from .5; a number that is missing is never supported."""

    def check_all(self, requests: Iterable[CheckRequest]) -> list[PlainVerdict]:
        return [self.check(request.claim, request.evidence) for request in requests]

    def warm_up(self) -> None:
        return

    def check(self, claim: str, evidence: Sequence[str]) -> PlainVerdict:
        wanted, found = _words(claim), _words(" ".join(evidence))
        share = len(wanted & found) / max(1, len(wanted))
        if missing := sorted(word for word in wanted - found if word[0].isdigit()):
            reasons = (f"{missing[0]} is not in what it cites",)
            return PlainVerdict(min(share, 0.4), "unsupported", reasons, is_certain=True)
        if share >= 0.75:
            return PlainVerdict(share, "supported")
        return PlainVerdict(share, "weak" if share >= 0.5 else "unsupported", ("little of it is said there",))


def _words(text: str) -> set[str]:
    return {w.lower()[:6] for w in content_words(text)} | set(re.findall(r"\d[\d.,]*\d|\d", text))
