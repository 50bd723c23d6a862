from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rag.errors import ConfigError, InputError, SourceError
from rag.sources.client import LONGEST_WAIT_S, WAITS_S, Client, Service
from tests.helpers.web_service import Reply, WebService, as_json, running

GOOD = as_json({"papers": 3})
Ask = Callable[..., object]


@pytest.fixture
def service() -> Iterator[WebService]:
    with running(WebService(lambda asked: GOOD)) as each:
        yield each


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(service: WebService, slept: list[float]) -> Iterator[Client]:
    settings = Service(
        "Papers", service.url + "/api/", interval_s=0.0, contact="me@example.org", timeout_s=0.2
    )
    with Client(settings, sleep=slept.append) as each:
        yield each


@pytest.mark.parametrize(
    "fault",
    [
        Reply(b"slow down", 429),
        Reply(b"<html><h1>Service Unavailable</h1></html>", 503),
        Reply(b"", 500),
        Reply(GOOD.body, cut=True),
        Reply(GOOD.body, stall=True),
        Reply(b'{"papers": '),
        Reply(b""),
        Reply(b"\xff\xfe"),
        Reply(GOOD.body, headers={"Content-Encoding": "gzip"}),
    ],
    ids=["429", "503", "500", "truncated", "stalled", "malformed", "empty", "not text", "not gzip"],
)
def test_a_fault_of_the_moment_is_tried_again(
    client: Client, service: WebService, slept: list[float], fault: Reply
) -> None:
    service.faults = [fault, fault]
    assert client.get("works", {"q": "a b"}, json.loads) == {"papers": 3}
    assert len(service.requests) == 3
    assert slept == list(WAITS_S[:2])


def test_a_service_that_goes_on_failing_is_given_up_in_one_line(client: Client, service: WebService) -> None:
    service.faults = [Reply(b"<p>down for\nmaintenance</p>", 503)] * 9
    with pytest.raises(SourceError, match=r"503 \(down for maintenance\).*run the same command again"):
        client.get("works", {}, json.loads)
    assert len(service.requests) == len(WAITS_S) + 1


def test_retry_after_is_honoured_in_seconds_and_as_a_date(
    client: Client, service: WebService, slept: list[float]
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    service.faults = [Reply(b"", 429, {"Retry-After": "41"}), Reply(b"", 503, {"Retry-After": later})]
    client.get("works", {}, json.loads)
    assert slept[0] == 41
    assert 50 < slept[1] <= 60


def test_a_wait_too_long_is_told_and_not_slept(
    client: Client, service: WebService, slept: list[float]
) -> None:
    service.faults = [Reply(b"daily limit", 429, {"Retry-After": "7200"})]
    with pytest.raises(SourceError, match=r"daily limit.*7200 s"):
        client.get("works", {}, json.loads)
    assert slept == []
    assert LONGEST_WAIT_S < 7200


@pytest.mark.parametrize(
    ("status", "error"), [(400, InputError), (401, ConfigError), (403, ConfigError), (410, SourceError)]
)
def test_a_refusal_is_not_tried_again_and_says_why(
    client: Client, service: WebService, status: int, error: type[Exception]
) -> None:
    service.faults = [as_json({"error": "Invalid", "message": "unknown filter: colour"}, status=status)]
    with pytest.raises(error, match="unknown filter: colour"):
        client.get("works", {}, json.loads)
    assert len(service.requests) == 1


def test_a_service_that_is_not_there_is_a_service_error(slept: list[float]) -> None:
    gone = Service("Papers", "http://127.0.0.1:9", interval_s=0.0)
    with Client(gone, sleep=slept.append) as client, pytest.raises(SourceError, match="Papers at http"):
        client.get("works", {}, json.loads)


def test_requests_say_who_asks_and_what(client: Client, service: WebService) -> None:
    client.get("works", {"search": "a & b=c", "page": 2}, json.loads)
    (asked,) = service.requests
    assert (asked.path, asked.params) == ("/api/works", {"search": "a & b=c", "page": "2"})
    assert "mailto:me@example.org" in asked.headers["User-Agent"]


def test_requests_keep_their_distance(service: WebService, slept: list[float]) -> None:
    with Client(Service("Papers", service.url, interval_s=3.0), sleep=slept.append) as client:
        for _ in range(3):
            client.get("works", {}, json.loads)
    assert len(slept) == 2
    assert all(2 < pause <= 3 for pause in slept)


def test_a_key_does_not_show() -> None:
    assert "sesame" not in repr(Service("Papers", "http://127.0.0.1", 1.0, key="sesame"))
