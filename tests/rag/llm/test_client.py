"""rag/llm/client.py against a real server on loopback: what comes through, what is retried, and what each
failure becomes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import openai
import pytest

from rag.config import Config
from rag.errors import (
    BudgetExceeded,
    ConfigError,
    ModelError,
    ModelRejected,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
)
from rag.llm.client import LanguageModel, Message, Reply
from rag.llm.cost import price_of
from rag.llm.error_map import ERRORS
from rag.llm.streamed_reply import without_thoughts
from rag.llm.token_count import OTHER_MARGIN, TokenCounter
from rag.records import Usage
from tests.helpers.model_server import ModelServer, Scripted, event

ASKED = (Message("system", "Be brief."), Message("user", "What is late interaction?"))

Serve = Callable[..., tuple[ModelServer, LanguageModel]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server and a model that asks it: `server, llm = serve(Scripted("Yes."))`."""
    with ExitStack() as stack:

        def start(
            *replies: Scripted, models: Sequence[str] | None = ("scripted",), **settings: Any
        ) -> tuple[ModelServer, LanguageModel]:
            server = stack.enter_context(ModelServer(replies, models))
            known = {
                "base_url": server.url,
                "model": "scripted",
                "timeout_s": 5.0,
                "llm_cache": False,
                **settings,
            }
            llm = LanguageModel(replace(Config(library=tmp_path, cache=tmp_path), **known), backoff_s=0.01)
            stack.callback(llm.close)
            return server, llm

        yield start


def test_text_comes_piece_by_piece_and_the_reply_last(serve: Serve) -> None:
    server, llm = serve(Scripted(["Late ", "inter", "action."], usage=(12, 3)))
    *pieces, reply = llm.stream(ASKED)
    assert pieces == ["Late ", "inter", "action."]
    assert reply == Reply("Late interaction.", Usage(12, 3, None))
    assert server.requests[0]["messages"][1] == {"role": "user", "content": "What is late interaction?"}
    assert server.requests[0]["stream_options"] == {"include_usage": True}


def test_the_first_piece_is_handed_on_before_the_second_is_written(serve: Serve) -> None:
    server, llm = serve(Scripted(["One. ", "Two."], pause_s=0.2))
    stream = llm.stream(ASKED)
    next(stream)
    assert len(server.sent_at) == 1
    list(stream)


def test_tokens_are_counted_here_where_the_server_counts_none(serve: Serve) -> None:
    _, llm = serve(Scripted("Late interaction."))
    usage = llm.complete(ASKED).usage
    assert usage.prompt_tokens == llm.n_tokens(ASKED)
    assert usage.completion_tokens == llm.counter.count("Late interaction.")


@pytest.mark.parametrize(
    ("refused", "left_out", "put_in"),
    [
        ("Unrecognized request argument: stream_options", "stream_options", None),
        ("extra fields not permitted", "stream_options", None),
        ("'temperature' does not support 0 with this model", "temperature", None),
        ("Unsupported parameter: 'max_tokens'", "max_tokens", "max_completion_tokens"),
    ],
)
def test_a_refused_field_is_left_out_from_then_on(
    refused: str, left_out: str, put_in: str | None, serve: Serve
) -> None:
    server, llm = serve(Scripted(status=400, error=refused), Scripted("Yes."), Scripted("No."))
    assert llm.complete(ASKED).text == "Yes."
    assert llm.complete(ASKED).text == "No."
    assert [left_out in request for request in server.requests] == [True, False, False]
    assert put_in is None or server.requests[-1][put_in] == llm.config.max_tokens


def test_a_server_without_system_messages_gets_one_message(serve: Serve) -> None:
    server, llm = serve(Scripted(status=400, error="System role not supported"), Scripted("Yes."))
    llm.complete(ASKED)
    assert server.requests[-1]["messages"] == [
        {"role": "user", "content": "Be brief.\n\nWhat is late interaction?"}
    ]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_or_failing_server_is_asked_again(status: int, serve: Serve) -> None:
    server, llm = serve(Scripted(status=status), Scripted("Yes."))
    assert llm.complete(ASKED).text == "Yes."
    assert len(server.requests) == 2


def test_the_pause_is_the_one_the_server_asks_for(serve: Serve) -> None:
    _, llm = serve(Scripted(status=429, headers={"Retry-After": "0.3"}), Scripted("Yes."))
    started = time.perf_counter()
    llm.complete(ASKED)
    assert time.perf_counter() - started >= 0.3


def test_a_pause_too_long_to_wait_is_an_error_at_once(serve: Serve) -> None:
    in_an_hour = formatdate(time.time() + 3600, usegmt=True)
    for asked in ("3600", in_an_hour):
        server, llm = serve(Scripted(status=429, headers={"Retry-After": asked}))
        with pytest.raises(ModelUnavailable, match="takes no more requests"):
            llm.complete(ASKED)
        assert len(server.requests) == 1


