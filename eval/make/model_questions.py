"""Questions a model writes from abstracts, each checked before it is kept.

A question is rejected, with the reason, when its quote is not in the abstract, when its quote does not
support its answer (rag/support/gate.py), when it leaks (a run of the abstract's words, or the title), or when
it makes no sense away from the paper. Known items need no model: `eval.make.known_items`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import ModelError
from rag.llm.prompts import Prompt, quoted
from rag.papers.identifiers import title_key
from rag.records import Paper
from rag.text.folding import fold

if TYPE_CHECKING:
    from rag.llm.client import LanguageModel

LEAK = 5
"""Words in a row that a question may not share with its abstract. Chosen by hand."""
MAX_TOKENS = 250
"""Of a reply: a question, an answer and a quote, a line each. Chosen by hand."""
_LINE = re.compile(r"^[\s*_]*(QUESTION|ANSWER|QUOTE)[\s*_]*:[\s*_]*(.+?)[\s*_]*$", re.MULTILINE)
_BOUND = re.compile(r"\b(this|the) (paper|abstract|study|authors?|work|text|passage)\b", re.IGNORECASE)


class CheckedClaim(Protocol):
    @property
    def status(self) -> str: ...


class ClaimChecker(Protocol):
    """The part of the gate that is needed."""

    def check(self, claim: str, evidence: Sequence[str]) -> CheckedClaim: ...


@dataclass(frozen=True, slots=True)
class MadeQuestions:
    """Lines of a question file, and what was rejected: (paper id, reason)."""

    lines: list[dict[str, Any]]
    rejected: list[tuple[str, str]]


def write_questions(
    papers: Sequence[Paper], n: int, prompt: Prompt, llm: LanguageModel, gate: ClaimChecker
) -> MadeQuestions:
    """Up to `n` questions, a paper each, in the same order of papers every time. Papers are asked for until
    there are enough, or twice as many as questions were."""
    from rag.llm.client import Message

    written = MadeQuestions([], [])
    for paper in sorted(papers, key=lambda p: hashlib.sha256(p.paper_id.encode()).digest())[: 2 * n]:
        if len(written.lines) == n:
            break
        message = prompt.fill(title=quoted(paper.title), abstract=quoted(paper.abstract))
        try:
            reply = llm.complete([Message("user", message)], max_tokens=MAX_TOKENS).text
        except ModelError as error:
            written.rejected.append((paper.paper_id, str(error)))
            continue
        fields: dict[str, str] = dict(_LINE.findall(reply))
        if reason := rejection(paper, fields, gate):
            written.rejected.append((paper.paper_id, reason))
        else:
            written.lines.append(_line(len(written.lines) + 1, paper, fields))
    return written


def rejection(paper: Paper, fields: dict[str, str], gate: ClaimChecker) -> str | None:
    """Why the question is rejected, or None where it is kept."""
    missing = [name for name in ("QUESTION", "ANSWER", "QUOTE") if not fields.get(name)]
    if missing:
        return f"the reply has no {missing[0]}"
    question = fields["QUESTION"]
    if _in_abstract(paper, fields["QUOTE"]) is None:
        return "the quote is not in the abstract"
    if _BOUND.search(question):
        return "the question makes no sense away from the paper"
    if title_key(paper.title) in title_key(question) or _runs(question) & _runs(paper.abstract):
        return "the question gives its paper away"
    if gate.check(fields["ANSWER"], [fields["QUOTE"]]).status == "unsupported":
        return "the quote does not support the answer"
    return None


def _line(number: int, paper: Paper, fields: dict[str, str]) -> dict[str, Any]:
    quote = _in_abstract(paper, fields["QUOTE"])
    return {
        "id": f"written-{number:04}",
        "type": "written",
        "question": fields["QUESTION"],
        "gold": [paper.paper_id],
        "evidence": [{"title": paper.paper_id, "quote": quote}],
        "answer": fields["ANSWER"],
    }


def _in_abstract(paper: Paper, quote: str) -> str | None:
    """The quote as the abstract has it, whatever its white space and outer quotation marks."""
    words = quote.strip("\"'“”‘’ ").split()
    match = re.search(r"\s+".join(map(re.escape, words)), paper.abstract) if words else None
    return match[0] if match else None


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", fold(text))
    return {tuple(words[i : i + LEAK]) for i in range(len(words) - LEAK + 1)}
