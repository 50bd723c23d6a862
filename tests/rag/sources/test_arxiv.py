from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from rag.errors import InputError, SourceError
from rag.records import Paper
from rag.sources.arxiv import LAST_RESULT, SOURCE, parse_feed
from rag.sources.client import WAITS_S, Client, Service
from rag.sources.source import ResultPage, Search
from tests.helpers.web_service import Asked, Reply, WebService, running

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
  <link href="http://arxiv.org/api/query?search_query=x" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=x</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2026-03-10T00:00:00-04:00</updated>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  {entries}
</feed>"""
ENTRY = """<entry>
    <id>http://arxiv.org/abs/{id}v2</id>
    <updated>{updated}T17:57:00Z</updated>
    <published>2020-04-27T14:21:03Z</published>
    <title>Engines &amp;
  Looms {id}</title>
    <summary>  We weave patterns at $O(n)$ cost.
It works.
</summary>
    <author><name>Ada Lovelace</name></author>
    <author><name>Charles Babbage</name>
      <arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">Cambridge</arxiv:affiliation></author>
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1234/{id}</arxiv:doi>
    <link href="http://arxiv.org/abs/{id}v2" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/{id}v2" rel="related" type="application/pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.IR"
      scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.IR" scheme="http://arxiv.org/schemas/atom"/>
  </entry>"""
ERROR = """<entry>
    <id>http://arxiv.org/api/errors#incorrect_id_format_for_1234</id>
    <title>Error</title><summary>incorrect id format for 1234</summary>
    <updated>2026-03-10T00:00:00-04:00</updated>
  </entry>"""
NEWEST = date(2026, 3, 10)
N_PAPERS = 7


def feed(start: int, size: int, total: int = N_PAPERS) -> bytes:
    """Papers `start` on, the latest revision first, one a day back from NEWEST."""
    numbers = range(start, min(start + size, total))
    entries = [ENTRY.format(id=f"2004.{n:05}", updated=NEWEST - timedelta(days=n)) for n in numbers]
    return FEED.format(total=total, start=start, size=size, entries="\n".join(entries)).encode()


def answer(asked: Asked) -> Reply:
    return Reply(feed(int(asked.params["start"]), int(asked.params["max_results"])))


@pytest.fixture
def service() -> Iterator[WebService]:
    with running(WebService(answer)) as each:
        yield each


def pages(
    service: WebService, since: date | None = None, cursor: Any = None, size: int = 3
) -> list[ResultPage]:
    with Client(Service("arXiv", service.url, 0.0, timeout_s=0.3), sleep=lambda _: None) as client:
        return list(SOURCE.pages(client, Search("cat:cs.IR", since, NEWEST, size), cursor))


def ids(pages: list[ResultPage]) -> list[str]:
    return [paper.arxiv_id for page in pages for paper in page.papers if isinstance(paper, Paper)]


def test_the_query_is_asked_as_the_manual_has_it(service: WebService) -> None:
    pages(service)
    asked = service.requests[1]
    assert asked.path == "/query"
    assert asked.params == {
        "search_query": "cat:cs.IR",
        "start": "3",
        "max_results": "3",
        "sortBy": "lastUpdatedDate",
        "sortOrder": "descending",
    }
    assert SOURCE.interval_s >= 3


def test_all_pages_are_walked_through(service: WebService) -> None:
    found = pages(service)
    assert ids(found) == [f"2004.{n:05}" for n in range(N_PAPERS)]
    assert [page.cursor for page in found] == [{"start": 3}, {"start": 6}, None]
    assert {page.total for page in found} == {N_PAPERS}


def test_an_entry_becomes_a_paper() -> None:
    (paper,) = parse_feed(feed(0, 1), 0).papers
    assert isinstance(paper, Paper)
    assert paper.title == "Engines & Looms 2004.00000"
    assert paper.abstract.split() == ["We", "weave", "patterns", "at", "$O(n)$", "cost.", "It", "works."]
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")
    assert (paper.year, paper.doi, paper.sources) == (2020, "10.1234/2004.00000", ("arxiv",))


def test_only_what_was_revised_since_is_taken_and_asked_for(service: WebService) -> None:
    found = pages(service, since=NEWEST - timedelta(days=3))
    assert ids(found) == [f"2004.{n:05}" for n in range(4)]
    assert len(service.requests) == 2
    assert found[-1].cursor is None


def test_a_run_goes_on_at_its_cursor(service: WebService) -> None:
    assert ids(pages(service, cursor={"start": 5})) == ["2004.00005", "2004.00006"]


@pytest.mark.parametrize(
    "fault",
    [
        Reply(feed(3, 3), cut=True),
        Reply(feed(3, 3)[:500]),
        Reply(feed(9, 3)),
        Reply(b"<html><body>Rate exceeded."),
        Reply(b"Rate exceeded.", 429),
        Reply(b"", 503, {"Retry-After": "1"}),
        Reply(b"", stall=True),
        Reply(b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><feed>&c;</feed>'),
    ],
    ids=["truncated", "cut short", "empty page", "html", "429", "503", "stall", "entities"],
)
def test_a_fault_costs_a_try_and_no_paper(service: WebService, fault: Reply) -> None:
    service.faults = [Reply(feed(0, 3)), fault]
    assert ids(pages(service)) == [f"2004.{n:05}" for n in range(N_PAPERS)]


def test_what_goes_on_failing_is_a_source_error(service: WebService) -> None:
    service.faults = [Reply(feed(0, 3)), *[Reply(feed(9, 3))] * (len(WAITS_S) + 1)]
    with pytest.raises(SourceError, match="no papers from 3 on, of 7"):
        pages(service)


def test_a_query_that_is_refused_says_why(service: WebService) -> None:
    service.faults = [Reply(FEED.format(total=1, start=0, size=1, entries=ERROR).encode())]
    with pytest.raises(InputError, match="incorrect id format"):
        pages(service)


def test_no_match_is_no_paper(service: WebService) -> None:
    service.faults = [Reply(feed(0, 3, total=0))]
    (page,) = pages(service)
    assert (page.papers, page.cursor, page.total) == ((), None, 0)


def test_the_last_result_that_arxiv_hands_out_is_told(service: WebService) -> None:
    with pytest.raises(InputError, match="30,000"):
        pages(service, cursor={"start": LAST_RESULT})
