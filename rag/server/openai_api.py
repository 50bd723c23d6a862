"""The OpenAI chat-completions form: messages in, an answer out, whole or as server-sent events.

Only the form; asking is the server's. The text is the answer with its [n] marks, then the cited
sentences; the whole Answer is beside it as "rag", where clients keep fields they do not know. What the
protocol offers and a library has no use for (temperature, system messages) is ignored; what asks for
something it cannot do (tools, several choices, pictures) is refused by name.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from rag.errors import InputError
from rag.export.text import remarks
from rag.files import json_line
from rag.records import Answer, Citation, History
from rag.server.bodies import ChatMessage, read_body
from rag.text.escaping import for_markdown

MODELS = {"rag": None, "rag-extractive": False}
"""What a request may name, and whether a language model writes (None: where one is configured). With "/NAME"
behind it, the library of that name is asked."""
MOST_EMBEDDED = 256
"""Texts that one request may have embedded."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request as far as we use it."""

    question: str
    history: History
    model: str = "rag"
    """One of MODELS."""
    library: str | None = None
    stream: bool = False
    include_usage: bool = False
    """Send the usage as a chunk of its own at the end of the stream."""

    @property
    def name(self) -> str:
        """The model as it was named."""
        return f"{self.model}/{self.library}" if self.library else self.model


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
    return f"data: {json_line(data)}\n"


class ModelLine(BaseModel):
    """A model as a list has it."""

    id: str
    object: str
    created: int
    owned_by: str


class ModelList(BaseModel):
    """The reply to GET /v1/models."""

    object: str
    data: list[ModelLine]


class EmbeddingLine(BaseModel):
    """The vector of a text: numbers, or float32 in base64."""

    object: str
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens read."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(BaseModel):
    """The reply to POST /v1/embeddings."""

    object: str
    model: str
    data: list[EmbeddingLine]
    usage: EmbeddingUsage


def models(libraries: Sequence[str]) -> dict[str, Any]:
    """The reply to GET /v1/models, the first library's models first."""
    names = [*MODELS, *(f"{model}/{library}" for library in libraries[1:] for model in MODELS)]
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "rag"} for name in names]
    return {"object": "list", "data": data}


def embedding_list(model: str, data: list[dict[str, Any]], n_tokens: int) -> dict[str, Any]:
    """The reply to POST /v1/embeddings."""
    usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    return {"object": "list", "model": model, "data": data, "usage": usage}


def named_library(model: object, known: Iterable[str] = MODELS) -> tuple[str, str | None]:
    """The model and the library of "model/library". Raises InputError where there is no such model."""
    name, _, library = model.partition("/") if isinstance(model, str) else ("", "", "")
    if name not in known:
        raise InputError(f"there is no model {model!r}; the models are {', '.join(known)}")
    return name, library or None


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
    model, library = named_library(body.get("model", "rag"))
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
        library=library,
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
