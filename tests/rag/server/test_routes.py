"""The routes beside asking: events, checks, papers, several libraries, health, counts; and OpenAPI."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from rag.assistant import Assistant
from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.library.library import Library
from rag.server.service import ServerSettings
from tests.helpers.model_server import ModelServer, Scripted
from tests.helpers.serving import serving

QUESTION = "What is late interaction?"


@pytest.fixture(scope="module")
def http(demo_assistant: Assistant) -> Iterator[httpx.Client]:
    with serving(demo_assistant) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def described(http: httpx.Client) -> dict[str, Any]:
    schema: dict[str, Any] = http.get("/openapi.json").json()
    return schema


def events_of(text: str) -> list[tuple[str, Any]]:
    """The (name, data) of each event; comments left out."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    pairs = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(pair["event"], json.loads(pair["data"])) for pair in pairs]


@pytest.mark.parametrize("by_header", [False, True])
def test_an_answer_comes_as_events_the_checked_one_last(http: httpx.Client, by_header: bool) -> None:
    whole = http.post("/v1/ask", json={"question": QUESTION}).json()
    headers = {"Accept": "text/event-stream"} if by_header else {}
    reply = http.post("/v1/ask", json={"question": QUESTION, "stream": not by_header}, headers=headers)
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = events_of(reply.text)
    assert [name for name, _ in events] == ["retrieved", "text", "answer"]
    assert {**events[-1][1], "timings_ms": 0} == {**whole, "timings_ms": 0}
    found = [paper["paper_id"] for paper in events[0][1]["papers"]]
    assert found[: len(whole["retrieved"])] == [paper["paper_id"] for paper in whole["retrieved"]]


def test_written_text_comes_while_it_is_written(demo_assistant: Assistant) -> None:
    pieces = ["SLIM ", "uses ", "sparse ", "vectors. ", "[1]"]
    with ModelServer([Scripted(pieces, pause_s=0.1)]) as model:
        config = replace(
            demo_assistant.config, base_url=model.url, model="scripted", llm_cache=False, judge="off"
        )
        answering = Assistant(demo_assistant.library, demo_assistant.encoder, config)
        with serving(answering) as url:
            reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION, "stream": True}, timeout=60)
    events = events_of(reply.text)
    texts = [data["text"] for name, data in events if name == "text"]
    assert len(texts) > 1
    assert "".join(texts).startswith("SLIM uses sparse vectors.")
    assert events[-1][0] == "answer"
    assert events[-1][1]["mode"] == "llm"


def test_an_error_in_the_middle_is_the_last_event(tmp_path: Path, encoder: Encoder) -> None:
    config = replace(Config.from_env(), library=tmp_path / "secret-place")
    library = Library.open(config.library, config, create=True)
    with Assistant(library, encoder, config) as empty, serving(empty) as url:
        reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION, "stream": True}, timeout=60)
        ready = httpx.get(f"{url}/readyz")
    ((name, data),) = events_of(reply.text)
    assert (name, data["error"]["type"]) == ("error", "LibraryEmpty")
    assert "secret-place" not in reply.text
    assert (ready.status_code, ready.json()["reasons"]) == (503, ["default: no papers"])


def test_a_reader_that_leaves_ends_the_work(demo_assistant: Assistant) -> None:
    with ModelServer([Scripted(["a "] * 400, pause_s=0.05)]) as model:
        config = replace(demo_assistant.config, base_url=model.url, model="scripted", llm_cache=False)
        answering = Assistant(demo_assistant.library, demo_assistant.encoder, config)
        assert not answering.gate.problem
        with serving(answering) as url:
            body = {"question": QUESTION, "stream": True}
            with httpx.stream("POST", f"{url}/v1/ask", json=body, timeout=60) as stream:
                next(stream.iter_lines())
            deadline = time.monotonic() + 15
            while _queue(url) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert _queue(url) == 0


def _queue(url: str) -> float:
    lines = httpx.get(f"{url}/metrics", timeout=30).text.splitlines()
    return float(next(line for line in lines if line.startswith("rag_queue ")).split()[1])


def test_texts_and_claims_are_checked(http: httpx.Client, demo_assistant: Assistant) -> None:
    text = "JointRank reranks large candidate sets in one pass. It was trained on marmots."
    checked = http.post("/v1/check", json={"text": text}).json()
    expected = [each.to_dict() for each in demo_assistant.check(text)]
    assert checked["sentences"] == json.loads(json.dumps(expected))
    assert checked["supported"] + checked["weak"] + checked["unsupported"] == len(expected)
    evidence = "Latency falls from 20 to 10 ms."
    pairs = [
        {"id": "a", "claim": "Latency falls.", "evidence": evidence},
        {"claim": "It is 40 ms.", "evidence": [evidence]},
    ]
    verdicts = http.post("/v1/check", json={"pairs": pairs}).json()["pairs"]
    assert [verdict["id"] for verdict in verdicts] == ["a", None]
    assert verdicts[0]["support"] > verdicts[1]["support"]
    assert http.post("/v1/check", json={}).status_code == 400
    assert http.post("/v1/check", json={"text": "x", "pairs": []}).status_code == 400


