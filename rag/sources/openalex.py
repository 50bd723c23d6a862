"""OpenAlex works that have an abstract, the latest publication first.

As developers.openalex.org has it: with a key (OPENALEX_API_KEY, free) by cursor, however many; without one by
page number, the first 10,000. Dates are of publication, as filtering by the date of entry is for paying
users, so each sync looks back a month for works that were entered late. Works are read as saved ones are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from rag.errors import ConfigError
from rag.readers.json_records import entry_of
from rag.readers.raw_record import to_paper
from rag.records import Paper, Skip
from rag.sources.client import Client, Params
from rag.sources.source import Cursor, ResultPage, Search, Source

NAME = "openalex"
LAST_WITHOUT_KEY = 10_000


def pages(client: Client, search: Search, cursor: Cursor | None) -> Iterator[ResultPage]:
    """Without a key, works entered between two pages shift the rest: some come twice, none is missed."""
    first: Cursor = {"cursor": "*"} if client.service.key else {"page": 1}
    at: Cursor | None = cursor or {**first, "per_page": search.page_size}
    while at:
        _refuse_beyond(at)
        papers, total, after = client.get("works", {**_asked(client, search), **at}, parse_works)
        at = _next(at, after, total) if papers else None
        yield ResultPage(papers, at, total)


def parse_works(body: bytes) -> tuple[tuple[Paper | Skip, ...], int, str | None]:
    """(papers, how many in all, the next cursor) of a reply. Raises ValueError where it is none."""
    reply = json.loads(body)
    try:
        total, after, works = int(reply["meta"]["count"]), reply["meta"].get("next_cursor"), reply["results"]
        papers = tuple(to_paper(entry_of(work, work["id"]), NAME, NAME) for work in works)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no {error} in a list of works") from error
    return papers, total, after


def _asked(client: Client, search: Search) -> Params:
    filters = ["has_abstract:true"]
    if search.since:
        filters.append(f"from_publication_date:{search.since.isoformat()}")
    asked: Params = {
        "search": search.query,
        "filter": ",".join(filters),
        "sort": "publication_date:desc",
        "mailto": client.service.contact,
        "api_key": client.service.key,
    }
    return {name: value for name, value in asked.items() if value}


def _next(at: Cursor, after: str | None, total: int) -> Cursor | None:
    if "cursor" in at:
        return {**at, "cursor": after} if after else None
    page, size = int(at["page"]), int(at["per_page"])
    return {**at, "page": page + 1} if page * size < total else None


def _refuse_beyond(at: Cursor) -> None:
    if int(at.get("page", 0)) * int(at["per_page"]) > LAST_WITHOUT_KEY:
        raise ConfigError(
            f"OpenAlex hands out {LAST_WITHOUT_KEY:,} works without a key; set OPENALEX_API_KEY (free at "
            "openalex.org/settings/api) and add --restart, or narrow --query or --since"
        )


SOURCE = Source(
    name=NAME,
    title="OpenAlex",
    url="https://api.openalex.org",
    interval_s=0.2,
    overlap_days=30,
    page_size=100,
    pages=pages,
    key_variable="OPENALEX_API_KEY",
)
