"""A JSON object into an Entry, whichever service wrote it: the keys of our own JSON lines, of the arXiv
metadata snapshot, of Semantic Scholar, OpenAlex and Crossref.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rag.readers.entries import Entry, Fault, split_names, year_in

Json = Mapping[str, Any]


def entry_of(record: object, place: int | str) -> Entry | Fault:
    """The entry of a parsed JSON value; values of unexpected types count as absent."""
    if not isinstance(record, dict):
        return Fault(place, "JSON, but no object")
    return _plain(record, place)


def _plain(record: Json, place: int | str) -> Entry:
    """Ours: id or _id or paper_id, title, abstract or text, authors, year, venue, doi, url."""
    return Entry(
        place,
        title=text_in(record, "title"),
        abstract=text_in(record, "abstract", "text", "summary"),
        authors=tuple(names_in(record.get("authors"))),
        year=year_in(record.get("year") or record.get("date")),
        venue=text_in(record, "venue", "journal"),
        doi=text_in(record, "doi"),
        arxiv_id=text_in(record, "arxiv_id", "arxiv"),
        url=text_in(record, "url"),
        keywords=tuple(names_in(record.get("keywords"))),
        own_id=text_in(record, "id", "_id", "paper_id"),
        keeps_id=True,
    )


def text_in(record: Json, *keys: str) -> str:
    """The first of the keys that holds text, or a number as text; "" if none does."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def names_in(value: object) -> Iterable[str]:
    """Names in a list of strings or of objects with a "name", or in one string, apart by ";" or " and "."""
    if isinstance(value, str):
        return split_names(value.replace(" and ", ";"))
    if not isinstance(value, list):
        return ()
    names = (item.get("name") if isinstance(item, dict) else item for item in value)
    return (name for name in names if isinstance(name, str))
