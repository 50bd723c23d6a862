from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.server.mcp import NO_METHOD, NO_REQUEST, NOT_JSON, WRONG_PARAMS, replies, reply


def call(assistant: Assistant, method: str, **params: Any) -> Any:
    said = reply(assistant, {"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
    assert said is not None
    assert (said["jsonrpc"], said["id"]) == ("2.0", 7)
    return said.get("result", said.get("error"))


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
        (None, "2025-11-25"),
    ],
)
def test_a_revision_is_agreed_on(demo_assistant: Assistant, asked: str | None, agreed: str) -> None:
    welcome = call(demo_assistant, "initialize", protocolVersion=asked, capabilities={}, clientInfo={})
    assert welcome["protocolVersion"] == agreed
    assert welcome["capabilities"] == {"tools": {}}


def test_tools_are_listed_with_what_they_take(demo_assistant: Assistant) -> None:
    tools = {tool["name"]: tool for tool in call(demo_assistant, "tools/list")["tools"]}
    assert {name: tool["inputSchema"]["required"] for name, tool in tools.items()} == {
        "ask": ["question"],
        "search": ["query"],
        "paper": ["paper_id"],
    }


def test_ask_answers_with_citations(demo_assistant: Assistant) -> None:
    said = call(demo_assistant, "tools/call", name="ask", arguments={"question": "What is late interaction?"})
    assert said["isError"] is False
    assert said["content"][0]["text"].startswith(said["structuredContent"]["answer"])
    assert said["structuredContent"]["citations"]


def test_what_search_finds_can_be_read(demo_assistant: Assistant) -> None:
    found = call(demo_assistant, "tools/call", name="search", arguments={"query": "late interaction"})
    best = found["structuredContent"]["papers"][0]
    assert found["content"][0]["text"].startswith(best["paper_id"])
    read = call(demo_assistant, "tools/call", name="paper", arguments={"paper_id": best["paper_id"]})
    assert best["title"] in read["content"][0]["text"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("paper", {"paper_id": "nope"}), ("ask", {"question": " "}), ("search", {"query": ""})],
)
def test_a_tools_failure_is_told_to_the_model(
    demo_assistant: Assistant, tool: str, arguments: dict[str, str]
) -> None:
    said = call(demo_assistant, "tools/call", name=tool, arguments=arguments)
    assert said["isError"] is True
    assert said["content"][0]["text"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ([], NO_REQUEST),
        ({"id": 1}, NO_REQUEST),
        ({"id": 1, "method": 3}, NO_REQUEST),
        ({"id": 1, "method": "resources/list"}, NO_METHOD),
        ({"id": 1, "method": "tools/call"}, WRONG_PARAMS),
        (
            {"id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": 3}}},
            WRONG_PARAMS,
        ),
        ({"id": 1, "method": "tools/call", "params": {"name": [], "arguments": []}}, WRONG_PARAMS),
    ],
)
def test_a_wrong_message_gets_an_error(demo_assistant: Assistant, message: Any, code: int) -> None:
    said = reply(demo_assistant, message)
    assert said is not None
    assert said["error"]["code"] == code


def test_a_notification_gets_no_reply(demo_assistant: Assistant) -> None:
    assert reply(demo_assistant, {"jsonrpc": "2.0", "method": "notifications/initialized"}) is None


def test_lines_that_are_not_json_do_not_end_the_talk(demo_assistant: Assistant) -> None:
    lines = [b"{\n", b"\xff\n", b"\n", b"[" * 100_000, b'{"id": 1, "method": "ping"}\n']
    said = [json.loads(line) for line in replies(demo_assistant, lines)]
    assert [each["error"]["code"] for each in said[:3]] == [NOT_JSON] * 3
    assert said[3]["result"] == {}


def test_rag_serve_speaks_it_over_a_pipe(demo_library: Path) -> None:
    methods = [{"id": 1, "method": "initialize"}, {"method": "notifications/initialized"}]
    messages = "\n".join(json.dumps(each) for each in [*methods, {"id": 2, "method": "ping"}])
    command = [sys.executable, "-m", "rag", "serve", "--mcp", "--library", str(demo_library)]
    done = subprocess.run(command, input=messages, capture_output=True, text=True, timeout=120, check=True)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]
