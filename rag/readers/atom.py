"""arXiv's Atom feed: what its query interface answers."""

from __future__ import annotations

from collections.abc import Iterator

from rag.readers.documents import Document
from rag.readers.raw_record import RawRecord, UnreadableRecord, year_in
from rag.readers.xml import Element, read_records, text_of

TAG = "entry"


def read(document: Document) -> Iterator[RawRecord | UnreadableRecord]:
    """The entries of a feed in order; `place` is the line where one begins."""
    return read_records(document, TAG, _entry)


def _entry(record: Element, line: int) -> RawRecord:
    def field(name: str) -> str:
        return text_of(record.find(f"{{*}}{name}"))

    address = field("id")
    return RawRecord(
        line,
        title=field("title"),
        abstract=field("summary") or field("content"),
        authors=tuple(text_of(name) for name in record.iterfind("{*}author/{*}name")),
        year=year_in(field("published") or field("updated")),
        venue=field("journal_ref"),
        doi=field("doi"),
        arxiv_id=address,
        url=address if address.startswith("http") else "",
        keywords=tuple(term for node in record.iterfind("{*}category") if (term := node.get("term"))),
    )
