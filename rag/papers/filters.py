"""Filters: how their values are written, and whether a paper passes.

Applying filters inside the search legs belongs to the indexes; `matches` is the plain meaning they must
agree with. The command line's options are rag/commands/filter_options.py's.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import fields

from rag.errors import InputError
from rag.records import Filters, Paper

FIELDS = tuple(field.name for field in fields(Paper))
"""What `--where` may name."""

_YEARS = re.compile(r"(\d{4})?(?:(\.\.)(\d{4})?)?")


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
    return any(_plain(wanted) in _plain(str(each)) for each in values)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
