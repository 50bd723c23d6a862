"""Filters as command-line options, `--year --author --venue --source --where`, shared by every command that
narrows a library. Their meaning is rag/papers/filters.py's.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rag.errors import InputError
from rag.papers.filters import parse_where, parse_years
from rag.records import Filters


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


def _given(option: str, text: str) -> str:
    if not text.strip():
        raise InputError(f"{option} is empty; give a text that must occur, or leave it out")
    return text.strip()
