"""Filters: how their values are written, and whether a paper passes.

Applying filters inside the search legs belongs to the indexes; `matches` is the plain meaning they must
agree with. The command line's options are rag/commands/filter_options.py's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from rag.errors import InputError
from rag.records import Filters, Paper
from rag.text.folding import strip_accents

FIELDS = tuple(field.name for field in fields(Paper))
"""What `--where` may name."""

NAMES = ("year", "author", "venue", "source", "where")
"""What `parse_filters` takes; the command line's options and the server's fields have these names."""
LISTS = ("author", "where")
"""Those of NAMES that may be given several times."""

_YEARS = re.compile(r"(\d{4})?(?:(\.\.)(\d{4})?)?")


def parse_filters(given: Mapping[str, Any]) -> Filters | None:
    """Filters from text under NAMES, as {"year": "2020..", "author": ["Khattab"]}; None where none is set.

    `author` and `where` may be one text or a list. What is missing or None does not filter. Raises
    InputError naming what is unknown, empty or not text.
    """
    if unknown := sorted(set(given) - set(NAMES)):
        raise InputError(f"there is no filter {unknown[0]!r}; the filters are {', '.join(NAMES)}")
    values = {name: _texts(name, value) for name, value in given.items() if value is not None}
    year_from, year_to = parse_years(values["year"][0]) if "year" in values else (None, None)
    filters = Filters(
        year_from=year_from,
        year_to=year_to,
        authors=tuple(_present(name) for name in values.get("author", [])),
        venue=values.get("venue", [""])[0].strip(),
        source=values.get("source", [""])[0].strip(),
        where=tuple(parse_where(text) for text in values.get("where", [])),
    )
    return filters or None


def _texts(name: str, value: object) -> list[str]:
    values = value if name in LISTS and isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str)]
    if len(texts) < len(values):
        raise InputError(f"the filter {name!r} is {value!r}; it must be text")
    if any("\ud800" <= char <= "\udfff" for text in texts for char in text):
        raise InputError(f"the filter {name!r} is not valid Unicode; retype it")
    return texts


def _present(author: str) -> str:
    if not author.strip():
        raise InputError("--author is empty; give a text that must occur, or leave it out")
    return author.strip()


def parse_years(text: str) -> tuple[int | None, int | None]:
    """First and last year of "2020", "2020..2024", "2020.." or "..2024"; both included. Raises InputError."""
    found = _YEARS.fullmatch(text.strip())
    if not found or not (found[1] or found[3]):
        raise InputError(f"--year is {text!r}; write it like 2020, 2020..2024, 2020.. or ..2024")
    first, last = (int(year) if year else None for year in (found[1], found[3] if found[2] else found[1]))
    if first is not None and last is not None and first > last:
        raise InputError(f"--year is {text!r}, which ends before it begins; write {last}..{first}")
    return first, last


def parse_where(text: str) -> tuple[str, str]:
    """The (field, text) of "field=text". Raises InputError where the field is none of a paper's."""
    field, equals, wanted = text.partition("=")
    if not equals or not wanted.strip():
        raise InputError(f"--where is {text!r}; write it like venue=ACL")
    if field.strip() not in FIELDS:
        raise InputError(
            f"--where names {field.strip()!r}, which no paper has; the fields are {', '.join(FIELDS)}"
        )
    return field.strip(), wanted.strip()


def matches(paper: Paper, filters: Filters) -> bool:
    """Whether the paper passes. A paper without a year passes no year filter."""
    if filters.paper_ids and paper.paper_id not in filters.paper_ids:
        return False
    if filters.year_from is not None and (paper.year is None or paper.year < filters.year_from):
        return False
    if filters.year_to is not None and (paper.year is None or paper.year > filters.year_to):
        return False
    wanted = [("authors", name) for name in filters.authors]
    wanted += [("venue", filters.venue), ("sources", filters.source), *filters.where]
    return all(_occurs(text, getattr(paper, field)) for field, text in wanted if text)


def _occurs(wanted: str, value: object) -> bool:
    """Whether `wanted` is part of the value, or of one of its values, ignoring case and accents."""
    values = value if isinstance(value, tuple) else () if value is None else (value,)
    return any(strip_accents(wanted) in strip_accents(str(each)) for each in values)
