"""Replies in OpenAI's form of a response (/v1/responses), whole or as server-sent events.

Only the form, as rag/server/openai_api.py is for chat completions. One message with one text; nothing is
stored, so there is no response to go on from. The whole Answer is beside it as "rag".
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from rag.files import json_line
from rag.records import Answer
from rag.server.openai_api import text_of
from rag.server.openai_requests import OpenAIRequest

Json = dict[str, Any]


class ResponseText(BaseModel):
    """The text of a message."""

    type: Literal["output_text"]
    text: str
    annotations: list[dict[str, Any]]


class ResponseMessage(BaseModel):
    """The message of a response."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    status: str
    content: list[ResponseText]


class ResponseObject(BaseModel):
    """The reply to POST /v1/responses, without the fields that are the same in each."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: Literal["response"]
    created_at: int
    status: str
    model: str
    output: list[ResponseMessage]
    usage: dict[str, Any] | None
    rag: Answer | None


@dataclass(frozen=True, slots=True)
class ResponseReply:
    """What every piece of one reply has in common."""

    asked: OpenAIRequest
    id: str = field(default_factory=lambda: f"resp_{uuid.uuid4().hex}")
    message_id: str = field(default_factory=lambda: f"msg_{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    _numbers: Iterator[int] = field(default_factory=count)

    def whole(self, answer: Answer) -> Json:
        message = self._message("completed", [_part(text_of(answer))])
        return self._response("completed", [message], answer)

    def opening(self) -> Iterator[str]:
        """What is sent as soon as there is something to wait for."""
        yield self._event("response.created", response=self._response("in_progress", []))
        yield self._event("response.in_progress", response=self._response("in_progress", []))
        yield self._event("response.output_item.added", item=self._message("in_progress", []), output_index=0)
        yield self._of_text("response.content_part.added", part=_part(""))

    def rest(self, answer: Answer) -> Iterator[str]:
        """The text in lines, and the end of everything that was begun."""
        text = text_of(answer)
        for line in text.splitlines(keepends=True):
            yield self._of_text("response.output_text.delta", delta=line, logprobs=[])
        yield self._of_text("response.output_text.done", text=text, logprobs=[])
        yield self._of_text("response.content_part.done", part=_part(text))
        message = self._message("completed", [_part(text)])
        yield self._event("response.output_item.done", item=message, output_index=0)
        yield self._event("response.completed", response=self._response("completed", [message], answer))

    def failed(self, fault: Mapping[str, Any]) -> str:
        """The event that ends the stream where there is no answer; official clients raise it."""
        told = {"code": fault["type"], "message": fault["message"], "param": None}
        return self._event("error", error=dict(fault), **told)

    def _of_text(self, kind: str, **more: Any) -> str:
        return self._event(kind, item_id=self.message_id, output_index=0, content_index=0, **more)

    def _event(self, kind: str, **more: Any) -> str:
        data = {"type": kind, "sequence_number": next(self._numbers), **more}
        return f"event: {kind}\ndata: {json_line(data)}\n"

    def _message(self, status: str, content: list[Json]) -> Json:
        return {
            "id": self.message_id,
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": content,
        }

    def _response(self, status: str, output: list[Json], answer: Answer | None = None) -> Json:
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "model": self.asked.name,
            "output": output,
            "usage": _usage(answer) if answer else None,
            "instructions": self.asked.instructions,
            "metadata": dict(self.asked.metadata),
            "background": False,
            "error": None,
            "incomplete_details": None,
            "parallel_tool_calls": False,
            "previous_response_id": None,
            "store": False,
            "text": {"format": {"type": "text"}},
            "tool_choice": "none",
            "tools": [],
            "rag": answer.to_dict() if answer else None,
        }


def _part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(answer: Answer) -> Json:
    prompt = answer.usage.prompt_tokens if answer.usage else 0
    completion = answer.usage.completion_tokens if answer.usage else 0
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + completion,
    }