GARBLED = Scripted(lines=["data: {not json}\n\n"])
MISSHAPEN = Scripted(lines=['data: {"choices": [{"delta": "text"}]}\n\n'])
ERROR_EVENT = Scripted(lines=['data: {"error": {"message": "out of memory"}}\n\n'])


@pytest.mark.parametrize(
    ("replies", "error", "said"),
    [
        ([Scripted(status=401)], ModelRejected, "OPENAI_API_KEY"),
        ([Scripted(status=403)], ModelRejected, "RAG_LLM_MODEL"),
        ([Scripted(status=404)], ModelRejected, "has no 'scripted'"),
        ([Scripted(status=413)], ModelRejected, "did not accept the request"),
        ([Scripted(status=400), Scripted(status=400, error="too long")], ModelRejected, "too long"),
        ([Scripted(status=500)] * 3, ModelUnavailable, "scripted failure"),
        ([Scripted(status=429)] * 3, ModelUnavailable, "wait, or check the quota"),
        ([GARBLED], ModelReplyInvalid, "OPENAI_BASE_URL"),
        ([MISSHAPEN], ModelReplyInvalid, "not of chat completions"),
        ([ERROR_EVENT], ModelUnavailable, "out of memory"),
        ([Scripted("Half an ans", cut=True)], ModelUnavailable, "no connection"),
        ([Scripted("Half an ans", finish=None)], ModelReplyInvalid, "mid-sentence"),
        ([Scripted("")], ModelReplyInvalid, "empty"),
        ([Scripted(lines=[event({"choices": []})])], ModelReplyInvalid, "empty"),
        ([Scripted("", finish="content_filter")], ModelRejected, "filtered"),
    ],
)
def test_each_failure_has_its_error(
    replies: list[Scripted], error: type[ModelError], said: str, serve: Serve
) -> None:
    _, llm = serve(*replies)
    with pytest.raises(error, match=said):
        llm.complete(ASKED)


@pytest.mark.parametrize("lines", [[], [event({"choices": [{"delta": {"content": "The first words"}}]})]])
def test_silence_past_the_limit_is_a_time_out_and_not_retried(lines: list[str], serve: Serve) -> None:
    server, llm = serve(Scripted(lines=lines, stall=True), timeout_s=0.5)
    with pytest.raises(ModelTimeout, match=r"0\.5 s"):
        llm.complete(ASKED)
    assert len(server.requests) <= 1  # none where a busy machine had not read it by then


def test_no_server_there_is_unavailable(tmp_path: Path) -> None:
    with ModelServer() as server:
        gone = Config(library=tmp_path, cache=tmp_path, base_url=server.url, model="any")
    with pytest.raises(ModelUnavailable, match="OPENAI_BASE_URL"):
        LanguageModel(gone, backoff_s=0.01).complete(ASKED)


def test_what_came_before_a_failure_was_handed_on(serve: Serve) -> None:
    _, llm = serve(Scripted("First sentence. Then", cut=True))
    stream = llm.stream(ASKED)
    assert next(stream) == "First sentence. Then"
    with pytest.raises(ModelUnavailable):
        next(stream)


def test_a_reply_at_the_token_limit_says_it_is_not_finished(serve: Serve) -> None:
    _, llm = serve(Scripted("Cut off in", finish="length"))
    assert not llm.complete(ASKED).finished


def test_every_error_of_the_client_has_a_place_in_the_table() -> None:
    from openai import _exceptions

    public = {name for name in openai.__all__ if name.endswith("Error")}
    defined = {
        name
        for name, value in vars(_exceptions).items()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and value.__module__ == _exceptions.__name__
    }
    assert public | defined <= ERRORS.keys()


KEY = "sk-secret-0123456789"


