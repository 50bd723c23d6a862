"""BibTeX and BibLaTeX. bibtexparser reads the entries, each from a text of its own: one that is broken (a
brace too few, say) costs itself and not the rest of the file.

An entry's key is no id: keys are private to a file, and two files use one for different papers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping

from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares.names import split_multiple_persons_names
from bibtexparser.model import DuplicateFieldKeyBlock
from bibtexparser.model import Entry as Block

from rag.readers.documents import Document
from rag.readers.raw_record import MAX_ABSTRACT, RawRecord, UnreadableRecord, person, split_names, year_in
from rag.readers.tex import plain_address, plain_text
from rag.readers.text_lines import numbered_lines

START = re.compile(r"\s{0,8}@\s*([A-Za-z]+)\s*[{(]")
_STRING = re.compile(r"\s*@string\s*[{(]\s*([^\s=]+)\s*=\s*(.*)[})]\s*$", re.IGNORECASE | re.DOTALL)
_JOINED = re.compile(r"[}\"]\s*#\s*[\w{\"]")
_PART = re.compile(
    r"(?:^|#)\s*(?:\{(?P<braced>(?:[^{}]|\{[^{}]*\})*)\}|\"(?P<quoted>[^\"]*)\"|(?P<name>[^\s#{}\",]+))"
)
_NO_RECORD = {"comment", "preamble"}

logging.getLogger("bibtexparser").addHandler(logging.NullHandler())  # broken records are yielded


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The entries in order; `place` is the line where one begins."""
    strings: dict[str, str] = {}
    for line, kind, text in _blocks(document):
        if kind == "string":
            if found := _STRING.fullmatch(text):
                strings[found[1].lower()] = _value(found[2], strings)
        elif kind not in _NO_RECORD:
            yield _parsed(line, text, strings)


def _blocks(document: Document) -> Iterator[tuple[int, str, str]]:
    """(first line, kind, text) of each block that begins on a line of its own with "@kind{"."""
    start, kind, lines, size = 0, "", list[str](), 0
    for number, line in numbered_lines(document.stream, document.encoding):
        if found := START.match(line):
            if kind:
                yield start, kind, "\n".join(lines)
            start, kind, lines, size = number, found[1].lower(), [], 0
        size += len(line)
        if kind and size < 4 * MAX_ABSTRACT:  # what follows an entry without end is not kept
            lines.append(line)
    if kind:
        yield start, kind, "\n".join(lines)


def _parsed(line: int, text: str, strings: Mapping[str, str]) -> RawRecord | UnreadableRecord:
    library = parse_string(text, parse_stack=[])
    block: object = next(iter(library.entries), None)
    if block is None and library.failed_blocks:
        block = library.failed_blocks[0]
        if isinstance(block, DuplicateFieldKeyBlock):
            block = block.ignore_error_block
    if not isinstance(block, Block):
        return UnreadableRecord(line, "a BibTeX entry that does not end: a brace or quote is missing")
    values: dict[str, str] = {}
    for field in block.fields:
        values.setdefault(field.key.lower(), _value(field.value, strings))
    return _entry(line, values)


def _entry(line: int, fields: Mapping[str, str]) -> RawRecord:
    def first(*names: str) -> str:
        return next((text for name in names if (text := plain_text(fields.get(name, "")))), "")

    eprint_kind = (fields.get("archiveprefix") or fields.get("eprinttype") or "").lower()
    eprint = plain_address(fields.get("eprint", ""))
    venue = first("journal", "journaltitle", "booktitle", "eventtitle", "series", "school", "institution")
    return RawRecord(
        line,
        title=first("title"),
        abstract=first("abstract"),
        authors=tuple(_names(fields.get("author") or fields.get("editor") or "")),
        year=year_in(first("year", "date")),
        venue=venue,
        doi=plain_address(fields.get("doi", "")),
        arxiv_id=eprint if eprint and eprint_kind in ("arxiv", "") else venue,
        url=plain_address(fields.get("url", "")),
        keywords=split_names(first("keywords", "keyword").replace(";", ","), ","),
    )


def _names(field: str) -> Iterator[str]:
    """Names in reading order; one in braces is kept as it stands."""
    for name in split_multiple_persons_names(" ".join(field.split())):
        if name.startswith("{") and name.endswith("}"):
            yield plain_text(name)
        elif name and name != "others":
            yield plain_text(person(name))


def _value(raw: str, strings: Mapping[str, str]) -> str:
    """A field's value: braced, quoted, a number, a @string's name, or several of them joined by "#"."""
    raw = raw.strip()
    if raw[:1] + raw[-1:] in ("{}", '""') and not _JOINED.search(raw):
        return raw[1:-1]
    return "".join(
        strings.get(found["name"].lower(), found["name"])
        if found["name"]
        else found["braced"] or found["quoted"]
        for found in _PART.finditer(raw)
    )
