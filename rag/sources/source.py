"""What a live source is: a service, and a way to walk through the papers that answer a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from rag.records import Paper, Skip
from rag.sources.client import Client

Cursor = dict[str, str | int]
"""Where the next page begins, in terms only its source knows; goes through JSON."""


@dataclass(frozen=True, slots=True)
class Search:
    """What to walk through: papers that answer `query`, new from `since` to `until` (UTC)."""

    query: str
    since: date | None
    until: date
    page_size: int


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Some papers, and where the next ones begin: None after the last page."""

    papers: tuple[Paper | Skip, ...]
    cursor: Cursor | None
    total: int | None = None
    """Papers that answer in all, where the service tells."""


@dataclass(frozen=True, slots=True)
class Source:
    """A live source. `pages` gives the pages from a cursor on (None: from the first)."""

    name: str
    """As `rag sync` and `Paper.sources` call it."""
    title: str
    url: str
    interval_s: float
    overlap_days: int
    """How late, in days, a paper may appear under a date: the next sync goes back so far."""
    page_size: int
    pages: Callable[[Client, Search, Cursor | None], Iterator[ResultPage]]
    needs_query: bool = True
    key_variable: str = ""
    """The environment variable that holds the user's key for the service, where it knows keys."""
