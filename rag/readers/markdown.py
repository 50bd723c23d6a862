"""Markdown: a heading (or a line all in bold) is a title, the text under it the abstract.

A line between the two may tell authors, year, venue and address, as our own export writes it ("Ada Lovelace ·
2020 · ACL · <https://...>"), and lines after labels as well ("Authors: ..."). A heading without text under it
is a section's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.readers.documents import Document
from rag.readers.raw_record import MAX_ABSTRACT, RawRecord, UnreadableRecord, person, split_names, year_in
from rag.readers.text_lines import numbered_lines

_HEADING = re.compile(r"(#{1,6})\s+(.*)|(?:\*\*|__)([^*_].{2,300}?)(?:\*\*|__)$")
_LABELLED = re.compile(
    r"[-+*_\s]{0,8}(authors?|year|date|published|venue|journal|doi|arxiv|url|link|keywords|abstract)[*_]{0,3}\s?:"
    r"[*_]{0,3}\s?(.*)",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\[\]]{0,1000})\]\(\s?<?([^)\s>]{0,1000}+)(?:[>\s][^)]{0,200}+)?\)")
_ADDRESS = re.compile(r"<?(https?://[^\s<>)\]]+)>?")
_EMPHASIS = re.compile(r"(?<![\\\w*_])(\*\*|__|\*|_)(?=\S)(.{1,300}?)(?<=[^\s\\])\1(?![\w*])")
_MATH = re.compile(r"(\$(?=\S)[^$]*?(?<=\S)\$(?!\d))")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,}|={3,})$")
_SHORT = 250
"""Characters from which a line is no list of authors, year and venue."""


@dataclass(slots=True)
class _Section:
    """A heading and the paragraphs under it, each as its lines."""

    line: int
    heading: str
    paragraphs: list[list[str]] = field(default_factory=list)
    size: int = 0
    after_gap: bool = True

    def add(self, line: str) -> None:
        self.size += len(line)
        if self.size > 2 * MAX_ABSTRACT:  # more is refused in any case, and need not be kept
            return
        if self.after_gap:
            self.paragraphs.append([])
        self.paragraphs[-1].append(line)
        self.after_gap = False


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The papers in order; `place` is the heading's line."""
    section: _Section | None = None
    for number, line in numbered_lines(document.stream, document.encoding):
        line = line.strip().lstrip("\ufeff")
        if heading := _HEADING.match(line):
            if section and section.paragraphs:
                yield _entry(section)
            section = _Section(number, _heading_text(heading))
        elif section and line and not _RULE.match(line):
            section.add(line)
        elif section:
            section.after_gap = True
    if section and section.paragraphs:
        yield _entry(section)


def _heading_text(heading: re.Match[str]) -> str:
    """A heading without its marks, also those that may close it."""
    text = heading[3] or heading[2] or ""
    return text.removesuffix(f" {heading[1]}").rstrip() if heading[1] else text


def plain(markdown: str) -> str:
    """What a line of Markdown shows; formulas stay."""
    pieces = _MATH.split(_LINK.sub(r"\1", markdown))
    return "".join(
        piece if i % 2 else _ESCAPE.sub(r"\1", _EMPHASIS.sub(r"\2", piece)) for i, piece in enumerate(pieces)
    )


def _entry(section: _Section) -> RawRecord:
    details: dict[str, str] = {}
    if len(section.paragraphs) > 1 and _is_source_line(section.paragraphs[0]):
        details |= _source(section.paragraphs.pop(0)[0])
    abstract = []
    for line in (line for paragraph in section.paragraphs for line in paragraph):
        labelled = _LABELLED.match(line)
        if labelled and labelled[1].lower() != "abstract":
            details[labelled[1].lower().removesuffix("s")] = labelled[2]
        else:
            abstract.append(plain(labelled[2] if labelled else line))

    def first(*labels: str) -> str:
        return plain(next((details[label] for label in labels if label in details), ""))

    link = _LINK.search(section.heading)
    address = _ADDRESS.search(first("url", "link", "arxiv"))
    return RawRecord(
        section.line,
        title=plain(section.heading),
        abstract=" ".join(abstract),
        authors=tuple(map(person, split_names(first("author").replace(",", ";")))),
        year=year_in(first("year", "date", "published")),
        venue=first("venue", "journal"),
        doi=first("doi"),
        arxiv_id=first("arxiv"),
        url=link[2] if link else address[1] if address else "",
        keywords=split_names(first("keyword"), ","),
    )


def _is_source_line(paragraph: list[str]) -> bool:
    """Whether a paragraph before the abstract tells authors, year, venue or address, and is no sentence."""
    [line, *more] = paragraph
    is_sentence = line.endswith((".", "?", "!")) and not line.endswith("et al.") and " · " not in line
    return not more and len(line) < _SHORT and not is_sentence and not _LABELLED.match(line)


def _source(line: str) -> dict[str, str]:
    """The parts of "authors · year · venue · <address>", each of which may be missing."""
    found = {}
    for part in line.split(" · "):
        if _ADDRESS.fullmatch(part):
            found["url"] = part
        elif re.fullmatch(r"\d{4}", part):
            found["year"] = part
        else:
            found["venue" if found else "author"] = part
    return found
