"""Filters as the command line spells them, and whether a paper passes.

Owns the options `--year --author --venue --source --where`, shared by every command that narrows a
library. Applying filters inside the search legs belongs to the indexes; `matches` is the plain
meaning they must agree with.
"""

from __future__ import annotations

import re
import unicodedata
from argparse import ArgumentParser, Namespace
from dataclasses import fields

from rag.errors import InputError
from rag.records import Filters, Paper

FIELDS = tuple(field.name for field in fields(Paper))
"""What `--where` may name."""

_YEARS = re.compile(r"(\d{4})?(?:(\.\.)(\d{4})?)?")


def add_filter_arguments(parser: ArgumentParser) -> None:
    """Add the options that `filters_from` reads."""
    group = parser.add_argument_group("filters (a paper must pass all of them)")
    group.add_argument("--year", metavar="YEARS", help="2020, 2020..2024, 2020.. or ..2024")
    group.add_argument(
        "--author", action="append", default=[], metavar="NAME", help="occurs in an author's name; repeatable"
    )
    group.add_argument("--venue", default="", metavar="TEXT", help="occurs in the venue")
    group.add_argument(
        "--source", default="", metavar="TEXT", help="occurs in a file or source it was read from"
    )
    group.add_argument(
        "--where", action="append", default=[], metavar="FIELD=TEXT", help="occurs in that field; repeatable"
    )


def filters_from(args: Namespace) -> Filters | None:
    """The filters given on the command line, or None where none was. Raises InputError."""
    year_from, year_to = parse_years(args.year) if args.year is not None else (None, None)
    filters = Filters(
        year_from=year_from,
        year_to=year_to,
        authors=tuple(_given("--author", name) for name in args.author),
        venue=args.venue.strip(),
        source=args.source.strip(),
        where=tuple(parse_where(text) for text in args.where),
    )
    return filters or None


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


def _given(option: str, text: str) -> str:
    if not text.strip():
        raise InputError(f"{option} is empty; give a text that must occur, or leave it out")
    return text.strip()
