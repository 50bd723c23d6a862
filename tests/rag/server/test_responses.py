"""/v1/responses, as the official client asks and reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from rag.assistant import Assistant
from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.library.library import Library
from rag.server.openai_requests import responses_request
from tests.helpers.model_server import ModelServer, Scripted
from tests.helpers.serving import serving

QUESTION = "What is late interaction?"
LIFE = ["created", "in_progress", "output_item.added", "content_part.added"]
END = ["output_text.done", "content_part.done", "output_item.done", "completed"]


@pytest.fixture(scope="module")
def url(demo_assistant: Assistant) -> Iterator[str]:
    with serving(demo_assistant) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as each:
        yield each


def test_the_official_client_gets_a_cited_answer(client: openai.OpenAI, demo_assistant: Assistant) -> None:
    reply = client.responses.create(
        model="rag", input=QUESTION, instructions="Be brief.", metadata={"run": "1"}, temperature=0.1,
        max_output_tokens=300, reasoning={"effort": "low"}, text={"format": {"type": "text"}}, store=False,
    )  # fmt: skip
    answer = demo_assistant.ask(QUESTION)
    assert reply.output_text.startswith(answer.answer)
    assert f"[{answer.citations[0].n}] {answer.citations[0].title}" in reply.output_text
    assert (reply.status, reply.error, reply.model) == ("completed", None, "rag")
    assert (reply.instructions, reply.metadata) == ("Be brief.", {"run": "1"})
    assert (reply.model_extra or {})["rag"]["citations"]


def test_it_is_a_response_and_its_events_are_events_as_the_client_knows_them(url: str) -> None:
    body = {"input": QUESTION}
    whole = httpx.post(f"{url}/v1/responses", json=body, timeout=60).json()
    Response.model_validate(whole, strict=True)
    stream = httpx.post(f"{url}/v1/responses", json={**body, "stream": True}, timeout=60)
    events: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for block in filter(None, stream.text.split("\n\n")):
        name, data = block.split("\n")
        parsed = events.validate_json(data.removeprefix("data: "))
        assert name == f"event: {parsed.type}"


def test_the_official_client_streams_the_same_text(client: openai.OpenAI) -> None:
    whole = client.responses.create(model="rag-extractive", input=QUESTION)
    with client.responses.stream(model="rag-extractive", input=QUESTION) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type.removeprefix("response.") for event in events]
    assert kinds[:4] == LIFE
    assert kinds[-4:] == END
    assert set(kinds[4:-4]) == {"output_text.delta"}
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert final.output_text == whole.output_text
    assert "".join(each.delta for each in events if each.type == "response.output_text.delta") == (
        whole.output_text
    )


def test_a_reply_can_be_sent_back_as_it_is_with_the_next_question(client: openai.OpenAI) -> None:
    first = client.responses.create(model="rag-extractive", input=QUESTION)
    turns: list[Any] = [
        {"role": "user", "content": QUESTION},
        *(item.model_dump(exclude_none=True) for item in first.output),
        {"role": "user", "content": [{"type": "input_text", "text": "How much space does it need?"}]},
    ]
    assert client.responses.create(model="rag-extractive", input=turns).output_text
    asked = responses_request({"input": turns})
    assert asked.question == "How much space does it need?"
    assert asked.history == (("user", QUESTION), ("assistant", first.output_text))


def test_what_a_model_took_is_counted(demo_assistant: Assistant) -> None:
    with ModelServer([Scripted("SLIM uses sparse vectors [1].", usage=(120, 9))]) as model:
        config = replace(
            demo_assistant.config, base_url=model.url, model="scripted", llm_cache=False, judge="off"
        )
        answering = Assistant(demo_assistant.library, demo_assistant.encoder, config)
        with (
            serving(answering) as url,
            openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
        ):
            usage = client.responses.create(model="rag", input=QUESTION).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (120, 9, 129)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"tools": [{"type": "web_search"}]}, '"tools"'),
        ({"previous_response_id": "resp_1"}, '"previous_response_id"'),
        ({"conversation": "conv_1"}, '"conversation"'),
        ({"background": True}, '"background"'),
        ({"store": True}, '"store"'),
        ({"prompt": {"id": "p"}}, '"prompt"'),
        ({"include": ["message.output_text.logprobs"]}, '"include"'),
        ({"text": {"format": {"type": "json_object"}}}, '"text"'),
        ({"top_logprobs": 3}, '"top_logprobs"'),
        ({"input": []}, '"input"'),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "function_call_output"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "item_reference"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input_image"),
        ({"input": [{"role": "assistant", "content": "x"}]}, '"user"'),
        ({"input": 3}, "input"),
        ({"model": "gpt-0"}, "gpt-0"),
        ({"colour": "blue"}, '"colour"'),
    ],
)  # fmt: skip
def test_what_a_library_cannot_do_is_refused_by_name(url: str, more: dict[str, Any], names: str) -> None:
    reply = httpx.post(f"{url}/v1/responses", json={"input": QUESTION, **more}, timeout=60)
    assert reply.status_code == 400
    assert names in reply.json()["error"]["message"]


def test_an_error_in_the_middle_is_raised_by_the_official_client(tmp_path: Path, encoder: Encoder) -> None:
    config = replace(Config.from_env(), library=tmp_path / "library")
    library = Library.open(config.library, config, create=True)
    with (
        Assistant(library, encoder, config) as empty,
        serving(empty) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
        pytest.raises(openai.APIError, match="no papers"),
        client.responses.stream(model="rag", input=QUESTION) as stream,
    ):
        stream.get_final_response()
