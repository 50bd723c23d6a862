"""Web of Science's plain-text export, tags of two letters from PT to ER; each record is read by rispy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import rispy

from rag.readers.documents import Document
from rag.readers.raw_record import MAX_ABSTRACT, RawRecord, UnreadableRecord, person, split_names, year_in
from rag.readers.text_lines import numbered_lines

_START = "PT "
_END = "ER"
_MOST_LINES = 20_000


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The records in order; `place` is the line of its PT."""
    for line, text in _records(document):
        found = rispy.loads(text, implementation=rispy.WokParser, skip_unknown_tags=True)
        yield (
            _entry(line, found[0])
            if found
            else UnreadableRecord(line, "a Web of Science record that cannot be read")
        )


def _records(document: Document) -> Iterator[tuple[int, str]]:
    """(first line, text) of each record; one without an end goes to the next PT."""
    start, lines, size = 0, list[str](), 0
    for number, line in numbered_lines(document.stream, document.encoding):
        if line.startswith(_START) or line.rstrip() == _END:
            if lines:
                yield start, "\n".join([*lines, _END, ""])
            start, lines, size = (number, [], 0) if line.startswith(_START) else (0, [], 0)
        size += len(line)
        if start and len(lines) < _MOST_LINES and size < 4 * MAX_ABSTRACT:  # there may be no end
            lines.append(line)
    if lines:
        yield start, "\n".join([*lines, _END, ""])


def _entry(line: int, record: Mapping[str, Any]) -> RawRecord:
    def first(*names: str) -> str:
        return next((record[name] for name in names if isinstance(record.get(name), str)), "")

    return RawRecord(
        line,
        title=first("document_title"),
        abstract=first("abstract"),
        authors=tuple(map(person, record.get("author_full_name") or record.get("authors") or ())),
        year=year_in(first("publication_year", "early_access_date")),
        venue=first("publication_name", "conference_title"),
        doi=first("doi"),
        keywords=split_names(first("author_keywords")),
        own_id=first("accession_number"),
    )