def test_pages_of_papers_hold_each_paper_once(http: httpx.Client, demo_assistant: Assistant) -> None:
    seen: list[str] = []
    after: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 50, **({"after": after} if after else {})}
        page = http.get("/v1/papers", params=params).json()
        seen += [paper["paper_id"] for paper in page["papers"]]
        after = page["next"]
        if after is None:
            break
    assert seen == demo_assistant.library.ids()
    assert page["total"] == len(seen)
    assert http.get("/v1/papers", params={"limit": 0}).status_code == 400
    assert http.get("/v1/papers", params={"after": "~"}).json()["papers"] == []


def test_several_libraries_are_served_by_name(
    demo_assistant: Assistant, tmp_path: Path, encoder: Encoder
) -> None:
    config = replace(Config.from_env(), library=tmp_path / "birds")
    birds = tmp_path / "birds.jsonl"
    birds.write_text('{"id": "b1", "title": "Storks", "abstract": "Storks carry marmots. They drop few."}\n')
    with Assistant(Library.open(config.library, config, create=True), encoder, config) as second:
        second.ingest([birds])
        with serving({"default": demo_assistant, "birds": second}) as url:
            listed = httpx.get(f"{url}/v1/libraries").json()["libraries"]
            assert [(each["name"], each["papers"]) for each in listed] == [("default", 122), ("birds", 1)]
            asked = {"question": "What do storks carry?", "library": "birds"}
            answer = httpx.post(f"{url}/v1/ask", json=asked, timeout=60).json()
            assert answer["citations"][0]["paper_id"] == "b1"
            found = httpx.get(
                f"{url}/v1/search", params={"q": "storks", "library": "birds"}, timeout=60
            ).json()
            assert [each["paper_id"] for each in found] == ["b1"]
            assert httpx.get(f"{url}/v1/papers/b1").status_code == 404
            assert httpx.get(f"{url}/v1/papers/b1", params={"library": "birds"}).status_code == 200
            assert httpx.get(f"{url}/v1/papers", params={"library": "none"}).status_code == 404
            names = [model["id"] for model in httpx.get(f"{url}/v1/models").json()["data"]]
            assert "rag/birds" in names
            chat = {"model": "rag/birds", "messages": [{"role": "user", "content": "What do storks carry?"}]}
            reply = httpx.post(f"{url}/v1/chat/completions", json=chat, timeout=60).json()
            assert (reply["model"], reply["rag"]["citations"][0]["paper_id"]) == ("rag/birds", "b1")


def test_papers_added_by_another_process_are_seen(demo_library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    shutil.copytree(demo_library, folder)
    new = tmp_path / "new.jsonl"
    new.write_text('{"id": "n1", "title": "Storks", "abstract": "Storks carry marmots. They drop few."}\n')
    with Assistant.open(folder) as assistant, serving(assistant) as url:
        before = httpx.get(f"{url}/v1/search", params={"q": "storks", "mode": "lexical"}, timeout=60).json()
        assert before == []
        command = [sys.executable, "-m", "rag", "ingest", str(new), "--library", str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        # Within seconds: the indexes are not reloaded at each request.
        until = time.monotonic() + 30
        while _n_papers(url) == 122 and time.monotonic() < until:
            time.sleep(0.2)
        assert _n_papers(url) == 123
        after = httpx.get(f"{url}/v1/search", params={"q": "storks", "mode": "lexical"}, timeout=60).json()
        assert [each["paper_id"] for each in after] == ["n1"]
        assert httpx.get(f"{url}/v1/papers/n1").status_code == 200


def _n_papers(url: str) -> int:
    return int(httpx.get(f"{url}/v1/libraries", timeout=60).json()["libraries"][0]["papers"])


def test_what_is_counted_is_what_happened(demo_assistant: Assistant) -> None:
    with serving(demo_assistant) as url:
        answer = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=60).json()
        httpx.post(f"{url}/v1/ask", json={"question": "Who won the 1954 football world cup?"}, timeout=60)
        httpx.get(f"{url}/papers/no-such")
        lines = httpx.get(f"{url}/metrics").text.splitlines()
    counts = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert counts['rag_requests_total{method="POST",route="/v1/ask",status="200"}'] == "2.0"
    assert counts['rag_requests_total{method="GET",route="/papers/{paper_id:path}",status="404"}'] == "1.0"
    intent = answer["intent"]
    assert float(counts[f'rag_questions_total{{intent="{intent}",mode="extractive"}}']) >= 1
    assert counts["rag_abstentions_total"] == "1.0"
    assert counts['rag_sentences_total{status="supported"}'] == f"{len(answer['sentences'])}.0"
    assert counts['rag_library_papers{library="default"}'] == "122.0"
    assert counts['rag_stage_seconds_count{stage="retrieve"}'] == "2.0"
    assert not any("no-such" in line for line in lines)


def test_a_full_queue_refuses_questions_and_nothing_else(demo_assistant: Assistant) -> None:
    with ModelServer([Scripted(["a "] * 200, pause_s=0.05) for _ in range(4)]) as model:
        config = replace(demo_assistant.config, base_url=model.url, model="scripted", llm_cache=False)
        answering = Assistant(demo_assistant.library, demo_assistant.encoder, config)
        assert not answering.gate.problem
        body = {"question": QUESTION, "stream": True}
        with (
            serving(answering, settings=ServerSettings(running=1, waiting=0)) as url,
            httpx.stream("POST", f"{url}/v1/ask", json=body, timeout=60) as first,
        ):
            next(first.iter_lines())
            refused = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=60)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            assert httpx.get(f"{url}/v1/search", params={"q": "x"}, timeout=60).status_code == 200


