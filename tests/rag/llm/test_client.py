"""rag/llm/client.py against a real server on loopback: what comes through, what is retried, and what each
failure becomes."""

from __future__ import annotations

import errno
import json
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
from threading import Timer
from typing import Any

import openai
import pytest

from rag.config import Config
from rag.errors import (
    BudgetExceeded,
    Cancelled,
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
from rag.llm.limits import Cancellation
from rag.llm.thoughts import final_text, without_thoughts
from rag.llm.token_count import OTHER_MARGIN, TokenCounter
from rag.records import Price, Usage
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
    assert reply == Reply("Late interaction.", Usage(12, 3, 0.0))
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


def test_a_kept_reply_is_as_probable_as_it_was(serve: Serve) -> None:
    choice = {"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}
    line = event({"choices": [choice | {"logprobs": {"content": [{"token": "Yes.", "logprob": -0.7}]}}]})
    _, llm = serve(Scripted(lines=[line]), llm_cache=True)
    first, again = llm.complete(ASKED), llm.complete(ASKED)
    assert again.cached
    assert again.probability == first.probability == pytest.approx(0.4966, abs=1e-4)


def test_a_full_disk_costs_the_saving_and_leaves_nothing_behind(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    _, llm = serve(Scripted("Yes."), llm_cache=True)
    monkeypatch.setattr(json, "dump", full)
    assert llm.complete(ASKED).text == "Yes."
    assert list((tmp_path / "replies").iterdir()) == []


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
    assert price_of(unknown, "https://models.example.org/v1") is None


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
    _, llm = serve(Scripted("Yes."), max_cost_usd=1.0, base_url="https://models.example.org/v1")
    with pytest.raises(ConfigError, match="RAG_LLM_PRICE"):
        llm.complete(ASKED)


def test_a_model_on_this_machine_costs_nothing_and_keeps_within_any_cap(serve: Serve) -> None:
    _, llm = serve(Scripted("Yes.", usage=(12, 3)), max_call_usd=0.01)
    assert llm.complete(ASKED).usage == Usage(12, 3, 0.0)


def test_a_price_of_ones_own_counts(serve: Serve) -> None:
    _, llm = serve(Scripted("Yes.", usage=(1_000_000, 0)), price=Price(2.0, 8.0))
    assert llm.complete(ASKED).usage.cost_usd == pytest.approx(2.0)


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
        (["<thinking>why</think", "ing> Yes."], "Yes."),
        (["[THINK]why[/THINK]Yes."], "Yes."),
        (
            ["<|channel|>analysis<|message|>why<|end|><|start|>assistant<|channel|>final<|message|>Yes."],
            "Yes.",
        ),
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


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("why not</think>Yes.", "Yes."),
        ("<think>a</think>b</think>Yes.", "Yes."),
        ("<|channel|>final<|message|>Yes.<|return|>", "Yes."),
        ("Yes.", "Yes."),
        ("", ""),
    ],
)
def test_a_whole_reply_holds_no_thought_opened_or_not(text: str, left: str) -> None:
    assert final_text(text) == left


def test_a_reply_that_drips_ends_at_the_deadline(serve: Serve) -> None:
    _, llm = serve(Scripted(["x "] * 200, pause_s=0.05), deadline_s=0.4)
    began = time.monotonic()
    with pytest.raises(ModelTimeout, match="RAG_LLM_DEADLINE_S"):
        llm.complete(ASKED)
    assert time.monotonic() - began < 8


def test_comments_alone_do_not_hold_a_reply_open(serve: Serve) -> None:
    _, llm = serve(Scripted(lines=[": still there\n\n"] * 200, pause_s=0.05), deadline_s=0.4)
    with pytest.raises(ModelTimeout, match="still answering"):
        llm.complete(ASKED)


def test_a_server_that_ignores_the_limit_on_tokens_is_read_no_further(serve: Serve) -> None:
    _, llm = serve(Scripted(["It goes on. "] * 5000), max_tokens=50)
    reply = llm.complete(ASKED)
    assert not reply.finished
    assert 50 <= len(reply.text) <= 12 * 50 + 12


def test_a_reply_larger_than_any_answer_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.llm.limits.MAX_REPLY_BYTES", 10_000)
    _, llm = serve(Scripted(lines=[": " + "x" * 1000 + "\n\n"] * 50))
    with pytest.raises(ModelReplyInvalid, match="larger than"):
        llm.complete(ASKED)


def test_a_call_can_be_ended_from_another_thread_while_nothing_comes(serve: Serve) -> None:
    _, llm = serve(Scripted("It", stall=True), timeout_s=30.0)
    cancellation = Cancellation()
    pieces = llm.stream(ASKED, cancellation=cancellation)
    assert next(pieces) == "It"
    Timer(0.2, cancellation.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        next(pieces)
    assert time.monotonic() - began < 10


def test_a_cancelled_question_asks_no_server(serve: Serve) -> None:
    server, llm = serve(Scripted("Yes."))
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(Cancelled):
        llm.complete(ASKED, cancellation=cancellation)
    assert server.requests == []


def test_a_limit_spent_on_thinking_is_asked_for_again_with_room_and_remembered(serve: Serve) -> None:
    thought = Scripted("<think>hm", finish="length", usage=(10, 60))
    server, llm = serve(
        thought, Scripted("<think>hm</think>Yes.", usage=(10, 90)), Scripted("No."), max_tokens=60
    )
    reply = llm.complete(ASKED)
    assert (reply.text, reply.usage.completion_tokens) == ("Yes.", 150)
    assert llm.complete(ASKED).text == "No."
    assert [request["max_tokens"] for request in server.requests] == [60, 480, 480]


def test_a_model_that_only_thinks_says_what_to_set(serve: Serve) -> None:
    thought = Scripted("<think>hm", finish="length")
    _, llm = serve(thought, thought)
    with pytest.raises(ModelReplyInvalid, match="RAG_LLM_MAX_TOKENS"):
        llm.complete(ASKED)


def test_half_a_surrogate_pair_becomes_a_mark_that_can_be_written(serve: Serve) -> None:
    _, llm = serve(Scripted("Yes \ud83d."))
    assert llm.complete(ASKED).text == "Yes \ufffd."


def test_negative_usage_lowers_nothing(serve: Serve) -> None:
    _, llm = serve(Scripted("Yes.", usage=(-1000, -1000)), price=Price(1.0, 1.0))
    assert llm.complete(ASKED).usage == Usage(0, 0, 0.0)


def test_a_reply_in_one_json_body_is_read_although_a_stream_was_asked_for(serve: Serve) -> None:
    body = {"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}], "usage": None}
    _, llm = serve(Scripted(body=body))
    assert llm.complete(ASKED).text == "Yes."


def test_a_reply_whose_end_was_not_said_is_not_kept(serve: Serve, tmp_path: Path) -> None:
    server, llm = serve(Scripted("Yes.", finish=None), Scripted("No."), llm_cache=True)
    assert [llm.complete(ASKED).text for _ in range(3)] == ["Yes.", "No.", "No."]
    assert len(server.requests) == 2
