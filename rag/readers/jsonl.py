"""JSON lines: one record a line. What the keys mean is rag/readers/json_records.py's."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.readers.documents import Document
from rag.readers.json_records import entry_of
from rag.readers.raw_record import RawRecord, UnreadableRecord
from rag.readers.text_lines import numbered_lines


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """An entry, or what is wrong, for each line that is not blank."""
    for number, line in numbered_lines(document.stream, document.encoding):
        line = line.strip().lstrip("\ufeff")
        if line:
            yield _read_line(number, line)


def _read_line(number: int, line: str) -> RawRecord | UnreadableRecord:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        return UnreadableRecord(number, f"no JSON at column {error.colno}: {error.msg}")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; a nest of brackets
        return UnreadableRecord(number, f"JSON that cannot be read: {error}")
    return entry_of(record, number)
