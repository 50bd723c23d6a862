"""The OpenAI chat-completions form: messages in, an answer out, whole or as server-sent events.

Only the form; asking is the server's. The text is the answer with its [n] marks, then the cited
sentences; the whole Answer is beside it as "rag", where clients keep fields they do not know. What the
protocol offers and a library has no use for (temperature, system messages) is ignored; what asks for
something it cannot do (tools, several choices, pictures) is refused by name.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.errors import InputError
from rag.export.text import remarks
from rag.records import Answer, Citation, History
from rag.server.bodies import ChatMessage, read_body
from rag.text.escaping import for_markdown

MODELS = {"rag": None, "rag-extractive": False}
"""What a request may name, and whether a language model writes (None: where one is configured)."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request as far as we use it."""

    question: str
    history: History
    model: str = "rag"
    stream: bool = False
    include_usage: bool = False
    """Send the usage as a chunk of its own at the end of the stream."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What every piece of one reply has in common."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answer: Answer) -> dict[str, Any]:
        message = {"role": "assistant", "content": text_of(answer), "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": _usage(answer),
            "rag": answer.to_dict(),
        }

    def opening(self) -> str:
        """The first event, sent as soon as there is something to wait for."""
        return self._event({"role": "assistant", "content": ""})

    def rest(self, answer: Answer, *, include_usage: bool) -> Iterator[str]:
        """The text in lines, the end, the usage where it was asked for, and the protocol's last word."""
        for line in text_of(answer).splitlines(keepends=True):
            yield self._event({"content": line})
        yield self._event({}, finish_reason="stop", rag=answer.to_dict())
        if include_usage:
            yield event({**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(answer)})
        yield "data: [DONE]\n\n"

    def _event(self, delta: Mapping[str, str], finish_reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return event({**self._head("chat.completion.chunk"), "choices": [choice], **more})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def event(data: Mapping[str, Any]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def models() -> dict[str, Any]:
    """The reply to GET /v1/models."""
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "rag"} for name in MODELS]
    return {"object": "list", "data": data}


_HARMLESS_NAMES = """
    audio best_of frequency_penalty logit_bias max_completion_tokens max_tokens messages metadata model
    parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention
    reasoning_effort safety_identifier seed service_tier stream stream_options temperature top_k top_p
    user verbosity
"""
HARMLESS = frozenset(_HARMLESS_NAMES.split())
"""Fields that are honoured, or that change nothing a library could answer otherwise."""
OFF: dict[str, tuple[object, ...]] = {
    "n": (1,),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "store": (False,),
    "stop": ([], ""),
    "echo": (False,),
    "web_search_options": ({},),
}
"""Fields that ask for what a library cannot do, with the values that do not ask for it."""


def chat_request(body: Mapping[str, Any]) -> ChatRequest:
    """The request in a JSON body. Raises InputError where there is no last user message, no such model, or a
    field asks for what cannot be had."""
    model = body.get("model", "rag")
    if not isinstance(model, str) or model not in MODELS:
        raise InputError(f"there is no model {model!r}; the models are {', '.join(MODELS)}")
    for name, value in body.items():
        if name in OFF and value is not None and value not in OFF[name]:
            raise InputError(f'"{name}" cannot be honoured by a library of papers; leave it out')
        if name not in OFF and name not in HARMLESS:
            raise InputError(f'there is no field "{name}"; leave it out')
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError('"messages" must be a list of {"role": ..., "content": ...}')
    turns = [turn for message in messages if (turn := _turn(message))]
    if not turns or turns[-1][0] != "user":
        raise InputError('the last of "messages" must be of the role "user": it is the question')
    options = body.get("stream_options") or {}
    return ChatRequest(
        question=turns[-1][1],
        history=tuple(turns[:-1]),
        model=model,
        stream=bool(body.get("stream")),
        include_usage=isinstance(options, dict) and bool(options.get("include_usage")),
    )


def text_of(answer: Answer) -> str:
    """The answer, what is doubtful in it, and the cited sentences with their papers; nothing in it is live
    where it is rendered as Markdown or HTML."""
    parts = [answer.answer.strip(), *remarks(answer)]
    doubts = [f"- {each.status}: {each.text}" for each in answer.sentences if each.status != "supported"]
    parts += ["To be checked:\n" + "\n".join(doubts)] if doubts else []
    parts += ["\n".join(_reference(citation) for citation in answer.citations)]
    return for_markdown("\n\n".join(part for part in parts if part))


def _reference(citation: Citation) -> str:
    known = [citation.title, str(citation.year or ""), citation.venue, citation.url]
    return f"[{citation.n}] {', '.join(part for part in known if part)}: “{citation.quote}”"


def _turn(message: Any) -> tuple[str, str] | None:
    """The (role, text) of a user's or the assistant's message; None for other roles, or without text."""
    if not isinstance(message, dict):
        raise InputError('each of "messages" must be {"role": ..., "content": ...}')
    read = read_body(ChatMessage, message)
    if read.role not in ("user", "assistant") or not read.content:
        return None
    content = read.content if isinstance(read.content, str) else "\n".join(map(_part, read.content))
    return (read.role, content) if content else None


def _part(part: Mapping[str, Any]) -> str:
    """The text of a part of a message. Raises InputError for pictures, sound and files."""
    kind, text = part.get("type", "text"), part.get("text", "")
    if kind not in ("text", "input_text", "refusal") or not isinstance(text, str):
        raise InputError(f'a part of a message is of type {kind!r}; only "text" can be read here')
    return text


def _usage(answer: Answer) -> dict[str, int]:
    prompt = answer.usage.prompt_tokens if answer.usage else 0
    completion = answer.usage.completion_tokens if answer.usage else 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
