from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.errors import ConfigError, InputError, SourceError
from rag.records import Paper
from rag.sources.client import Client, Service
from rag.sources.openalex import SOURCE, parse_works
from rag.sources.source import ResultPage, Search
from tests.helpers.web_service import Asked, Reply, WebService, as_json, running

N_WORKS = 5
KEY = "sesame"


def work(n: int) -> dict[str, Any]:
    """A work in the form of the API, as far as it is read."""
    return {
        "id": f"https://openalex.org/W{1000 + n}",
        "doi": f"https://doi.org/10.1234/W{n}",
        "title": f"Engines {n}",
        "display_name": f"Engines {n}",
        "publication_year": 2024,
        "publication_date": "2024-05-01",
        "ids": {"openalex": f"https://openalex.org/W{1000 + n}", "doi": f"https://doi.org/10.1234/W{n}"},
        "primary_location": {
            "landing_page_url": f"https://doi.org/10.1234/w{n}",
            "source": {"display_name": "Journal of Looms", "type": "journal"},
        },
        "authorships": [
            {"author_position": "first", "author": {"display_name": "Ada Lovelace"}},
            {"author_position": "last", "author": {"display_name": "Charles Babbage"}},
        ],
        "keywords": [{"display_name": "Weaving", "score": 0.5}],
        "abstract_inverted_index": {"We": [0], "weave": [1, 3], "and": [2]},
    }


def listed(first: int, size: int, next_cursor: str | None) -> Reply:
    works = [work(n) for n in range(first, min(first + size, N_WORKS))]
    meta = {"count": N_WORKS, "db_response_time_ms": 20, "page": None, "per_page": size}
    return as_json({"meta": {**meta, "next_cursor": next_cursor}, "results": works, "group_by": []})


def answer(asked: Asked) -> Reply:
    """Cursor paging for who has the key, basic paging for all, as the service does since 2026."""
    size = int(asked.params["per_page"])
    if "cursor" not in asked.params:
        return listed((int(asked.params["page"]) - 1) * size, size, None)
    if asked.params.get("api_key") != KEY:
        return as_json({"error": "Unauthorized", "message": "cursor paging needs a key"}, status=401)
    first = 0 if asked.params["cursor"] == "*" else int(asked.params["cursor"].removeprefix("at"))
    return listed(first, size, f"at{first + size}" if first < N_WORKS else None)


@pytest.fixture
def service() -> Iterator[WebService]:
    with running(WebService(answer)) as each:
        yield each


def pages(
    service: WebService, cursor: Any = None, *, key: str = "", since: date | None = None
) -> list[ResultPage]:
    settings = Service("OpenAlex", service.url, 0.0, "me@example.org", key, timeout_s=0.3)
    with Client(settings, sleep=lambda _: None) as client:
        return list(SOURCE.pages(client, Search("looms", since, date(2026, 3, 10), 2), cursor))


def ids(pages: list[ResultPage]) -> list[str]:
    return [paper.paper_id for page in pages for paper in page.papers if isinstance(paper, Paper)]


ALL = [f"10.1234/w{n}" for n in range(N_WORKS)]


@pytest.mark.parametrize("key", ["", KEY], ids=["by page", "by cursor"])
def test_all_pages_are_walked_through(service: WebService, key: str) -> None:
    found = pages(service, key=key)
    assert ids(found) == ALL
    assert found[-1].cursor is None
    assert ("cursor" in service.requests[0].params) is bool(key)


@pytest.mark.parametrize("key", ["", KEY], ids=["by page", "by cursor"])
def test_a_run_goes_on_at_its_cursor(service: WebService, key: str) -> None:
    first, *_ = pages(service, key=key)
    assert ids(pages(service, first.cursor, key=key)) == ALL[2:]


def test_a_work_becomes_a_paper() -> None:
    papers, total, _ = parse_works(listed(0, 1, None).body)
    assert total == N_WORKS
    (paper,) = papers
    assert isinstance(paper, Paper)
    assert paper.abstract == "We weave and weave"
    assert paper.authors == ("Ada Lovelace", "Charles Babbage")
    assert (paper.year, paper.venue, paper.doi) == (2024, "Journal of Looms", "10.1234/w0")
    assert paper.sources == ("openalex",)


def test_the_request_says_what_is_wanted_and_who_asks(service: WebService) -> None:
    pages(service, since=date(2026, 2, 1))
    asked = service.requests[0].params
    assert asked["search"] == "looms"
    assert asked["filter"] == "has_abstract:true,from_publication_date:2026-02-01"
    assert asked["mailto"] == "me@example.org"
    assert "api_key" not in asked


@pytest.mark.parametrize(
    "fault",
    [
        Reply(listed(0, 2, None).body, cut=True),
        Reply(b'{"meta": {"count": 5}'),
        Reply(b'{"results": []}'),
        Reply(b"[]"),
        as_json({"message": "slow down"}, status=429, headers={"Retry-After": "1"}),
        Reply(b"", 500),
        Reply(b"", stall=True),
    ],
    ids=["truncated", "malformed", "no meta", "a list", "429", "500", "stall"],
)
def test_a_fault_costs_a_try_and_no_paper(service: WebService, fault: Reply) -> None:
    service.faults = [fault]
    assert ids(pages(service)) == ALL


def test_a_wrong_filter_is_the_users_and_a_wrong_key_too(service: WebService) -> None:
    service.faults = [as_json({"error": "Invalid filter", "message": "Unknown filter field"}, status=400)]
    with pytest.raises(InputError, match="Unknown filter field"):
        pages(service)
    with pytest.raises(ConfigError, match="cursor paging needs a key"):
        pages(service, key="wrong")


def test_a_spent_day_is_told_not_waited_for(service: WebService) -> None:
    service.faults = [as_json({"message": "Daily limit"}, status=429, headers={"Retry-After": "40000"})]
    with pytest.raises(SourceError, match="Daily limit"):
        pages(service)


def test_beyond_what_is_free_a_key_is_asked_for(service: WebService) -> None:
    with pytest.raises(ConfigError, match="OPENALEX_API_KEY"):
        pages(service, {"page": 101, "per_page": 100})


def test_a_key_goes_only_into_the_request(service: WebService) -> None:
    pages(service, key=KEY)
    assert service.requests[0].params["api_key"] == KEY
    service.faults = [Reply(json.dumps({"message": "no"}).encode(), 410)]
    with pytest.raises(SourceError) as told:
        pages(service, key=KEY)
    assert KEY not in str(told.value)


def test_a_sync_that_breaks_off_keeps_what_it_has_and_goes_on(
    service: WebService, tmp_path: Path, rag: Callable[..., Any]
) -> None:
    library = ("--library", tmp_path / "library")
    command = ("sync", "openalex", "--query", "looms", "--base-url", service.url, "--limit", "2", *library)
    first = rag(*command)
    assert first.out.startswith("OpenAlex: 2 added, 0 updated, 0 unchanged, 0 skipped; more to come")
    service.faults = [Reply(b"gone", 410)]
    broken = rag(*command)
    assert (broken.code, broken.out) == (1, "")
    assert "HTTP 410" in broken.err
    assert len(rag("list", *library).out.splitlines()) == 2
    assert "2 added" in rag(*command).out
    last = rag(*command)
    assert "1 added" in last.out
    assert "complete to" in last.out
    assert [asked.params["page"] for asked in service.requests] == ["1", "2", "2", "3"]
    assert sorted(line.split("\t")[0] for line in rag("list", *library).out.splitlines()) == ALL
