"""Who may do what, over HTTP: keys, rates, hosts, sites, sizes, headers."""

from __future__ import annotations

import base64
import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.assistant import Assistant
from rag.server.keys import KeyFile, ServerKey
from rag.server.logs import JsonLines
from rag.server.service import ServerSettings
from tests.helpers.serving import serving

PAPER = {
    "id": "made-1",
    "title": "A made-up paper",
    "abstract": "Storks carry marmots. They rarely drop one.",
}
QUESTION = "What is late interaction?"


@pytest.fixture(scope="module")
def own(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """A library that may be changed."""
    folder = tmp_path_factory.mktemp("own") / "library"
    shutil.copytree(demo_library, folder)
    with Assistant.open(folder) as assistant:
        yield assistant


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_read_key_reads_and_a_read_write_key_changes_the_library(own: Assistant, keys: KeyFile) -> None:
    reads, writes = (bearer(keys.make(ServerKey(name, "", name == "w"))) for name in ("r", "w"))
    with serving(own, keys) as url, httpx.Client(base_url=url, timeout=60) as http:
        n_before = http.get("/v1/libraries", headers=reads).json()["libraries"][0]["papers"]
        for headers in ({}, bearer("rag_wrong")):
            assert http.get("/v1/papers", headers=headers).status_code == 401
            assert http.post("/v1/papers", json={"papers": [PAPER]}, headers=headers).status_code == 401
        assert http.post("/v1/papers", json={"papers": [PAPER]}, headers=reads).status_code == 403
        assert http.delete("/v1/papers/made-1", headers=reads).status_code == 403
        added = http.post("/v1/papers", json={"papers": [PAPER]}, headers=writes).json()
        assert (added["added"], added["skipped"]) == (1, 0)
        again = http.post("/v1/papers", json={"papers": [PAPER]}, headers=writes).json()
        assert (again["added"], again["unchanged"]) == (0, 1)
        assert http.get("/v1/papers/made-1", headers=reads).json()["abstract"] == PAPER["abstract"]
        answer = http.post("/v1/ask", json={"question": "What do storks carry?"}, headers=reads).json()
        assert [citation["paper_id"] for citation in answer["citations"]] == ["made-1"] * len(
            answer["citations"]
        )
        assert http.delete("/v1/papers/made-1", headers=writes).json() == {"removed": 1}
        assert http.delete("/v1/papers/made-1", headers=writes).status_code == 404
        assert http.get("/v1/libraries", headers=reads).json()["libraries"][0]["papers"] == n_before


def test_without_keys_anyone_here_reads_and_nobody_writes(demo_assistant: Assistant) -> None:
    with serving(demo_assistant) as url:
        assert httpx.get(f"{url}/v1/papers", params={"limit": 1}).status_code == 200
        assert httpx.post(f"{url}/v1/papers", json={"papers": [PAPER]}).status_code == 403


def test_a_file_of_papers_is_read_by_its_content(own: Assistant, keys: KeyFile) -> None:
    headers = bearer(keys.make(ServerKey("w", "", can_write=True)))
    bibtex = b"@article{a1, title={Marmots at rest}, abstract={Marmots sleep. Storks do not.}, year={2020}}"
    with serving(own, keys) as url:
        sent = {"content": bibtex, "headers": headers, "timeout": 60}
        report = httpx.post(f"{url}/v1/papers/file", params={"name": "marmots.bib"}, **sent).json()  # type: ignore[arg-type]
        assert report == {"added": 1, "updated": 0, "unchanged": 0, "skipped": 0, "reasons": []}
        found = httpx.get(
            f"{url}/v1/search", params={"q": "marmots asleep", "top": 1}, headers=headers
        ).json()
        paper = httpx.get(f"{url}/v1/papers/{found[0]['paper_id']}", headers=headers).json()
        assert (paper["title"], paper["sources"]) == ("Marmots at rest", ["marmots.bib"])
        none = httpx.post(f"{url}/v1/papers/file", content=b"nothing here", headers=headers, timeout=60)
        assert none.status_code in (200, 400)
        assert "/tmp" not in none.text
        for name in ("../../etc", "..", ".", "漢" * 100):
            bad = httpx.post(f"{url}/v1/papers/file", params={"name": name}, **sent)  # type: ignore[arg-type]
            assert bad.status_code == 400, name


def test_a_revoked_key_is_refused_without_a_restart(demo_assistant: Assistant, keys: KeyFile) -> None:
    headers = bearer(keys.make(ServerKey("anna", "")))
    other = bearer(keys.make(ServerKey("ben", "")))
    with serving(demo_assistant, keys) as url:
        assert httpx.get(f"{url}/status", headers=headers).status_code == 200
        keys.revoke("anna")
        assert httpx.get(f"{url}/status", headers=headers).status_code == 401
        assert httpx.get(f"{url}/status", headers=other).status_code == 200


def test_revoking_the_last_key_opens_nothing(demo_assistant: Assistant, keys: KeyFile) -> None:
    headers = bearer(keys.make(ServerKey("anna", "")))
    with serving(demo_assistant, keys) as url:
        keys.revoke("anna")
        assert httpx.get(f"{url}/status").status_code == 401
        assert httpx.get(f"{url}/status", headers=headers).status_code == 401
    with serving(demo_assistant, settings=ServerSettings(needs_key=True)) as url:
        assert httpx.get(f"{url}/status").status_code == 401


def test_words_of_strangers_are_no_labels_of_counts(demo_assistant: Assistant) -> None:
    with serving(demo_assistant) as url:
        for n in range(5):
            assert httpx.request(f"MADEUP{n}", f"{url}/made-up-{n}").status_code in (404, 405)
        counts = httpx.get(f"{url}/metrics").text
    assert "MADEUP" not in counts
    assert 'rag_requests_total{method="other",route="other",status="404"} 5.0' in counts


def test_a_key_that_asks_too_often_is_told_when_to_come_back(
    demo_assistant: Assistant, keys: KeyFile
) -> None:
    headers = bearer(keys.make(ServerKey("anna", "", per_minute=2)))
    with serving(demo_assistant, keys) as url:
        replies = [httpx.get(f"{url}/status", headers=headers) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert 1 <= int(replies[2].headers["retry-after"]) <= 30


def test_health_and_documentation_need_no_key(demo_assistant: Assistant, keys: KeyFile) -> None:
    keys.make(ServerKey("anna", ""))
    with serving(demo_assistant, keys) as url:
        for path in ("/healthz", "/readyz", "/docs", "/openapi.json", "/docs/assets/swagger-ui-bundle.js"):
            assert httpx.get(f"{url}{path}").status_code == 200, path
        assert httpx.get(f"{url}/").headers["location"] == "/docs"
        for path in ("/metrics", "/v1/models", "/v1/libraries", "/mcp", "/nothing"):
            assert httpx.get(f"{url}{path}").status_code == 401, path


def test_every_reply_carries_the_security_headers_and_its_id(demo_assistant: Assistant) -> None:
    with serving(demo_assistant) as url:
        for path in ("/healthz", "/v1/search?q=x", "/nothing", "/v1/ask", "/docs"):
            headers = httpx.get(f"{url}{path}", headers={"X-Request-Id": "abc-1"}).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-request-id"] == "abc-1"
        made_up = httpx.get(f"{url}/healthz", headers={"X-Request-Id": "a b\x1b[31m"}).headers["x-request-id"]
    assert made_up.isalnum()


def test_browsers_of_other_sites_are_let_in_only_by_name(demo_assistant: Assistant) -> None:
    named, other = {"Origin": "https://notes.test"}, {"Origin": "https://attacker.test"}
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with serving(demo_assistant) as url:
        closed = httpx.options(f"{url}/v1/ask", headers={**named, **preflight})
        assert closed.status_code == 403
        assert "access-control-allow-origin" not in closed.headers
    with serving(demo_assistant, settings=ServerSettings(origins=("https://notes.test",))) as url:
        asked = httpx.options(f"{url}/v1/ask", headers={**named, **preflight})
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == "https://notes.test"
        assert httpx.get(f"{url}/v1/models", headers=named).headers["access-control-allow-origin"]
        assert httpx.get(f"{url}/v1/models", headers=other).status_code == 403


def test_a_page_of_the_servers_own_may_ask_wherever_it_is_called(demo_assistant: Assistant) -> None:
    with serving(demo_assistant, settings=ServerSettings(hosts=("*",))) as url:
        own = {"Host": "lab.test", "Origin": "https://lab.test"}
        assert httpx.get(f"{url}/v1/models", headers=own).status_code == 200
        foreign = {"Host": "lab.test", "Origin": "https://attacker.test"}
        assert httpx.get(f"{url}/v1/models", headers=foreign).status_code == 403


def test_bodies_are_bounded_also_where_their_length_is_not_told(
    demo_assistant: Assistant, keys: KeyFile
) -> None:
    headers = bearer(keys.make(ServerKey("w", "", can_write=True)))
    settings = ServerSettings(largest_body=1000, largest_upload=5000)

    def pieces() -> Iterator[bytes]:
        yield from [b"x" * 500] * 20

    with serving(demo_assistant, keys, settings) as url:
        as_json = {**headers, "Content-Type": "application/json"}
        for path, sent in (("/v1/ask", as_json), ("/v1/papers/file", headers), ("/mcp", as_json)):
            assert httpx.post(f"{url}{path}", content=pieces(), headers=sent).status_code == 413, path
            assert httpx.post(f"{url}{path}", content=b"x" * 6000, headers=sent).status_code == 413, path


def test_a_question_is_bounded(demo_assistant: Assistant) -> None:
    with serving(demo_assistant) as url:
        reply = httpx.post(f"{url}/v1/ask", json={"question": "x" * 10_001})
    assert reply.status_code == 400
    assert "10,000" in reply.json()["error"]["message"]


def test_the_page_asks_browsers_for_a_password(demo_assistant: Assistant, keys: KeyFile) -> None:
    read, write = (keys.make(ServerKey(name, "", name == "w")) for name in ("r", "w"))

    def basic(secret: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"me:{secret}".encode()).decode()}

    with serving(demo_assistant, keys, ServerSettings(page="/ui")) as url:
        refused = httpx.get(f"{url}/ui/")
        assert (refused.status_code, refused.headers["www-authenticate"][:5]) == (401, "Basic")
        assert httpx.get(f"{url}/ui/", headers=basic(read)).status_code == 403
        assert httpx.get(f"{url}/ui/", headers=basic(write)).status_code == 404  # let in; no page is mounted
        assert httpx.get(f"{url}/v1/models", headers=basic(write)).status_code == 401
        assert httpx.get(f"{url}/ui/", headers={"Authorization": "Basic !"}).status_code == 401


@pytest.mark.parametrize("log_questions", [False, True])
def test_a_line_is_logged_for_each_request_without_what_was_asked(
    demo_assistant: Assistant, keys: KeyFile, caplog: pytest.LogCaptureFixture, log_questions: bool
) -> None:
    headers = bearer(keys.make(ServerKey("anna", "")))
    with (
        caplog.at_level(logging.INFO, "rag.server.requests"),
        serving(demo_assistant, keys, ServerSettings(log_questions=log_questions)) as url,
    ):
        httpx.post(
            f"{url}/v1/ask",
            json={"question": QUESTION},
            headers={**headers, "X-Request-Id": "r-1"},
            timeout=60,
        )
        httpx.get(f"{url}/v1/search", params={"q": "secret subject"}, headers=headers, timeout=60)
        httpx.get(f"{url}/healthz")
    lines: list[dict[str, Any]] = [json.loads(JsonLines().format(record)) for record in caplog.records]
    asked, searched = [line for line in lines if line["message"] == "request"]
    assert (asked["request_id"], asked["key"], asked["route"], asked["status"]) == (
        "r-1",
        "anna",
        "/v1/ask",
        200,
    )
    assert {"retrieve", "read"} <= asked["stages_ms"].keys()
    assert searched["route"] == "/v1/search"
    text = json.dumps(lines)
    assert "secret subject" not in text
    assert (QUESTION in text) is log_questions
    assert not any(secret in text for secret in headers.values())
