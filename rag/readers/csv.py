"""Tables with a header: CSV and TSV, columns recognised by name as Zotero, Scopus, Web of Science, Semantic
Scholar and our own export call them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from rag.readers.documents import Document
from rag.readers.raw_record import RawRecord, UnreadableRecord, person, split_names, year_in
from rag.readers.text_lines import MAX_LINE, decode_stray_bytes, text_of

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "articletitle", "documenttitle", "papertitle", "itemtitle", "ti"),
    "abstract": ("abstract", "abstractnote", "abstracttext", "ab", "summary", "text"),
    "authors": ("authorfullnames", "af", "authors", "author", "au", "creators"),
    "year": ("year", "publicationyear", "pubyear", "py", "publicationdate", "date", "published"),
    "venue": (
        "sourcetitle",
        "publicationtitle",
        "containertitle",
        "venue",
        "journal",
        "so",
        "conferencename",
    ),
    "doi": ("doi", "di", "externalidsdoi"),
    "arxiv_id": ("arxivid", "arxiv", "externalidsarxiv", "archiveid"),
    "url": ("url", "link", "urls"),
    "keywords": ("authorkeywords", "keywords", "manualtags", "de", "fieldsofstudy"),
    "own_id": ("paperid", "ut", "eid", "key", "accessionnumber", "corpusid", "id"),
}
"""Our fields, and the columns that hold them, best first, in lower case, letters only."""
_DELIMITERS = ",\t;|"
_OUR_EXPORT = {"paperid", "abstract", "arxivid", "sources"}
_NOTHING = re.compile(r"\[no abstract available\]|n/?a|none|null|nan|-", re.IGNORECASE)
_ROW_NUMBER = re.compile(r"\d{1,5}")
_SCOPUS_ID = re.compile(r" ?\(\d{6,12}\)")
_NEUTRALISED = re.compile(r"'(?='*(?:\s*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n]))")
"""The apostrophe that our export sets before what a spreadsheet would run (rag/export/tables.py)."""


@dataclass(frozen=True, slots=True)
class _Header:
    """A table's delimiter, its number of columns, and which of them hold each field, best first."""

    delimiter: str
    n_columns: int
    fields: Mapping[str, tuple[int, ...]]
    is_ours: bool


def is_table(head: str) -> bool:
    """Whether the first line names a title column among others."""
    header = _header(head.split("\n", 1)[0])
    return "title" in header.fields and len(header.fields) > 1


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The rows in order; `place` is the line where one begins."""
    with text_of(document.stream, document.encoding) as text:
        header = _header(text.readline(MAX_LINE))
        rows = csv.reader(iter(partial(text.readline, MAX_LINE), ""), delimiter=header.delimiter)
        while True:
            line = rows.line_num + 2
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield UnreadableRecord(line, f"a row that cannot be read: {error}")
                continue
            if len(row) > header.n_columns:
                yield UnreadableRecord(line, f"{len(row)} columns where the header has {header.n_columns}")
            elif any(row):
                yield _entry(line, [decode_stray_bytes(cell) for cell in row], header)


def _header(line: str) -> _Header:
    """The header in a line, split at the delimiter that gives the most known columns."""
    return max(
        (_split_header(line, delimiter) for delimiter in _DELIMITERS), key=lambda found: len(found.fields)
    )


def _split_header(line: str, delimiter: str) -> _Header:
    try:
        cells = next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    names = [re.sub(r"[^a-z]", "", cell.lower()) for cell in cells]
    fields = {
        field: places
        for field, known in COLUMNS.items()
        if (places := tuple(names.index(name) for name in known if name in names))
    }
    return _Header(delimiter, len(names), fields, set(names) >= _OUR_EXPORT)


def _entry(line: int, row: Sequence[str], header: _Header) -> RawRecord:
    def cell(field: str) -> str:
        texts = (row[place].strip() for place in header.fields.get(field, ()) if place < len(row))
        found = next((text for text in texts if text and not _NOTHING.fullmatch(text)), "")
        return found[1:] if _NEUTRALISED.match(found) else found

    own_id = cell("own_id")
    return RawRecord(
        line,
        title=cell("title"),
        abstract=cell("abstract"),
        authors=tuple(split_names(cell("authors")) if header.is_ours else _people(cell("authors"))),
        year=year_in(cell("year")),
        venue=cell("venue"),
        doi=cell("doi"),
        arxiv_id=cell("arxiv_id"),
        url=cell("url"),
        keywords=_keywords(cell("keywords")),
        own_id="" if _ROW_NUMBER.fullmatch(own_id) and not header.is_ours else own_id,
        keeps_id=header.is_ours,
    )


def _people(text: str) -> Iterator[str]:
    """Names apart by ";", "|" or " and ", else by commas if each part is a whole name ("Doe J., Roe R.")."""
    text = _SCOPUS_ID.sub("", text)
    parts = [part.strip() for part in re.split(r"[;|]| and ", text) if part.strip()]
    if len(parts) == 1 and parts[0].count(",") and all(" " in name.strip() for name in parts[0].split(",")):
        parts = [name.strip() for name in parts[0].split(",")]
    return map(person, parts)


def _keywords(text: str) -> tuple[str, ...]:
    return split_names(text, ";" if ";" in text else ",")
