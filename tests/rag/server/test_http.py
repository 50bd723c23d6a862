from __future__ import annotations

import inspect
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from rag import errors
from rag.assistant import Assistant
from rag.commands.serve import listen
from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.errors import InputError, RagError
from rag.library.library import Library
from rag.server.failures import STATUS, status_of
from rag.server.keys import KeyFile
from rag.server.openai_requests import chat_request
from rag.server.service import LibraryServer, ServerSettings
from tests.helpers.model_server import ModelServer, Scripted
from tests.helpers.serving import serving, serving_service

QUESTION = "What is late interaction?"


@pytest.fixture(scope="module")
def url(demo_assistant: Assistant) -> Iterator[str]:
    with serving(demo_assistant) as address:
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
    body = b'{"question": "' + b"x" * ServerSettings().largest_body + b'"}'
    assert http.post("/ask", content=body, headers={"Content-Type": "application/json"}).status_code == 413


def test_a_key_is_asked_for_where_there_is_one(demo_assistant: Assistant) -> None:
    with serving(demo_assistant, KeyFile(None, "sesame")) as url:
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
                {"role": "user", "content": [{"type": "text", "text": "d"}]},
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


@pytest.mark.parametrize(
    "params",
    [
        {"q": "x", "top": "²"},
        {"q": "x", "top": "9" * 5000},
        {"q": "x", "top": "0"},
        {"q": "x", "mode": "psychic"},
        {"q": "x", "tpo": "3"},
        {},
    ],
)
def test_a_search_that_cannot_be_run_is_refused(http: httpx.Client, params: dict[str, str]) -> None:
    assert http.get("/search", params=params).status_code == 400


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"question": "x", "llm": True}, "language model"),
        ({"question": "x", "top": 10**30}, "top"),
        ({"question": "x", "top": True}, "top"),
        ({"question": "x", "wrods": 3}, "wrods"),
        ({"question": ["x"]}, "question"),
        ({"question": "x", "filters": {"author": [1]}}, "author"),
        ({"question": "x", "history": [["user"]]}, "history"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused_by_name(
    http: httpx.Client, body: dict[str, Any], names: str
) -> None:
    reply = http.post("/ask", json=body)
    assert reply.status_code == 400
    assert names in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"n": 2}, '"n"'),
        ({"tools": [{"type": "function"}]}, '"tools"'),
        ({"response_format": {"type": "json_object"}}, '"response_format"'),
        ({"store": True}, '"store"'),
        ({"stop": ["."]}, '"stop"'),
        ({"model": []}, "model"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "image",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]}, "text"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "role"),
        ({"colour": "blue"}, '"colour"'),
    ],
)
def test_what_a_library_cannot_do_is_refused_by_name(
    http: httpx.Client, more: dict[str, Any], names: str
) -> None:
    body = {"model": "rag", "messages": [{"role": "user", "content": "x"}], **more}
    reply = http.post("/v1/chat/completions", json=body)
    assert reply.status_code == 400
    assert names in reply.json()["error"]["message"]


def test_fields_that_change_nothing_are_taken(client: openai.OpenAI) -> None:
    reply = client.chat.completions.create(
        model="rag-extractive",
        messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": QUESTION}],
        n=1, seed=3, temperature=0.2, max_completion_tokens=50, store=False, user="me",
    )  # fmt: skip
    assert reply.choices[0].message.content


def test_the_type_of_a_body_is_read_in_any_case(http: httpx.Client) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert http.post("/ask", content=json.dumps({"question": QUESTION}), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("bearer schlüssel", 200),
        ("BEARER schlüssel", 200),
        ("schlüssel", 401),
        ("Basic schlüssel", 401),
        ("", 401),
    ],
)
def test_the_key_is_read_as_the_protocol_says(demo_assistant: Assistant, header: str, status: int) -> None:
    with serving(demo_assistant, KeyFile(None, "schlüssel")) as url:
        reply = httpx.get(f"{url}/status", headers=[(b"Authorization", header.encode())])
    assert reply.status_code == status


@pytest.mark.parametrize("path", ["/ask", "/mcp"])
def test_a_page_of_another_site_may_not_ask(http: httpx.Client, path: str) -> None:
    asked = {"question": QUESTION}
    assert http.post(path, json=asked, headers={"Origin": "https://attacker.test"}).status_code == 403
    assert http.post(path, json=asked, headers={"Origin": "null"}).status_code == 403
    assert http.post(path, json=asked, headers={"Origin": "http://[attacker.test"}).status_code == 403


def test_an_error_names_no_path_of_the_machine(tmp_path: Path, encoder: Encoder) -> None:
    config = replace(Config.from_env(), library=tmp_path / "secret-place")
    library = Library.open(config.library, config, create=True)
    with Assistant(library, encoder, config) as empty, serving(empty) as url:
        reply = httpx.post(f"{url}/ask", json={"question": QUESTION})
    assert reply.status_code == 409
    assert "secret-place" not in reply.text


def with_model(assistant: Assistant, server: ModelServer) -> Assistant:
    """The assistant's library, answered by the scripted model."""
    config = replace(assistant.config, base_url=server.url, model="scripted", timeout_s=20.0, llm_cache=False)
    answering = Assistant(assistant.library, assistant.encoder, config)
    assert not answering.gate.problem  # loaded before anybody waits for it
    return answering


def test_models_that_drip_hold_up_neither_cheap_requests_nor_the_server(
    demo_assistant: Assistant,
) -> None:
    dripping = [Scripted(["a "] * 400, pause_s=0.05) for _ in range(60)]
    with ModelServer(dripping) as model:
        settings = ServerSettings(running=2, waiting=2)
        service = LibraryServer({"default": with_model(demo_assistant, model)}, settings=settings)
        with serving_service(service) as url, ThreadPoolExecutor(8) as threads:
            ask = partial(httpx.post, f"{url}/ask", json={"question": QUESTION}, timeout=6)
            asked = [threads.submit(ask) for _ in range(8)]
            refused = [done for done in asked if not done.exception() and done.result().status_code == 503]
            assert refused
            assert all(done.result().headers["retry-after"] for done in refused)
            # Those that waited have hung up by now: their places are free again.
            assert httpx.get(f"{url}/status", timeout=5).status_code == 200
            deadline = time.monotonic() + 20
            while service.asks.n_inside and time.monotonic() < deadline:
                time.sleep(0.1)
            assert service.asks.n_inside == 0
