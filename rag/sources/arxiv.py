"""arXiv by its query interface, the latest revision first, so that new versions of known papers come too.

The manual (info.arxiv.org/help/api/user-manual) asks for three seconds between calls and hands out the
first 30,000 results of a query. Feeds are read by the reader of saved ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.errors import InputError
from rag.readers import atom
from rag.records import Paper, Skip
from rag.sources.client import Client, Params
from rag.sources.responses import papers_in, xml_of
from rag.sources.source import Cursor, ResultPage, Search, Source

NAME = "arxiv"
LAST_RESULT = 30_000
_ATOM = "{http://www.w3.org/2005/Atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"


@dataclass(frozen=True, slots=True)
class Feed:
    """One page: papers, the date each was last revised (ISO 8601), and how many answer in all."""

    papers: tuple[Paper | Skip, ...]
    revised: tuple[str, ...]
    total: int


def pages(client: Client, search: Search, cursor: Cursor | None) -> Iterator[ResultPage]:
    """Back to `search.since`. What is revised meanwhile moves to the front: a paper may come twice."""
    start = int(cursor["start"]) if cursor else 0
    since = search.since.isoformat() if search.since else ""
    is_last = False
    while not is_last:
        feed = _feed(client, search, start)
        new = tuple(paper for paper, day in zip(feed.papers, feed.revised, strict=True) if day >= since)
        start += len(feed.papers)
        is_last = len(new) < len(feed.papers) or start >= feed.total
        yield ResultPage(new, None if is_last else {"start": start}, feed.total)


def _feed(client: Client, search: Search, start: int) -> Feed:
    if start >= LAST_RESULT:
        raise InputError(f"arXiv hands out {LAST_RESULT:,} papers a query; narrow --query, or give --since")
    asked: Params = {
        "search_query": search.query,
        "start": start,
        "max_results": search.page_size,
        "sortBy": "lastUpdatedDate",
        "sortOrder": "descending",
    }
    return client.get("query", asked, lambda body: parse_feed(body, start))


def parse_feed(body: bytes, start: int) -> Feed:
    """A page of results from `start` on. Raises ValueError where it is none, or empty though more are due
    (arXiv gives such pages when it is busy), and InputError where it is an error given as an entry."""
    feed = xml_of(body)
    total = int(feed.findtext(_TOTAL, ""))
    entries = feed.findall(f"{_ATOM}entry")
    for entry in entries:
        if "/api/errors" in entry.findtext(f"{_ATOM}id", ""):
            raise InputError(f"arXiv refuses the query: {entry.findtext(f'{_ATOM}summary', '').strip()}")
    if not entries and start < total:
        raise ValueError(f"no papers from {start} on, of {total}")
    revised = tuple(entry.findtext(f"{_ATOM}updated", "")[:10] for entry in entries)
    papers = papers_in(atom, body, NAME)
    if len(papers) != len(revised):
        raise ValueError("entries that are no papers")
    return Feed(papers, revised, total)


SOURCE = Source(
    name=NAME,
    title="arXiv",
    url="https://export.arxiv.org/api",
    interval_s=3.0,
    overlap_days=7,
    page_size=200,
    pages=pages,
)
