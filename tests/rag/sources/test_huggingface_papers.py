from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.errors import SourceError
from rag.records import Paper
from rag.sources.client import Client, Service
from rag.sources.huggingface_papers import SOURCE, parse_list
from rag.sources.source import ResultPage, Search
from tests.helpers.web_service import Asked, Reply, WebService, as_json, running

DAYS = {"2026-03-02": 3, "2026-03-03": 0, "2026-03-04": 1}
"""How many papers the service has of each day."""


def listed(paper_id: str, **more: Any) -> dict[str, Any]:
    """One item of a reply, in the form the API gives it."""
    paper = {
        "id": paper_id,
        "authors": [{"_id": "6", "name": "Ada Lovelace", "hidden": False}, {"_id": "7", "name": None}],
        "publishedAt": "2026-03-01T18:59:59.000Z",
        "title": "On\n  Engines",
        "summary": "We weave.\nIt works.",
        "upvotes": 9,
        "ai_keywords": ["engines", "weaving"],
        **more,
    }
    return {
        "paper": paper,
        "publishedAt": "2026-03-02T00:00:00.000Z",
        "title": paper["title"],
        "numComments": 1,
    }


def answer(asked: Asked) -> Reply:
    if asked.path == "/api/papers/search":
        return as_json([listed("2603.00001")])
    day, first = asked.params["date"], int(asked.params["p"]) * int(asked.params["limit"])
    papers = [listed(f"26{day[5:7]}.{int(day[8:]):02}{n:03}") for n in range(DAYS.get(day, 0))]
    return as_json(papers[first : first + int(asked.params["limit"])])


@pytest.fixture
def service() -> Iterator[WebService]:
    with running(WebService(answer)) as each:
        yield each


def pages(service: WebService, search: Search, cursor: Any = None) -> list[ResultPage]:
    with Client(Service("Hugging Face Papers", service.url, 0.0), sleep=lambda _: None) as client:
        return list(SOURCE.pages(client, search, cursor))


def ids(pages: list[ResultPage]) -> list[str]:
    return [paper.paper_id for page in pages for paper in page.papers if isinstance(paper, Paper)]


def test_a_listed_paper_is_read_whole() -> None:
    assert parse_list(json.dumps([listed("2603.00001")]).encode()) == (
        Paper(
            paper_id="2603.00001",
            title="On Engines",
            abstract="We weave.\nIt works.",
            authors=("Ada Lovelace",),
            year=2026,
            arxiv_id="2603.00001",
            url="https://huggingface.co/papers/2603.00001",
            keywords=("engines", "weaving"),
            sources=("huggingface-papers",),
        ),
    )


def test_the_daily_lists_come_day_by_day_and_page_by_page(service: WebService) -> None:
    found = pages(service, Search("", date(2026, 3, 2), date(2026, 3, 4), 2))
    assert ids(found) == ["2603.02000", "2603.02001", "2603.02002", "2603.04000"]
    assert [page.cursor for page in found] == [
        {"day": "2026-03-02", "page": 1},
        {"day": "2026-03-02", "page": 2},
        {"day": "2026-03-04", "page": 1},
        None,
    ]


def test_a_run_goes_on_at_its_cursor(service: WebService) -> None:
    search = Search("", date(2026, 3, 2), date(2026, 3, 4), 2)
    first, *_ = pages(service, search)
    assert ids(pages(service, search, first.cursor)) == ["2603.02002", "2603.04000"]


def test_without_a_date_the_last_week_is_asked_for(service: WebService) -> None:
    pages(service, Search("", None, date(2026, 3, 8), 100))
    assert service.requests[0].params["date"] == "2026-03-01"


def test_a_query_is_searched_for(service: WebService) -> None:
    found = pages(service, Search("engines", None, date(2026, 3, 8), 100))
    assert ids(found) == ["2603.00001"]
    assert service.requests[0].params == {"q": "engines", "limit": "120"}


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[3]", b'[{"paper": {}}]', b'[{"paper": {"id": "2603.00001", "title": "x"}}]', b"[", b"[[]]"],
)
def test_a_reply_in_another_form_is_told(service: WebService, body: bytes) -> None:
    service.faults = [Reply(body)] * 5
    with pytest.raises(SourceError, match="documented form"):
        pages(service, Search("", date(2026, 3, 2), date(2026, 3, 2), 2))


def test_sync_fills_a_library_and_the_next_adds_nothing(
    service: WebService, tmp_path: Path, rag: Callable[..., Any]
) -> None:
    command = ("sync", "huggingface-papers", "--query", "engines", "--base-url", service.url, "--json")
    first = rag(*command, "--library", tmp_path / "library")
    assert first.code == 0, first.err
    assert json.loads(first.out) | {"synced_to": ""} == {
        "source": "huggingface-papers", "query": "engines", "added": 1, "updated": 0, "unchanged": 0,
        "skipped": 0, "reasons": [], "fetched": 1, "total": 1, "synced_to": "",
    }  # fmt: skip
    again = rag(*command, "--library", tmp_path / "library")
    assert json.loads(again.out)["unchanged"] == 1
    listed = rag("list", "--library", tmp_path / "library", "--source", "huggingface")
    assert listed.out == "2603.00001\t2026\tAda Lovelace\tOn Engines\n"


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (("arxiv",), "--query"),
        (("nowhere",), "nowhere"),
        (("huggingface-papers", "--since", "soon"), "soon"),
        (("huggingface-papers", "--base-url", "ftp://x"), "--base-url"),
        (("huggingface-papers", "--contact", "me"), "--contact"),
        (("huggingface-papers", "--limit", "0"), "0"),
    ],
)
def test_a_sync_that_cannot_be_is_refused_in_one_line(
    rag: Callable[..., Any], tmp_path: Path, args: tuple[str, ...], names: str
) -> None:
    outcome = rag("sync", *args, "--library", tmp_path / "library")
    assert outcome.code == 2
    assert names in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "library").exists()
