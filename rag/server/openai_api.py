"""Replies in OpenAI's forms of a chat completion, of models and of embeddings.

Only the form; asking is the server's. The text is the answer with its [n] marks, then the cited sentences;
the whole Answer is beside it as "rag", where clients keep fields they do not know. What is asked is
rag/server/openai_requests.py's; the form of /v1/responses is rag/server/openai_responses.py's.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from rag.export.text import remarks
from rag.files import json_line
from rag.records import Answer, Citation
from rag.server.openai_requests import MODELS
from rag.text.escaping import for_markdown

MOST_EMBEDDED = 256
"""Texts that one request may have embedded."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What every piece of one reply has in common."""

    model: str
    include_usage: bool = False
    """Send the usage as a chunk of its own at the end of the stream."""
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

    def opening(self) -> Iterator[str]:
        """What is sent as soon as there is something to wait for."""
        yield self._event({"role": "assistant", "content": ""})

    def failed(self, fault: Mapping[str, Any]) -> str:
        """The event that ends the stream where there is no answer."""
        return event({"error": fault})

    def rest(self, answer: Answer) -> Iterator[str]:
        """The text in lines, the end, the usage where it was asked for, and the protocol's last word."""
        for line in text_of(answer).splitlines(keepends=True):
            yield self._event({"content": line})
        yield self._event({}, finish_reason="stop", rag=answer.to_dict())
        if self.include_usage:
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


def model_list(libraries: Sequence[str]) -> dict[str, Any]:
    """The reply to GET /v1/models, the first library's models first."""
    names = [*MODELS, *(f"{model}/{library}" for library in libraries[1:] for model in MODELS)]
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "rag"} for name in names]
    return {"object": "list", "data": data}


def embedding_list(model: str, data: list[dict[str, Any]], n_tokens: int) -> dict[str, Any]:
    """The reply to POST /v1/embeddings."""
    usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
    return {"object": "list", "model": model, "data": data, "usage": usage}


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


def _usage(answer: Answer) -> dict[str, int]:
    prompt = answer.usage.prompt_tokens if answer.usage else 0
    completion = answer.usage.completion_tokens if answer.usage else 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
