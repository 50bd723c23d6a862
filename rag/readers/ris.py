"""RIS, as reference managers and publishers export it. rispy reads each record from a text of its own, so
that records without an end, or with signs between tag and value that others leave out, cost little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import rispy

from rag.readers.documents import Document
from rag.readers.raw_record import MAX_ABSTRACT, RawRecord, UnreadableRecord, person, year_in
from rag.readers.text_lines import numbered_lines

_TAG = re.compile(r"([A-Z][A-Z0-9])\s{0,2}-(?:\s|$)")
_END = "ER"
_START = "TY"


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The records in order; `place` is the line of its TY."""
    for line, text in _records(document):
        found = rispy.loads(text, skip_unknown_tags=True)
        yield _entry(line, found[0]) if found else UnreadableRecord(line, "a RIS record that cannot be read")


def _records(document: Document) -> Iterator[tuple[int, str]]:
    """(first line, text from TY to ER) of each record: tags as the standard has them, a value a line."""
    start, size = 0, 0
    values: list[list[str]] = []
    for number, line in numbered_lines(document.stream, document.encoding):
        tag = _TAG.match(line.lstrip("\ufeff"))
        if tag and tag[1] in (_START, _END):
            if values:  # perhaps without an ER
                yield start, _standard(values)
            start, size, values = number if tag[1] == _START else 0, 0, []
        size += len(line)
        if not start or size > 4 * MAX_ABSTRACT:  # what follows a record without end is not kept
            continue
        if tag:
            values.append([f"{tag[1]}  - {line[tag.end() :].strip()}"])
        else:
            values[-1].append(line.strip())
    if values:
        yield start, _standard(values)


def _standard(values: list[list[str]]) -> str:
    return "\n".join([*map(" ".join, values), f"{_END}  - "])


def _entry(line: int, record: Mapping[str, Any]) -> RawRecord:
    def first(*names: str) -> str:
        values = (record.get(name) for name in names)
        return next((value for value in values if isinstance(value, str) and value.strip()), "")

    authors = record.get("authors") or record.get("first_authors") or ()
    return RawRecord(
        line,
        title=first("title", "primary_title", "translated_title"),
        abstract=first("abstract", "notes_abstract"),
        authors=tuple(person(author) for author in authors),
        year=year_in(first("year", "publication_year", "date")),
        venue=first("secondary_title", "journal_name", "alternate_title3", "alternate_title2", "custom3"),
        doi=first("doi"),
        arxiv_id=first("accession_number"),
        url=next(iter(record.get("urls") or ()), ""),
        keywords=tuple(record.get("keywords") or ()),
    )
