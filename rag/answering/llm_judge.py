"""A second opinion of the configured model: does each sentence in doubt follow from its evidence?

One call for all of them. A verdict that cannot be read leaves its sentence as it was, and says so; it is
never taken for a no. What numbers decided is not asked. When it is asked: Config.judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answering.attribution import Finding
from rag.answering.evidence_choice import Quote
from rag.config import JudgeWhen
from rag.llm.client import LanguageModel, Message, Reply
from rag.llm.limits import Cancellation
from rag.llm.prompts import Prompt, quoted

Opinion = Literal["yes", "partly", "no"]
TOKENS_A_VERDICT = 8

_OPINIONS: dict[str, Opinion] = {"yes": "yes", "partly": "partly", "no": "no"}
_LINE = re.compile(r"[\s*_-]*(\d+)[\s*_]*[.:)-][\s*_]*(yes|partly|no)[\s*_.]*", re.I)


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The findings after the second opinion, and the reply it came in (None where nothing was asked)."""

    findings: tuple[Finding, ...]
    reply: Reply | None = None


def in_doubt(finding: Finding) -> bool:
    """Whether the learned judgement leaves a finding open, and there is evidence to show."""
    return finding.status != "supported" and not finding.is_certain and bool(_evidence(finding))


def second_opinion(
    claims: Sequence[str],
    findings: Sequence[Finding],
    prompt: Prompt,
    llm: LanguageModel,
    when: JudgeWhen,
    cancellation: Cancellation | None = None,
) -> SecondOpinion:
    """Put the claims in doubt to the model, or all that have evidence and are not decided by numbers.

    Raises ModelError, and Cancelled.
    """
    asked = [i for i, finding in enumerate(findings) if _is_asked(finding, when)]
    if not asked:
        return SecondOpinion(tuple(findings))
    pairs = "\n\n".join(_pair(n, claims[i], findings[i]) for n, i in enumerate(asked, start=1))
    message = Message("user", prompt.fill(pairs=pairs))
    limit = TOKENS_A_VERDICT * len(asked) + TOKENS_A_VERDICT
    reply = llm.complete([message], max_tokens=limit, cancellation=cancellation)
    opinions = read_opinions(reply.text)
    judged = list(findings)
    for n, i in enumerate(asked, start=1):
        judged[i] = _after(findings[i], opinions.get(n))
    return SecondOpinion(tuple(judged), reply)


def read_opinions(text: str) -> dict[int, Opinion]:
    """Verdicts by number, of lines that hold a number and a verdict and nothing else; a number with two
    different verdicts has none."""
    opinions: dict[int, Opinion] = {}
    torn: set[int] = set()
    for line in text.splitlines():
        if found := _LINE.fullmatch(line):
            opinion = _OPINIONS[found[2].lower()]
            if opinions.setdefault(int(found[1]), opinion) != opinion:
                torn.add(int(found[1]))
    return {n: opinion for n, opinion in opinions.items() if n not in torn}


def _is_asked(finding: Finding, when: JudgeWhen) -> bool:
    if when == "all":
        return not finding.is_certain and bool(_evidence(finding))
    return when == "doubtful" and in_doubt(finding)


def _after(finding: Finding, opinion: Opinion | None) -> Finding:
    """A no is unsupported and a partly weak at best; a yes lifts a finding by one step, never past a forged
    number."""
    if opinion == "no":
        reason = "asked again, the model finds that it does not follow from the sentences cited"
        return replace(
            finding,
            quotes=(),
            nearest=_evidence(finding),
            support=0.0,
            status="unsupported",
            reasons=(*finding.reasons, reason),
        )
    if opinion == "partly":
        reason = "asked again, the model finds that only part of it follows"
        finding = finding if finding.status == "unsupported" else replace(finding, status="weak")
        return replace(finding, reasons=(*finding.reasons, reason))
    if opinion is None:
        return replace(finding, reasons=(*finding.reasons, "asked again, the model gave no verdict"))
    return _lifted(finding)


def _lifted(finding: Finding) -> Finding:
    if finding.status == "supported":
        return finding
    reasons = (*finding.reasons, "asked again, the model finds that it follows")
    if finding.status == "weak":
        return replace(finding, status="supported", label="supported", reasons=reasons)
    return replace(finding, status="weak", quotes=_evidence(finding), nearest=(), reasons=reasons)


def _evidence(finding: Finding) -> tuple[Quote, ...]:
    return finding.quotes or finding.nearest


def _pair(n: int, claim: str, finding: Finding) -> str:
    evidence = " ".join(quoted(quote.sentence.text) for quote in _evidence(finding))
    return f"{n}.\n<claim>{quoted(claim)}</claim>\n<evidence>{evidence}</evidence>"