def test_the_key_is_sent_and_shown_nowhere(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = Scripted(status=401, error=f"Incorrect API key provided: {KEY}")
    server, llm = serve(Scripted("Yes."), echo, api_key=KEY, llm_cache=True)
    llm.complete(ASKED)
    with pytest.raises(ModelRejected) as failure:
        llm.complete(ASKED[1:])
    shown = [repr(llm), repr(llm.config), caplog.text, *traceback.format_exception(failure.value)]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert not any(KEY in text for text in shown)
    assert not any(KEY in path.read_text() for path in tmp_path.rglob("*.json"))


def test_a_local_server_needs_no_key(serve: Serve) -> None:
    _, llm = serve(Scripted("Yes."), api_key=None)
    assert llm.complete(ASKED).text == "Yes."


def test_without_a_name_the_first_listed_model_is_used(serve: Serve) -> None:
    server, llm = serve(Scripted("Yes."), models=["tiny", "large"], model=None)
    llm.complete(ASKED)
    assert server.requests[0]["model"] == "tiny"


def test_a_name_is_asked_for_where_none_can_be_found(serve: Serve, tmp_path: Path) -> None:
    _, lists_none = serve(models=[], model=None)
    _, does_not_list = serve(models=None, model=None)
    at_openai = LanguageModel(Config(library=tmp_path, cache=tmp_path, api_key=KEY))
    for llm in (lists_none, does_not_list, at_openai):
        with pytest.raises(ConfigError, match="RAG_LLM_MODEL"):
            llm.complete(ASKED)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({}, "OPENAI_API_KEY"), ({"base_url": "http://127.0.0.1:port/v1"}, "OPENAI_BASE_URL")],
)
def test_settings_without_a_usable_server_are_refused(
    settings: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        LanguageModel(Config(library=tmp_path, cache=tmp_path, **settings))


def test_the_same_request_is_answered_from_disk(serve: Serve) -> None:
    server, llm = serve(Scripted("Yes.", usage=(9, 2)), Scripted("No."), llm_cache=True)
    first, again, other = llm.complete(ASKED), llm.complete(ASKED), llm.complete(ASKED[1:])
    assert (first.text, again.text, other.text) == ("Yes.", "Yes.", "No.")
    assert (first.cached, again.cached) == (False, True)
    assert again.usage.cost_usd == 0.0
    assert len(server.requests) == 2


def test_a_damaged_file_in_the_cache_is_asked_for_again(serve: Serve, tmp_path: Path) -> None:
    _, llm = serve(Scripted("Yes."), Scripted("Yes."), llm_cache=True)
    llm.complete(ASKED)
    for path in (tmp_path / "replies").iterdir():
        path.write_text("{")
    assert not llm.complete(ASKED).cached


def test_an_unfinished_reply_is_not_kept(serve: Serve) -> None:
    _, llm = serve(Scripted("Cut", finish="length"), Scripted("Whole."), llm_cache=True)
    llm.complete(ASKED)
    assert llm.complete(ASKED).text == "Whole."


def test_cost_follows_the_price_table(serve: Serve) -> None:
    _, llm = serve(Scripted("Yes.", usage=(1_000_000, 100_000)), model="gpt-4.1-mini-2025-04-14")
    assert llm.complete(ASKED).usage.cost_usd == pytest.approx(0.40 + 0.16)
    assert llm.budget.spent_usd == pytest.approx(0.56)


@pytest.mark.parametrize("unknown", ["any", "gpt-4.1-mini-custom", "llama3.2:1b", ""])
def test_an_unknown_model_has_no_price(unknown: str) -> None:
    assert price_of(unknown) is None


@pytest.mark.parametrize("cap", [{"max_cost_usd": 0.0001}, {"max_call_usd": 0.0001}])
def test_a_call_that_may_pass_a_cap_is_not_made(cap: dict[str, float], serve: Serve) -> None:
    server, llm = serve(Scripted("Yes."), model="gpt-4o", **cap)
    with pytest.raises(BudgetExceeded, match="--no-llm"):
        llm.complete(ASKED)
    assert server.requests == []


def test_a_session_ends_when_its_cap_is_reached(serve: Serve) -> None:
    dear = Scripted("Yes.", usage=(1000, 1000))
    _, llm = serve(dear, dear, dear, model="gpt-4o", max_cost_usd=0.026, max_tokens=100)
    llm.complete(ASKED)
    llm.complete(ASKED)
    with pytest.raises(BudgetExceeded, match=r"\$0\.0250 of \$0\.0260 is spent"):
        llm.complete(ASKED)


def test_a_failed_call_costs_nothing(serve: Serve) -> None:
    _, llm = serve(Scripted(status=401), model="gpt-4o", max_cost_usd=1.0)
    with pytest.raises(ModelRejected):
        llm.complete(ASKED)
    assert llm.budget.spent_usd == pytest.approx(0.0)


def test_a_cap_without_a_price_is_refused_rather_than_ignored(serve: Serve) -> None:
    _, llm = serve(Scripted("Yes."), max_cost_usd=1.0)
    with pytest.raises(ConfigError, match="not known"):
        llm.complete(ASKED)


@pytest.mark.parametrize(
    ("pieces", "left"),
    [
        (["<think>why", " not</th", "ink>\n\nYes", "."], "Yes."),
        (["<th", "ink>x</think>Yes."], "Yes."),
        (["Yes <think>."], "Yes <think>."),
        (["  Yes."], "  Yes."),
        (["<b>Yes."], "<b>Yes."),
        (["<think>never ends"], ""),
        (["<th"], "<th"),
        ([], ""),
    ],
)
def test_thoughts_at_the_start_are_left_out(pieces: list[str], left: str) -> None:
    assert "".join(without_thoughts(pieces)) == left


def test_an_unknown_vocabulary_is_counted_with_a_margin() -> None:
    assert TokenCounter.for_model("gpt-4o").margin == 1.0
    assert TokenCounter.for_model("llama3.2:1b").margin == OTHER_MARGIN
    assert TokenCounter.for_model("any").count("<|endoftext|>") > 1


def test_importing_the_module_imports_no_client_and_sets_no_environment() -> None:
    code = (
        "import os, sys; before = dict(os.environ); import rag.llm.client; assert dict(os.environ) == before;"
        "assert not {'openai', 'tiktoken', 'llama_index'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))
