"""A JSON object into an Entry, whichever service wrote it: our own JSON lines, the arXiv metadata snapshot,
Semantic Scholar, OpenAlex (whose abstracts come as an index of words), Crossref (whose come as JATS) and CSL.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rag.readers.raw_record import RawRecord, UnreadableRecord, person, split_names, year_in

Json = Mapping[str, Any]

_INLINE_TAG = re.compile(
    r"</?(?:jats:)?(?:italic|bold|sub|sup|sc|i|b|em|strong|tex-math|inline-formula)\b[^<>]{0,500}>"
)
_HEADING = re.compile(r"<(?:jats:)?title>([^<>]{0,200})</(?:jats:)?title>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")


def entry_of(record: object, place: int | str) -> RawRecord | UnreadableRecord:
    """The entry of a parsed JSON value; values of unexpected types count as absent."""
    if not isinstance(record, dict):
        return UnreadableRecord(place, "JSON, but no object")
    if "abstract_inverted_index" in record or "authorships" in record:
        return _openalex(record, place)
    if "paperId" in record or "corpusid" in record or "externalIds" in record:
        return _semantic_scholar(record, place)
    if "authors_parsed" in record:
        return _arxiv(record, place)
    if "DOI" in record or "container-title" in record or "issued" in record:
        return _crossref(record, place)
    return _ours(record, place)


def _ours(record: Json, place: int | str) -> RawRecord:
    """Ours: id or _id or paper_id, title, abstract or text, authors, year, venue, doi, url."""
    return RawRecord(
        place,
        title=_text(record, "title"),
        abstract=_text(record, "abstract", "text", "summary", "abstractNote"),
        authors=tuple(_names(record.get("authors"))),
        year=year_in(record.get("year") or record.get("date")),
        venue=_text(record, "venue", "journal"),
        doi=_text(record, "doi"),
        arxiv_id=_text(record, "arxiv_id", "arxiv"),
        url=_text(record, "url"),
        keywords=tuple(_names(record.get("keywords"))),
        own_id=_text(record, "id", "_id", "paper_id"),
        keeps_id=True,
    )


def _arxiv(record: Json, place: int | str) -> RawRecord:
    """A line of the metadata snapshot: text is wrapped, names are [last, first, suffix]."""
    arxiv_id = _text(record, "id")
    names = (name for name in _list(record, "authors_parsed") if isinstance(name, list))
    return RawRecord(
        place,
        title=_one_line(_text(record, "title")),
        abstract=_one_line(_text(record, "abstract")),
        authors=tuple(
            person(", ".join(part for part in name[:3] if isinstance(part, str) and part)) for name in names
        ),
        year=_arxiv_year(record),
        venue=_one_line(_text(record, "journal-ref")),
        doi=_text(record, "doi"),
        arxiv_id=arxiv_id,
        url=f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else "",
        keywords=split_names(_text(record, "categories"), " "),
        own_id=arxiv_id,
        keeps_id=True,
    )


def _arxiv_year(record: Json) -> int | None:
    """Of the first version, where versions are given."""
    first = next((version for version in _list(record, "versions") if isinstance(version, dict)), {})
    return year_in(_text(first, "created") or _text(record, "update_date"))


def _semantic_scholar(record: Json, place: int | str) -> RawRecord:
    ids = {
        key: str(value)
        for key, value in (_dict(record, "externalIds") or _dict(record, "externalids")).items()
        if value
    }
    return RawRecord(
        place,
        title=_text(record, "title"),
        abstract=_text(record, "abstract"),
        authors=tuple(_names(record.get("authors"))),
        year=year_in(record.get("year") or record.get("publicationDate") or record.get("publicationdate")),
        venue=_text(record, "venue") or _text(_dict(record, "journal"), "name"),
        doi=ids.get("DOI", ""),
        arxiv_id=ids.get("ArXiv", ""),
        url=_text(record, "url"),
        keywords=tuple(_names(record.get("fieldsOfStudy"))),
        own_id=_text(record, "paperId", "corpusid", "corpusId"),
    )


def _openalex(record: Json, place: int | str) -> RawRecord:
    location = _dict(record, "primary_location")
    authors = (_dict(item, "author") for item in _list(record, "authorships") if isinstance(item, dict))
    address = _text(record, "id")
    return RawRecord(
        place,
        title=_without_tags(_text(record, "title", "display_name")),
        abstract=_from_index(_dict(record, "abstract_inverted_index")),
        authors=tuple(_text(author, "display_name") for author in authors),
        year=year_in(record.get("publication_year")),
        venue=_text(_dict(location, "source"), "display_name"),
        doi=_text(record, "doi"),
        arxiv_id=_text(location, "landing_page_url"),
        url=_text(location, "landing_page_url") or address,
        keywords=tuple(_names(record.get("keywords"))),
        own_id=address.rpartition("/")[2],
    )


def _from_index(index: Json) -> str:
    """The words of {"word": [positions]} in their order."""
    places = [
        (place, word)
        for word, positions in index.items()
        if isinstance(positions, list)
        for place in positions
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(places))


def _crossref(record: Json, place: int | str) -> RawRecord:
    """A work of Crossref, or an item of CSL JSON (Zotero, Pandoc), which names its fields alike."""
    authors = (author for author in _list(record, "author") if isinstance(author, dict))
    dates = (
        _dict(record, key).get("date-parts") for key in ("issued", "published", "published-print", "created")
    )
    return RawRecord(
        place,
        title=_without_tags(_first_text(record, "title")),
        abstract=_without_tags(_text(record, "abstract")),
        authors=tuple(
            f"{_text(author, 'given')} {_text(author, 'family', 'name', 'literal')}".strip()
            for author in authors
        ),
        year=next(filter(None, map(year_in, dates)), None),
        venue=_without_tags(_first_text(record, "container-title")),
        doi=_text(record, "DOI"),
        url=_text(record, "URL"),
        keywords=tuple(_names(record.get("subject"))) or split_names(_text(record, "keyword"), ","),
    )


def _without_tags(text: str) -> str:
    """JATS or HTML as text; a section's heading stands before it with a colon, "Abstract" is left out."""
    if "<" not in text and "&" not in text:
        return _one_line(text)
    text = _HEADING.sub(
        lambda found: "" if found[1].strip().lower() in ("abstract", "summary") else f" {found[1]}: ", text
    )
    return _one_line(html.unescape(_TAG.sub(" ", _INLINE_TAG.sub("", text))))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(record: Json, *keys: str) -> str:
    """The first of the keys that holds text, or a number as text; "" if none does."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def _first_text(record: Json, key: str) -> str:
    """The text of a key, or the first of its list of texts."""
    return _text(record, key) or next((item for item in _list(record, key) if isinstance(item, str)), "")


def _dict(record: Json, key: str) -> Json:
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _list(record: Json, key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else []


def _names(value: object) -> Iterator[str]:
    """Names in a list of strings or of objects with a name, or in one string, apart by ";" or " and "."""
    if isinstance(value, str):
        yield from split_names(value.replace(" and ", ";"))
    if isinstance(value, list):
        for item in value:
            name = (item.get("name") or item.get("display_name")) if isinstance(item, dict) else item
            if isinstance(name, str):
                yield name
