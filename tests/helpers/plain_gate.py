"""A gate for tests of what stands around the gate: support is the share of a claim's words and numbers that
the evidence has. Deterministic, and needs no encoder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.records import SupportStatus
from rag.text.words import content_words


@dataclass(frozen=True)
class PlainVerdict:
    support: float
    status: SupportStatus
    reasons: tuple[str, ...] = ()


class PlainGate:
    """Supported from .75 of the words on, weak from .5; a number that is missing is never supported."""

    def check_all(
        self, pairs: Iterable[tuple[str, Sequence[str]]], context: Sequence[str] = ()
    ) -> list[PlainVerdict]:
        return [self.check(claim, evidence) for claim, evidence in pairs]

    def check(self, claim: str, evidence: Sequence[str]) -> PlainVerdict:
        wanted, found = _words(claim), _words(" ".join(evidence))
        share = len(wanted & found) / max(1, len(wanted))
        if missing := sorted(word for word in wanted - found if word[0].isdigit()):
            return PlainVerdict(min(share, 0.4), "unsupported", (f"{missing[0]} is not in what it cites",))
        if share >= 0.75:
            return PlainVerdict(share, "supported")
        return PlainVerdict(share, "weak" if share >= 0.5 else "unsupported", ("little of it is said there",))


def _words(text: str) -> set[str]:
    return {w.lower()[:6] for w in content_words(text)} | set(re.findall(r"\d[\d.,]*\d|\d", text))
