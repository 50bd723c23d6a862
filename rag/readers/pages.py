"""Saved pages of a list of papers: a few lines of boilerplate, then title and abstract by turns, a line each.

Lines may have an empty line between them or not, the word "Subscribe" may be glued to the first title, and
pages may follow one another in one file. A page that was cut, or lacks a line, loses only that paper: titles
are short and abstracts long, so the pairs are found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise

from rag.readers.documents import Document
from rag.readers.raw_record import RawRecord, UnreadableRecord
from rag.readers.text_lines import numbered_lines

_MARK = "Get trending papers in your email inbox"
_BOILERPLATE = re.compile(
    rf"new|Subscribe|{_MARK}.{{0,20}}|by.{{0,12}} and the research community"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2}(?:, \d{4})?"
)
_GLUED = "Subscribe"
_LONG = 250
"""Characters from which a line is no title. Real pages: titles 16 to 176, abstracts 405 to 1,919."""


def is_page(head: str) -> bool:
    """Whether a text that begins so is such a page."""
    return _MARK in head[:500]


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The papers of a page in order; `place` is the title's line."""
    title: tuple[int, str] | None = None
    for line, following in pairwise(chain(_content(document), [None])):
        assert line is not None
        number, text = line
        if title is None:
            if len(text) < _LONG:
                title = line
            else:
                yield UnreadableRecord(number, "an abstract without a title before it")
        elif len(text) < _LONG and following and len(following[1]) >= _LONG:
            yield UnreadableRecord(title[0], "a title without an abstract after it")
            title = line
        else:
            yield RawRecord(title[0], title[1], text)
            title = None
    if title:
        yield UnreadableRecord(title[0], "a title without an abstract: the page ends here")


def _content(document: Document) -> Iterator[tuple[int, str]]:
    """The numbered lines that are neither blank nor boilerplate."""
    is_first = True
    for number, line in numbered_lines(document.stream, document.encoding):
        line = line.strip().lstrip("\ufeff")
        if _BOILERPLATE.fullmatch(line):
            is_first = True
        elif line:
            yield number, line.removeprefix(_GLUED) if is_first else line
            is_first = False
