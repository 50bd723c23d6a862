"""A second opinion, asked for with `judge`: does each sentence follow from what it cites?

One batched call of the configured model. A verdict that cannot be read leaves its sentence as it was,
and says so; it is never taken for a no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answering.attribution import Finding
from rag.llm.client import LanguageModel, Message, Reply
from rag.llm.prompts import Prompt, quoted

Opinion = Literal["yes", "partly", "no"]
TOKENS_A_VERDICT = 8

_LINE = re.compile(r"^\W*(\d+)\W+\s*(yes|partly|no)\b", re.I | re.M)


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The findings after the second opinion, and the reply it came in (None where nothing was asked)."""

    findings: tuple[Finding, ...]
    reply: Reply | None = None


def second_opinion(
    claims: Sequence[str], findings: Sequence[Finding], prompt: Prompt, llm: LanguageModel
) -> SecondOpinion:
    """Put every claim that rests on something to the model. Raises ModelError."""
    asked = [i for i, finding in enumerate(findings) if finding.quotes]
    if not asked:
        return SecondOpinion(tuple(findings))
    pairs = "\n\n".join(_pair(n, claims[i], findings[i]) for n, i in enumerate(asked, start=1))
    message = Message("user", prompt.fill(pairs=pairs))
    reply = llm.complete([message], max_tokens=TOKENS_A_VERDICT * len(asked) + TOKENS_A_VERDICT)
    opinions = read_opinions(reply.text)
    judged = list(findings)
    for n, i in enumerate(asked, start=1):
        judged[i] = _after(findings[i], opinions.get(n))
    return SecondOpinion(tuple(judged), reply)


def read_opinions(text: str) -> dict[int, Opinion]:
    """Verdicts by number; a number with two different verdicts has none."""
    opinions: dict[int, Opinion] = {}
    torn: set[int] = set()
    for number, word in _LINE.findall(text):
        opinion: Opinion = word.lower()
        if opinions.setdefault(int(number), opinion) != opinion:
            torn.add(int(number))
    return {n: opinion for n, opinion in opinions.items() if n not in torn}


def _after(finding: Finding, opinion: Opinion | None) -> Finding:
    """A no is unsupported and a partly weak, whatever the gate said; a yes lifts nothing."""
    if opinion == "no":
        reason = "asked again, the model finds that it does not follow from the sentences cited"
        return Finding((), 0.0, "unsupported", (*finding.reasons, reason))
    if opinion == "partly":
        reason = "asked again, the model finds that only part of it follows"
        return replace(finding, status="weak", reasons=(*finding.reasons, reason))
    if opinion is None:
        return replace(finding, reasons=(*finding.reasons, "asked again, the model gave no verdict"))
    return finding


def _pair(n: int, claim: str, finding: Finding) -> str:
    evidence = " ".join(quoted(quote.sentence.text) for quote in finding.quotes)
    return f"{n}.\n<claim>{quoted(claim)}</claim>\n<evidence>{evidence}</evidence>"
