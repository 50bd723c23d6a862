"""Filters as command-line options, `--year --author --venue --source --where`, shared by every command that
narrows a library. Their meaning is rag/papers/filters.py's.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from rag.papers.filters import NAMES, parse_filters
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
    return parse_filters({name: getattr(args, name) for name in NAMES})
