"""Hugging Face Papers: the daily list, day by day; or with a query, what its search finds.

As huggingface_hub 2.4 asks for them (`list_daily_papers`, `list_papers`). Papers are arXiv papers and go by
its ids. The search knows neither dates nor pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from rag.readers.raw_record import RawRecord, to_paper, year_in
from rag.records import Paper, Skip
from rag.sources.client import Client, Params
from rag.sources.source import Cursor, ResultPage, Search, Source

NAME = "huggingface-papers"
FIRST_DAYS = 7
"""How far back the first sync goes where no --since says it."""
MOST_FOUND = 120
"""What the search gives at most."""


def pages(client: Client, search: Search, cursor: Cursor | None) -> Iterator[ResultPage]:
    if search.query:
        found = client.get("api/papers/search", {"q": search.query, "limit": MOST_FOUND}, parse_list)
        yield ResultPage(found, None, len(found))
    else:
        yield from _daily(client, search, cursor)


def _daily(client: Client, search: Search, cursor: Cursor | None) -> Iterator[ResultPage]:
    """Oldest day first. A page may hold fewer than its limit, so a day ends with an empty one."""
    since = search.since or search.until - timedelta(days=FIRST_DAYS)
    day, number = (date.fromisoformat(str(cursor["day"])), int(cursor["page"])) if cursor else (since, 0)
    while day <= search.until:
        asked: Params = {"date": day.isoformat(), "p": number, "limit": search.page_size}
        papers = client.get("api/daily_papers", asked, parse_list)
        day, number = (day, number + 1) if papers else (day + timedelta(days=1), 0)
        if papers:
            yield ResultPage(papers, {"day": day.isoformat(), "page": number})
    yield ResultPage((), None)


def parse_list(body: bytes) -> tuple[Paper | Skip, ...]:
    """The papers of a reply, in order. Raises ValueError where it is not a list of them."""
    items = json.loads(body)
    if not isinstance(items, list):
        raise ValueError("not a list")
    return tuple(_paper(item) for item in items)


def _paper(item: Any) -> Paper | Skip:
    """The fields are in item["paper"], some of them beside it too."""
    try:
        record = {**item, **item.get("paper", {})}
        found = RawRecord(
            place=record["id"],
            title=record["title"],
            abstract=record["summary"],
            authors=tuple(author["name"] for author in record.get("authors") or () if author.get("name")),
            year=year_in(record.get("publishedAt")),
            arxiv_id=record["id"],
            url=f"https://huggingface.co/papers/{record['id']}",
            keywords=tuple(record.get("ai_keywords") or ()),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no {error} in a paper") from error
    return to_paper(found, NAME, NAME)


SOURCE = Source(
    name=NAME,
    title="Hugging Face Papers",
    url="https://huggingface.co",
    interval_s=1.0,
    overlap_days=2,
    page_size=100,
    pages=pages,
    needs_query=False,
)
