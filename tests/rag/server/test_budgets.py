"""What a language model takes is counted to the key that asked, whatever for, and however it ended."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.assistant import Assistant
from rag.records import Price
from rag.server.keys import KeyFile, ServerKey
from rag.server.service import LibraryServer, ServerSettings
from tests.helpers.model_server import ModelServer, Scripted
from tests.helpers.serving import serving, serving_service

QUESTION = "What does JointRank do?"
WRITTEN = Scripted("JointRank reranks blocks of a list in one pass [1].", usage=(100, 20))


def with_model(assistant: Assistant, model: ModelServer, **settings: Any) -> Assistant:
    config = replace(
        assistant.config, base_url=model.url, model="scripted", llm_cache=False, judge="off", **settings
    )
    answering = Assistant(assistant.library, assistant.encoder, config, assistant)  # its gate, too
    assert not answering.gate.problem  # loaded before anybody waits for it
    return answering


def ask(url: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    return httpx.post(f"{url}/v1/ask", json={"question": QUESTION, **more}, headers=headers, timeout=60)


def key_of(folder: Path, tokens: int) -> tuple[KeyFile, dict[str, str]]:
    keys = KeyFile(folder / "keys.json")
    return keys, {"Authorization": f"Bearer {keys.make(ServerKey('anna', '', tokens_per_day=tokens))}"}


def test_papers_ordered_by_a_model_are_paid_by_who_asks(demo_assistant: Assistant, tmp_path: Path) -> None:
    keys, headers = key_of(tmp_path, 21 * 50 + 120)
    orders = [Scripted("1 > 2 > 3", usage=(45, 5))] * 21
    with (
        ModelServer([*orders, WRITTEN]) as model,
        serving(with_model(demo_assistant, model, rerank="llm"), keys) as url,
    ):
        answer = ask(url, headers).json()
        refused = ask(url, headers)
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (21 * 45 + 100, 125)
    assert refused.status_code == 429


def test_an_answer_that_nobody_waited_for_is_paid_for(demo_assistant: Assistant, tmp_path: Path) -> None:
    keys, headers = key_of(tmp_path, 1)
    with (
        ModelServer([Scripted(["words "] * 400, pause_s=0.02)]) as model,
        serving(with_model(demo_assistant, model), keys) as url,
    ):
        body = {"question": QUESTION, "stream": True}
        with httpx.stream("POST", f"{url}/v1/ask", json=body, headers=headers, timeout=60) as stream:
            next(line for line in stream.iter_lines() if line == "event: text")
        ends = time.monotonic() + 20
        while not _tokens(url, headers) and time.monotonic() < ends:
            time.sleep(0.1)
        assert ask(url, headers).status_code == 429


def _tokens(url: str, headers: dict[str, str]) -> float:
    lines = httpx.get(f"{url}/metrics", headers=headers, timeout=30).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("rag_model_tokens_total"))


def test_searches_and_checks_ask_no_model(demo_assistant: Assistant) -> None:
    with (
        ModelServer([]) as model,
        serving(with_model(demo_assistant, model, rerank="llm")) as url,
        httpx.Client(base_url=url, timeout=60) as http,
    ):
        assert http.get("/v1/search", params={"q": QUESTION}).status_code == 200
        assert http.post("/v1/check", json={"text": "JointRank reranks in one pass."}).status_code == 200
        assert http.post("/v1/ask", json={"question": QUESTION, "llm": False}).status_code == 200
        assert model.requests == []


def test_libraries_of_one_server_keep_one_cap(demo_assistant: Assistant) -> None:
    dear = replace(WRITTEN, usage=(100_000, 20))
    with ModelServer([dear, dear]) as model:
        capped = {"max_cost_usd": 0.5, "price": Price(10.0, 10.0)}
        first = with_model(demo_assistant, model, **capped)
        second = Assistant(first.library, first.encoder, first.config, first)
        assert first.ask(QUESTION).mode == "llm"
        refused = second.ask(QUESTION)
    assert second.gate is first.gate
    assert refused.notice is not None
    assert "is spent" in refused.notice


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions", "/v1/responses"])
def test_a_stream_for_which_there_is_no_room_is_refused_with_a_status(
    demo_assistant: Assistant, path: str
) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "/v1/ask": {"question": QUESTION},
        "/v1/chat/completions": {"messages": [{"role": "user", "content": QUESTION}]},
        "/v1/responses": {"input": QUESTION},
    }
    with ModelServer([Scripted(["a "] * 400, pause_s=0.05)]) as model:
        answering = with_model(demo_assistant, model)
        service = LibraryServer({"default": answering}, settings=ServerSettings(running=1, waiting=0))
        with serving_service(service) as url:
            body = {"question": QUESTION, "stream": True}
            with httpx.stream("POST", f"{url}/v1/ask", json=body, timeout=60) as stream:
                lines = stream.iter_lines()  # held: a reader that is let go of hangs up
                next(lines)
                refused = httpx.post(f"{url}{path}", json={**bodies[path], "stream": True}, timeout=60)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
