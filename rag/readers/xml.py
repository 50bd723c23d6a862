"""Records of an XML file, one by one, in constant memory. Owns what happens to XML that is broken or hostile.

lxml goes on after an error. The record an error lies in (found by its line) is refused, the others are kept.
Entities are never expanded, nothing is loaded, and nesting and sizes are bounded, so that a small file cannot
become a large one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from lxml import etree

from rag.errors import InputError
from rag.readers.documents import Document
from rag.readers.raw_record import RawRecord, UnreadableRecord

MAX_BETWEEN = 4 * 2**20
"""Bytes from one record to the next; a tree takes up to thirty times its text in memory."""
MAX_UNCLOSED = 200
_CUT = re.compile(r"Premature end of data")
_OPENED = re.compile(r"(?:tag|mismatch:) \S+ line (\d+)")
"""Where the element began that an error is about, which may be far above the error."""

Element = Any
"""lxml's; it ships no types."""


def read_records(
    document: Document, tag: str, entry_of: Callable[[Element, int], RawRecord]
) -> Iterator[RawRecord | UnreadableRecord]:
    """An entry for each element named `tag` (in any namespace), in order, or a fault for a broken one."""
    stream = _Metered(document.stream)
    context = etree.iterparse(
        stream,
        events=("start", "end"),
        tag=f"{{*}}{tag}",
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    errors = _Errors()
    pending: RawRecord | None = None
    for event, element in _until_broken(context):
        errors.take(context.error_log)
        if pending:
            yield errors.fault_in(pending, element.sourceline if event == "start" else None) or pending
            pending = None
        if event == "end":
            stream.begin()
            pending = entry_of(element, element.sourceline)
            _forget(element)
    errors.take(context.error_log)
    if pending:
        yield errors.fault_in(pending, None) or pending
    if stream.refusal:
        raise InputError(stream.refusal)
    yield from errors.left()


def _until_broken(context: Iterator[Any]) -> Iterator[Any]:
    """Its events; what it cannot recover from is in its log."""
    try:
        yield from context
    except etree.LxmlError:
        return


def text_of(element: Element | None) -> str:
    """All text within an element on one line; "" for none."""
    return "" if element is None else " ".join("".join(element.itertext(tag=etree.Element)).split())


def _forget(element: Element) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


class _Metered:
    """A stream that ends, and says why, where it is read on and on without a record, or where tags are opened
    and never closed (the parser looks for the end of each as far as it has read)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.refusal = ""
        self.begin()

    def begin(self) -> None:
        self._left = MAX_BETWEEN
        self._n_unclosed = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        self._n_unclosed += chunk.count(b"<") - chunk.count(b">")
        if self._left < 0:
            self.refusal = f"more than {MAX_BETWEEN // 2**20} MB of XML without a record"
        elif self._n_unclosed > MAX_UNCLOSED:
            self.refusal = f"no XML: more than {MAX_UNCLOSED} tags have no end"
        return b"" if self.refusal else chunk


class _Errors:
    """What the parser complained of, by the line where it began, until the record it lies in is known."""

    def __init__(self) -> None:
        self._by_line: dict[int, str] = {}
        self._n_taken = 0

    def take(self, log: Any) -> None:
        for error in log[self._n_taken :]:
            is_cut, opened = _CUT.match(error.message), _OPENED.search(error.message)
            message = "it is cut off" if is_cut else error.message
            self._by_line.setdefault(int(opened[1]) if opened else error.line, message)
        self._n_taken = len(log)

    def fault_in(self, entry: RawRecord, next_line: int | None) -> UnreadableRecord | None:
        """The fault of an entry that ends before `next_line` (None: not known), if there is one.

        Records that share a line cannot be told apart: their errors are left for the end.
        """
        start = int(entry.place)
        lines = [line for line in self._by_line if start <= line and (next_line is None or line < next_line)]
        messages = [self._by_line.pop(line) for line in lines]
        return UnreadableRecord(start, f"broken XML: {messages[0]}") if messages else None

    def left(self) -> Iterator[UnreadableRecord]:
        """What lies in no record; that the root has no end matters only where nothing else was wrong."""
        for line, message in sorted(self._by_line.items()):
            if self._n_taken == 1 or "cut off" not in message:
                yield UnreadableRecord(line, f"broken XML: {message}")
