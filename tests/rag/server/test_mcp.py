"""The Model Context Protocol, spoken by the official SDK's own client."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from rag.assistant import Assistant
from rag.server.keys import KeyFile, ServerKey
from rag.server.mcp_server import PAGE
from tests.conftest import ROOT
from tests.helpers.model_server import ModelServer, Scripted
from tests.helpers.serving import serving

QUESTION = "What is late interaction?"
MODES = ("legacy", "2026-07-28")
"""The handshake of revisions up to 2025-11-25, and the revision without one."""


@pytest.fixture(scope="module")
def url(demo_assistant: Assistant) -> Iterator[str]:
    with serving(demo_assistant) as address:
        yield f"{address}/mcp"


def speak(server: Any, talk: Callable[[Client], Awaitable[Any]], mode: str = "legacy") -> Any:
    """What `talk` returns with a connected client."""

    async def run() -> Any:
        async with Client(server, mode=mode) as client:
            return await talk(client)

    try:
        return asyncio.run(asyncio.wait_for(run(), 120))
    except BaseExceptionGroup as group:  # the client's tasks wrap what ended them
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from group


def pipe(library: Path, **environment: str) -> Any:
    """`rag serve --mcp` as the client starts it."""
    arguments = ["-m", "rag", "serve", "--mcp", "--library", str(library)]
    return stdio_client(
        StdioServerParameters(
            command=sys.executable, args=arguments, env={**os.environ, **environment}, cwd=ROOT
        )
    )


@pytest.mark.parametrize("mode", MODES)
def test_tools_are_listed_with_what_they_take_and_give(url: str, mode: str) -> None:
    tools = {tool.name: tool for tool in speak(url, lambda client: client.list_tools(), mode).tools}
    assert list(tools) == ["ask", "search", "paper", "check", "list"]
    assert tools["ask"].input_schema["required"] == ["question"]
    assert all(tool.output_schema and tool.output_schema["type"] == "object" for tool in tools.values())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ask", {"question": QUESTION}),
        ("ask", {"question": "Who won the 1954 football world cup?"}),
        ("search", {"query": "late interaction", "top": 3}),
        ("paper", {"paper_id": "slim"}),
        ("check", {"text": "JointRank reranks in one pass."}),
        ("list", {"limit": 2}),
    ],
)
def test_a_tool_gives_text_and_data_in_its_form(
    url: str, mode: str, tool: str, arguments: dict[str, Any]
) -> None:
    async def talk(client: Client) -> Any:
        listed = {each.name: each for each in (await client.list_tools()).tools}
        return listed[tool].output_schema, await client.call_tool(tool, arguments)

    schema, result = speak(url, talk, mode)
    assert result.is_error is False
    assert result.content[0].text
    assert [
        error.message for error in Draft202012Validator(schema).iter_errors(result.structured_content)
    ] == []


def test_ask_gives_the_answer_that_the_assistant_gives(url: str, demo_assistant: Assistant) -> None:
    result = speak(url, lambda client: client.call_tool("ask", {"question": QUESTION}))
    expected = json.loads(json.dumps(demo_assistant.ask(QUESTION).to_dict()))
    assert {**result.structured_content, "timings_ms": 0} == {**expected, "timings_ms": 0}
    assert result.content[0].text.startswith(expected["answer"])


@pytest.mark.parametrize(
    ("tool", "arguments", "names"),
    [
        ("paper", {"paper_id": "nope"}, "nope"),
        ("ask", {"question": " "}, "empty"),
        ("ask", {"question": "x", "colour": "red"}, "colour"),
        ("ask", {"question": 3}, "question"),
        ("ask", {}, "question"),
        ("ask", {"question": "x", "library": "none"}, "none"),
        ("ask", {"question": "x", "llm": True}, "language model"),
        ("search", {"query": "x", "top": 0}, "top"),
        ("list", {"limit": "all"}, "limit"),
    ],
)
def test_what_is_asked_wrongly_is_told_to_the_model(
    url: str, tool: str, arguments: dict[str, Any], names: str
) -> None:
    result = speak(url, lambda client: client.call_tool(tool, arguments))
    assert result.is_error is True
    assert names in result.content[0].text


def test_an_unknown_tool_is_an_error_of_the_protocol(url: str) -> None:
    with pytest.raises(MCPError, match="no tool 'fly'"):
        speak(url, lambda client: client.call_tool("fly", {}))


def test_papers_are_resources_page_by_page(url: str, demo_assistant: Assistant) -> None:
    async def talk(client: Client) -> tuple[list[Any], Any, Any]:
        pages, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            pages.append(page.resources)
            cursor = page.next_cursor
            if cursor is None:
                break
        first = pages[0][0]
        return pages, first, await client.read_resource(first.uri)

    pages, first, read = speak(url, talk)
    assert [len(page) for page in pages] == [PAGE, demo_assistant.library.n_papers - PAGE]
    assert [each.name for page in pages for each in page] == demo_assistant.library.ids()
    paper = demo_assistant.library.paper(first.name)
    assert paper is not None
    assert read.contents[0].text.startswith(paper.title)


@pytest.mark.parametrize(
    "uri", ["paper://default/nope", "paper://none/slim", "file:///etc/passwd", "paper:///"]
)
def test_what_is_no_resource_is_refused(url: str, uri: str) -> None:
    with pytest.raises(MCPError, match="no paper"):
        speak(url, lambda client: client.read_resource(uri))


@pytest.mark.parametrize("cursor", ["x", "W10=", "WyJub25lIiwgbnVsbF0=", "IjAi"])
def test_a_cursor_that_is_none_of_ours_is_refused(url: str, cursor: str) -> None:
    with pytest.raises(MCPError, match="cursor"):
        speak(url, lambda client: client.list_resources(cursor=cursor))


@pytest.mark.parametrize("mode", MODES)
def test_progress_is_told_while_an_answer_comes(url: str, mode: str) -> None:
    told: list[tuple[float, str | None]] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    speak(url, lambda c: c.call_tool("ask", {"question": QUESTION}, progress_callback=progress), mode)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert any("papers found" in (message or "") for _, message in told)


def dripping(assistant: Assistant, model: ModelServer) -> Assistant:
    """The library behind a model that takes its time."""
    config = replace(assistant.config, base_url=model.url, model="scripted", llm_cache=False)
    answering = Assistant(assistant.library, assistant.encoder, config)
    assert not answering.gate.problem
    return answering


@pytest.mark.parametrize("mode", MODES)
def test_a_call_that_is_cancelled_ends_down_to_the_models_connection(
    demo_assistant: Assistant, mode: str
) -> None:
    slow = Scripted(["a "] * 600, pause_s=0.05)
    with ModelServer([slow]) as model, serving(dripping(demo_assistant, model)) as url:

        async def talk(client: Client) -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(4):
                    await client.call_tool("ask", {"question": QUESTION})
            assert (await client.call_tool("list", {"limit": 1})).is_error is False

        speak(f"{url}/mcp", talk, mode)
        deadline = time.monotonic() + 10
        while _queue(url) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert _queue(url) == 0


def _queue(url: str) -> float:
    lines = httpx.get(f"{url}/metrics", timeout=30).text.splitlines()
    return float(next(line for line in lines if line.startswith("rag_queue ")).split()[1])


def test_calls_do_not_wait_for_each_other(demo_assistant: Assistant) -> None:
    slow = Scripted(["a "] * 600, pause_s=0.05)
    with ModelServer([slow]) as model, serving(dripping(demo_assistant, model)) as url:

        async def talk(client: Client) -> bool:
            asking = asyncio.create_task(client.call_tool("ask", {"question": QUESTION}))
            await asyncio.sleep(0.5)
            listed = await client.call_tool("list", {"limit": 1})
            assert not asking.done()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            return bool(listed.structured_content)

        assert speak(f"{url}/mcp", talk)


def test_keys_guard_it_as_all_else(demo_assistant: Assistant, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    secret = keys.make(ServerKey("anna", ""))
    with serving(demo_assistant, keys) as url:
        assert httpx.post(f"{url}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "ping"}).status_code == 401

        async def talk() -> list[Any]:
            async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {secret}"}) as http:
                transport = streamable_http_client(f"{url}/mcp", http_client=http)
                async with Client(transport, mode="legacy") as client:
                    return list((await client.list_tools()).tools)

        assert asyncio.run(asyncio.wait_for(talk(), 120))


@pytest.mark.parametrize("mode", MODES)
def test_rag_serve_speaks_it_over_a_pipe(demo_library: Path, mode: str) -> None:
    async def talk(client: Client) -> Any:
        return await client.call_tool("search", {"query": "late interaction", "top": 1})

    result = speak(pipe(demo_library), talk, mode)
    assert len(result.structured_content["papers"]) == 1


def test_over_a_pipe_it_ends_with_its_client_also_in_the_middle_of_a_call(demo_library: Path) -> None:
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": about},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": QUESTION}}},
    ]  # fmt: skip
    with ModelServer([Scripted("a", stall=True)]) as model:
        environment = {**os.environ, "OPENAI_BASE_URL": model.url, "RAG_LLM_MODEL": "scripted"}
        command = [sys.executable, "-m", "rag", "serve", "--mcp", "--library", str(demo_library)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        ) as process:
            assert process.stdin is not None
            for message in messages:
                process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
            deadline = time.monotonic() + 100
            while not model.requests and time.monotonic() < deadline:
                time.sleep(0.1)
            assert model.requests, "the question never reached the model"
            process.stdin.close()
            assert process.wait(20) == 0


def test_lines_that_are_no_messages_do_not_end_the_talk(demo_library: Path) -> None:
    lines = ["{", "[" * 10_000, "", '{"jsonrpc": "2.0", "id": 9, "method": "nothing"}']
    command = [sys.executable, "-m", "rag", "serve", "--mcp", "--library", str(demo_library)]
    done = subprocess.run(
        command, input="\n".join([*lines, ""]), capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(reply.get("id") == 9 and "error" in reply for reply in replies)
