"""How an answer's text lays out its sentences: paragraphs, list items, and the words between them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.records import Answer
from rag.text.citation_marks import OWN

_MARKERS = re.compile(rf"\s*{OWN.pattern}")
_BULLET = re.compile(r"\s*(?:[-*•]|\d+\.)\s+")
KNOWN_BY = 40
"""Letters by which a sentence is found in the text; the gate may have taken marks out behind them."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph ("p") or list item ("li"): the words before its sentences, and the sentences' numbers.

    Without sentences it is a remark: words of the answer's own that no paper says."""

    tag: str
    lead: str
    numbers: tuple[int, ...] = ()


def read_layout(answer: Answer) -> Iterator[TextBlock]:
    """The blocks of `answer.answer` in order; every sentence is in one. Headings of sections are left out."""
    headings = {f"{section.heading}:" for section in answer.sections if section.heading}
    headings |= {str(section.heading) for section in answer.sections if section.heading}
    tag, lead, place = "p", "", 0
    numbers: list[int] = []
    for i, sentence in enumerate(answer.sentences):
        opening = _MARKERS.sub("", sentence.text).strip()[:KNOWN_BY]
        found = answer.answer.find(opening, place)
        between = _MARKERS.sub("", answer.answer[place:found]) if found >= 0 else ""
        if numbers and "\n" in between:
            yield TextBlock(tag, lead, tuple(numbers))
            numbers = []
        if not numbers:
            *lines, own = between.split("\n")
            # The first line is what is left of the sentence before.
            yield from _remarks(lines[1:] if i else lines, headings)
            bullet = _BULLET.match(own)
            tag, lead = "li" if bullet else "p", own[bullet.end() if bullet else 0 :].strip()
        place = found + len(opening) if found >= 0 else place
        numbers.append(i)
    if numbers:
        yield TextBlock(tag, lead, tuple(numbers))
    yield from _remarks(answer.answer[place:].split("\n")[1 if numbers else 0 :], headings)


def _remarks(lines: list[str], headings: set[str]) -> Iterator[TextBlock]:
    texts = (_MARKERS.sub("", line).strip() for line in lines)
    yield from (TextBlock("p", text) for text in texts if text and text not in headings)