def test_a_model_that_is_down_gives_the_papers_own_sentences(demo_assistant: Assistant) -> None:
    config = replace(demo_assistant.config, base_url="http://127.0.0.1:9/v1", model="none", llm_cache=False)
    answering = Assistant(demo_assistant.library, demo_assistant.encoder, config)
    with serving(answering) as url:
        reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=120)
    assert reply.status_code == 200
    assert reply.json()["mode"] == "extractive"
    assert reply.json()["notice"]


def test_embeddings_are_the_encoders(http: httpx.Client, encoder: Encoder) -> None:
    import numpy as np
    import openai

    texts = ["late interaction", "marmots"]
    with openai.OpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as client:
        reply = client.embeddings.create(model="rag", input=texts)  # asks for base64, reads it back
    expected = [each.vector for each in encoder.encode_passages(texts)]
    assert np.allclose([each.embedding for each in reply.data], expected, atol=1e-6)
    assert reply.usage.prompt_tokens > 0
    refused: tuple[dict[str, Any], ...] = (
        {"input": []},
        {"input": ""},
        {"input": "x", "dimensions": 7},
        {"input": "x", "model": "y"},
    )
    for wrong in refused:
        assert http.post("/v1/embeddings", json=wrong).status_code == 400


def test_every_route_is_described_with_its_errors_and_examples(described: dict[str, Any]) -> None:
    assert set(described["paths"]) == {
        "/v1/ask", "/v1/search", "/v1/check", "/v1/papers", "/v1/papers/{paper_id}", "/v1/papers/file",
        "/v1/libraries", "/v1/models", "/v1/chat/completions", "/v1/responses", "/v1/embeddings",
        "/v1/status",
        "/healthz", "/readyz", "/metrics",
    }  # fmt: skip
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert {"400", "401", "403", "413", "429"} <= operation["responses"].keys(), (path, method)
            assert "422" not in operation["responses"]
    body = described["paths"]["/v1/ask"]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/v1/ask", {"question": QUESTION}),
        ("post", "/v1/ask", {"question": "Who won the 1954 football world cup?"}),
        ("post", "/v1/check", {"text": "Late interaction keeps a vector for each token."}),
        ("post", "/v1/check", {"pairs": [{"claim": "x", "evidence": "y"}]}),
        ("post", "/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}]}),
        ("post", "/v1/responses", {"input": QUESTION}),
        ("post", "/v1/embeddings", {"input": "x"}),
        ("get", "/v1/search?q=late", None),
        ("get", "/v1/papers?limit=2", None),
        ("get", "/v1/papers/slim", None),
        ("get", "/v1/libraries", None),
        ("get", "/v1/models", None),
        ("get", "/healthz", None),
        ("get", "/readyz", None),
    ],
)
def test_replies_are_what_openapi_says(
    http: httpx.Client, described: dict[str, Any], method: str, path: str, body: Any
) -> None:
    reply = http.request(method.upper(), path, json=body)
    assert reply.status_code == 200
    pattern = path.partition("?")[0].replace("/slim", "/{paper_id}")
    content = described["paths"][pattern][method]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": described["components"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(reply.json())] == []


def test_examples_of_openapi_are_answered(http: httpx.Client, described: dict[str, Any]) -> None:
    for path in ("/v1/ask", "/v1/check", "/v1/chat/completions", "/v1/responses"):
        content = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for name, example in content["examples"].items():
            assert http.post(path, json=example["value"]).status_code == 200, (path, name)
