"""Plain text: a title on a line of its own, then its abstract, on one line or several; then the next paper.

An empty line ends a paper, unless its abstract has not come yet or goes on with another long paragraph. A
short line right after a long one is the next title. "Title:" and "Abstract:" before them are left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from rag.readers.documents import Document
from rag.readers.raw_record import MAX_ABSTRACT, RawRecord, UnreadableRecord, without_label
from rag.readers.text_lines import numbered_lines

_LONG = 250
"""Characters from which a line is no title."""


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The papers of a text in order; `place` is the title's line."""
    title: tuple[int, str] | None = None
    abstract: list[str] = []
    size, after_gap = 0, False
    for number, raw in numbered_lines(document.stream, document.encoding):
        line = without_label(raw.strip().lstrip("\ufeff"))
        if not line:
            after_gap = True
            continue
        if title and abstract and len(line) < _LONG and (after_gap or len(abstract[0]) >= _LONG):
            yield _entry(title, abstract)
            title, abstract, size = None, [], 0
        if title:
            size += len(line)
            if size <= 2 * MAX_ABSTRACT:  # more is refused in any case, and need not be kept
                abstract.append(line)
        elif len(line) < _LONG:
            title = (number, line)
        else:
            yield UnreadableRecord(number, "an abstract without a title before it")
        after_gap = False
    if title:
        yield _entry(title, abstract)


def _entry(title: tuple[int, str], abstract: list[str]) -> RawRecord:
    return RawRecord(title[0], title[1], " ".join(abstract))
