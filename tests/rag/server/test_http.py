from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import openai
import pytest
import uvicorn

from rag import errors
from rag.assistant import Assistant
from rag.commands.serve import listen
from rag.errors import InputError, RagError
from rag.server.http import LARGEST_BODY, STATUS, Server, status_of
from rag.server.openai_api import chat_request

QUESTION = "What is late interaction?"


@contextmanager
def serving(server: Server) -> Iterator[str]:
    """The server on a free loopback port; gives its address."""
    listener = listen("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(server.app(), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def url(demo_assistant: Assistant) -> Iterator[str]:
    with serving(Server(demo_assistant)) as address:
        yield address


@pytest.fixture(scope="module")
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as each:
        yield each


def test_ask_gives_the_answer_that_the_assistant_gives(http: httpx.Client, demo_assistant: Assistant) -> None:
    reply = http.post("/ask", json={"question": QUESTION, "words": 60})
    assert reply.status_code == 200
    expected = demo_assistant.ask(QUESTION, words=60).to_dict()
    assert {**reply.json(), "timings_ms": 0} == {**_json(expected), "timings_ms": 0}


def _json(value: object) -> Any:
    return json.loads(json.dumps(value))


def test_ask_takes_history_and_filters(http: httpx.Client) -> None:
    first = http.post("/ask", json={"question": QUESTION}).json()
    history = [["user", QUESTION], ["assistant", first["answer"]]]
    follow_up = http.post("/ask", json={"question": "How much space does it need?", "history": history})
    assert follow_up.status_code == 200
    nothing = http.post("/ask", json={"question": QUESTION, "filters": {"year": "1901"}}).json()
    assert nothing["abstained"] is True
    assert nothing["retrieved"] == []


def test_search_ranks_papers_and_papers_can_be_read(http: httpx.Client, demo_assistant: Assistant) -> None:
    ranked = http.get("/search", params={"q": QUESTION, "top": 3}).json()
    expected = demo_assistant.search(QUESTION, top=3)
    assert [each["paper_id"] for each in ranked] == [each.paper.paper_id for each in expected]
    paper = http.get(f"/papers/{ranked[0]['paper_id']}").json()
    assert paper == _json(expected[0].paper.to_dict())


def test_an_unknown_paper_is_not_found(http: httpx.Client) -> None:
    reply = http.get("/papers/10.9999/no/such")
    assert reply.status_code == 404
    assert "10.9999/no/such" in reply.json()["error"]["message"]


def test_status_tells_what_the_library_holds(http: httpx.Client, demo_assistant: Assistant) -> None:
    assert http.get("/status").json()["papers"] == demo_assistant.library.n_papers


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"{", "not JSON"),
        (b"[]", "object"),
        (b"{}", "question"),
        (b'{"question": 3}', "question"),
        (b'{"question": " "}', "question"),
        (b'{"question": "x", "top": 0}', "top"),
        (b'{"question": "x", "top": true}', "top"),
        (b'{"question": "x", "llm": 1}', "llm"),
        (b'{"question": "x", "history": [["system", "y"]]}', "history"),
        (b'{"question": "x", "filters": {"colour": "red"}}', "colour"),
        (b'{"question": "x", "filters": {"author": [1]}}', "author"),
        (b'{"question": "x", "filters": {"year": "new"}}', "year"),
        (b'{"question": "x", "filters": {"where": "venue"}}', "where"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_wrong_body_is_refused_by_name(http: httpx.Client, body: bytes, names: str) -> None:
    reply = http.post("/ask", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 400
    assert names in reply.json()["error"]["message"]


@pytest.mark.parametrize("params", [{"q": ""}, {"q": "x", "mode": "magic"}, {"q": "x", "top": "-1"}])
def test_a_wrong_search_is_refused(http: httpx.Client, params: dict[str, str]) -> None:
    assert http.get("/search", params=params).status_code == 400


def test_a_page_in_a_browser_cannot_ask(http: httpx.Client) -> None:
    simple = http.post("/ask", content=b'{"question": "x"}', headers={"Content-Type": "text/plain"})
    assert simple.status_code == 415
    rebound = http.get("/status", headers={"Host": "evil.example"})
    assert rebound.status_code == 400


def test_a_huge_body_is_refused(http: httpx.Client) -> None:
    body = b'{"question": "' + b"x" * LARGEST_BODY + b'"}'
    assert http.post("/ask", content=body, headers={"Content-Type": "application/json"}).status_code == 413


def test_a_key_is_asked_for_where_there_is_one(demo_assistant: Assistant) -> None:
    with serving(Server(demo_assistant, key="sesame")) as url:
        assert httpx.get(f"{url}/status").status_code == 401
        assert httpx.get(f"{url}/status", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert httpx.get(f"{url}/status", headers={"Authorization": "Bearer sesame"}).status_code == 200


def test_the_openai_client_gets_a_cited_answer(client: openai.OpenAI, demo_assistant: Assistant) -> None:
    reply = client.chat.completions.create(model="rag", messages=[{"role": "user", "content": QUESTION}])
    answer = demo_assistant.ask(QUESTION)
    assert not answer.abstained
    content = reply.choices[0].message.content or ""
    assert content.startswith(answer.answer)
    assert f"[{answer.citations[0].n}] {answer.citations[0].title}" in content
    assert reply.choices[0].finish_reason == "stop"
    assert (reply.model_extra or {})["rag"]["citations"]


def test_the_openai_client_streams_the_same_text(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "Answer in verse."},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
    ]
    whole = client.chat.completions.create(model="rag-extractive", messages=messages)
    stream = client.chat.completions.create(
        model="rag-extractive", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None


def test_models_are_listed_and_an_unknown_one_refused(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["rag", "rag-extractive"]
    with pytest.raises(openai.BadRequestError, match="gpt-0"):
        client.chat.completions.create(model="gpt-0", messages=[{"role": "user", "content": "x"}])


def test_a_conversation_becomes_question_and_history() -> None:
    asked = chat_request(
        {
            "messages": [
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": None},
                {"role": "assistant", "content": "b"},
                {"role": "tool", "content": "c"},
                {"role": "user", "content": [{"type": "text", "text": "d"}, {"type": "image_url"}]},
            ]
        }
    )
    assert (asked.question, asked.history) == ("d", (("user", "a"), ("assistant", "b")))


@pytest.mark.parametrize(
    "messages",
    [None, [], "x", ["x"], [{"role": "assistant", "content": "x"}], [{"role": "user", "content": 3}], [{}]],
)
def test_messages_without_a_question_are_refused(messages: object) -> None:
    with pytest.raises(InputError):
        chat_request({"messages": messages})


def test_every_error_has_a_status() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, RagError)]
    assert all(400 <= status_of(kind) < 600 for kind in kinds)
    assert set(STATUS) <= set(kinds)


def test_a_taken_port_is_refused_in_one_line() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(InputError, match="--port"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_mcp_messages_are_answered_and_notifications_taken(http: httpx.Client) -> None:
    asked = http.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert [tool["name"] for tool in asked.json()["result"]["tools"]] == ["ask", "search", "paper"]
    assert http.post("/mcp", json={"method": "notifications/initialized"}).status_code == 202
    assert http.get("/mcp").status_code == 405
