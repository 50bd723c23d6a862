"""What each sentence does in its abstract: background, objective, method, result, definition, resource.

Owns the reading of roles; which role a question needs is rag/retrieval/sentence_scoring.py's and the answer
plans'.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.records import Role, SentenceTraits
from rag.text.standalone import dependence

_RULES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("resource", re.compile(r"https?://|\b(?:available|release[ds]?|open-?sourced?)\b", re.I)),
    (
        "definition",
        re.compile(r"\b(?:is|are) (?:an?|the) (?:\w+ ){1,6}(?:that|which|where|in which)\b", re.I),
    ),
    (
        "objective",
        re.compile(r"\b(?:we (?:aim|study|ask|investigate)|this (?:paper|work|study)|aims? to)\b", re.I),
    ),
    (
        "result",
        re.compile(r"\b(?:results?|show(?:s|ed)?|f(?:ind|ound)|outperform\w*|achiev\w+|improv\w+)\b", re.I),
    ),
    ("method", re.compile(r"\b(?:we|our|propos\w+|introduc\w+)\b", re.I)),
)


def traits(sentences: Sequence[str]) -> list[SentenceTraits]:
    """What each sentence of one abstract is, in order."""
    found = []
    for ordinal, text in enumerate(sentences):
        role: Role = next((role for role, pattern in _RULES if pattern.search(text)), "background")
        needs = dependence(text)
        found.append(
            SentenceTraits(ordinal, len(sentences), role, {role: 1.0}, needs.cause if needs else None)
        )
    return found
