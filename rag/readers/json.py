"""One JSON value that holds many records: an array of them, or an answer of a service with one inside.

Records are decoded one by one from a window that moves over the file, so that neither its size nor a broken
record matters to the others. What the keys mean is rag/readers/json_records.py's.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.readers.documents import Document
from rag.readers.json_records import entry_of
from rag.readers.raw_record import RawRecord, UnreadableRecord
from rag.readers.text_lines import decode_stray_bytes, text_of

MAX_RECORD = 8_000_000
"""Characters; the window never holds more than two such records."""
_CHUNK = 262_144
_ARRAY = re.compile(
    r'"(?:items|results|collection|data|papers|works|records|articles|documents|entries)"\s*:\s*\[(?=\s*[{\]])'
)
_TITLE = re.compile(r'"title"\s*:')
_GAP = re.compile(r"[\s,]*")
_GAP_AND_ENDS = re.compile(r"[\s,\]}]*")
_MARGIN = 64
"""Characters before the end of the window in which an error may only mean that more is to come."""
_NEXT = re.compile(r"\}\s*,\s*(?=\{)")


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The records in order; `place` is the line where one begins."""
    with text_of(document.stream, document.encoding) as text:
        window = _ReadAhead(text)
        window.enter_array()
        while found := window.next_value():
            line, value = found
            if isinstance(value, _Broken):
                yield UnreadableRecord(line, f"broken JSON: {value.reason}")
            elif not window.was_broken or (isinstance(value, dict) and "title" in value):
                yield entry_of(value, line)


@dataclass(frozen=True, slots=True)
class _Broken:
    reason: str


class _ReadAhead:
    """The part of a text that is being decoded, how far it is, and the line it is at."""

    def __init__(self, rest: io.TextIOWrapper) -> None:
        self._rest = rest
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._line = 1
        self._is_whole = False
        self.was_broken = False
        """From then on a value may be a part of a broken record, and a bracket closes who knows what."""
        self._grow()

    def enter_array(self) -> None:
        """Move to the first record: into the array, or to the object that is the only record."""
        if self._peek() == "[":
            self._move(self._at + 1)
            return
        found, title = _ARRAY.search(self._text), _TITLE.search(self._text)
        if found and not (title and title.start() < found.start()):
            self._move(found.end())

    def next_value(self) -> tuple[int, Any] | None:
        """(line, value or _Broken) of the next element, or None at the end."""
        if self._peek() in ("", "]", "}"):
            return None
        line = self._line
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._may_go_on(error):
                    self._grow()
                    continue
                return line, self._give_up(error.pos, error.msg)
            except RecursionError:
                return line, self._give_up(self._at + 1, "it is nested too deeply")
            except ValueError:
                return line, self._give_up(self._at + 1, "a number of thousands of digits")
            self._move(end)
            return line, value

    def _peek(self) -> str:
        """The next sign that is no white space or comma, "" at the end."""
        pattern = _GAP_AND_ENDS if self.was_broken else _GAP
        while True:
            gap = pattern.match(self._text, self._at)
            assert gap
            self._move(gap.end())
            if self._at < len(self._text) or self._is_whole:
                return self._text[self._at : self._at + 1]
            self._grow()

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether more text could make the value right."""
        is_at_end = error.pos > len(self._text) - _MARGIN or error.msg.startswith("Unterminated string")
        return is_at_end and not self._is_whole and len(self._text) - self._at < MAX_RECORD

    def _give_up(self, at: int, reason: str) -> _Broken:
        """Move on to what looks like the next record, or the end."""
        self.was_broken = True
        self._move(min(at, len(self._text)))
        while not (found := _NEXT.search(self._text, self._at)) and not self._is_whole:
            self._move(max(self._at, len(self._text) - _MARGIN))
            self._grow()
        self._move(found.end() if found else len(self._text))
        return _Broken(reason)

    def _move(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _grow(self) -> None:
        """Forget what is behind, and read on: as much again as is kept."""
        rest = self._text[self._at :]
        more = decode_stray_bytes(self._rest.read(max(_CHUNK, len(rest))))
        self._is_whole = not more
        self._text, self._at = rest + more, 0
