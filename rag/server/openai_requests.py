"""What official OpenAI clients ask, as far as a library can answer it: chat completions and responses.

Messages in, a question with its history out. What the protocols offer and a library has no use for
(temperature, limits on tokens, system messages, instructions) is taken and changes nothing; what asks for
something it cannot do (tools, several choices, pictures, kept conversations) is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from rag.errors import InputError
from rag.records import History
from rag.server.bodies import MOST_TURNS, ChatMessage, read_body

MODELS = {"rag": None, "rag-extractive": False}
"""What a request may name, and whether a language model writes (None: where one is configured). With "/NAME"
behind it, the library of that name is asked."""


@dataclass(frozen=True, slots=True)
class OpenAIRequest:
    """A request as far as we use it, of either protocol that asks."""

    question: str
    history: History
    model: str = "rag"
    """One of MODELS."""
    library: str | None = None
    stream: bool = False
    include_usage: bool = False
    """Send the usage as a chunk of its own at the end of the stream."""
    instructions: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Both are given back, and change nothing."""

    @property
    def name(self) -> str:
        """The model as it was named."""
        return f"{self.model}/{self.library}" if self.library else self.model


def named_library(model: object, known: Iterable[str] = MODELS) -> tuple[str, str | None]:
    """The model and the library of "model/library". Raises InputError where there is no such model."""
    name, _, library = model.partition("/") if isinstance(model, str) else ("", "", "")
    if name not in known:
        raise InputError(f"there is no model {model!r}; the models are {', '.join(known)}")
    return name, library or None


_OF_BOTH = """
    metadata model parallel_tool_calls prompt_cache_key prompt_cache_retention safety_identifier service_tier
    stream stream_options temperature top_p user
"""
_OF_CHAT = """
    audio best_of frequency_penalty logit_bias max_completion_tokens max_tokens messages prediction
    presence_penalty reasoning_effort seed top_k verbosity
"""
_OF_RESPONSES = """
    input instructions max_output_tokens max_tool_calls prompt_cache_options reasoning truncation
"""
HARMLESS = frozenset(f"{_OF_BOTH} {_OF_CHAT}".split())
"""Fields of a chat completion that are honoured, or that change nothing a library could answer otherwise."""
HARMLESS_OF_RESPONSES = frozenset(f"{_OF_BOTH} {_OF_RESPONSES}".split())
Off = Mapping[str, tuple[object, ...]]
_OFF_OF_BOTH: Off = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "store": (False,),
    "top_logprobs": (0,),
}
OFF: Off = {
    **_OFF_OF_BOTH,
    "n": (1,),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "logprobs": (False,),
    "stop": ([], ""),
    "echo": (False,),
    "web_search_options": ({},),
}
"""Fields that ask for what a library cannot do, with the values that do not ask for it."""
_PLAIN_TEXT = {"type": "text"}
OFF_OF_RESPONSES: Off = {
    **_OFF_OF_BOTH,
    "background": (False,),
    "context_management": ([],),
    "conversation": (),
    "include": ([], ["reasoning.encrypted_content"]),
    "moderation": (),
    "previous_response_id": (),
    "prompt": (),
    "text": ({}, {"format": _PLAIN_TEXT}),
}
"""The same of /v1/responses. `store` is on for OpenAI where it is left out; here nothing is ever stored."""


def chat_request(body: Mapping[str, Any]) -> OpenAIRequest:
    """The request in a JSON body. Raises InputError where there is no last user message, no such model, or a
    field asks for what cannot be had."""
    _check_fields(body, OFF, HARMLESS)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError('"messages" must be a list of {"role": ..., "content": ...}')
    options = body.get("stream_options") or {}
    wants_usage = isinstance(options, dict) and bool(options.get("include_usage"))
    return replace(_asked(body, _turns(messages, "messages")), include_usage=wants_usage)


def responses_request(body: Mapping[str, Any]) -> OpenAIRequest:
    """The request in a body for /v1/responses. Raises InputError as `chat_request` does."""
    text = body.get("text")
    plain = {key: value for key, value in text.items() if key != "verbosity"} if text else None
    _check_fields({**body, "text": plain}, OFF_OF_RESPONSES, HARMLESS_OF_RESPONSES)
    items = body.get("input")
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_TURNS:
        raise InputError(f'"input" must be a text, or a list of 1 to {MOST_TURNS} messages')
    return replace(
        _asked(body, _turns(list(filter(_is_message, items)), "input")),
        instructions=body.get("instructions"),
        metadata=body.get("metadata") or {},
    )


def _asked(body: Mapping[str, Any], turns: Sequence[tuple[str, str]]) -> OpenAIRequest:
    """What both protocols say in the same way."""
    model, library = named_library(body.get("model", "rag"))
    return OpenAIRequest(
        question=turns[-1][1],
        history=tuple(turns[:-1]),
        model=model,
        library=library,
        stream=bool(body.get("stream")),
    )


def _check_fields(body: Mapping[str, Any], off: Off, harmless: Set[str]) -> None:
    """Raises InputError where a field asks for what cannot be had, or does not exist."""
    for name, value in body.items():
        if name in off and value is not None and value not in off[name]:
            raise InputError(f'"{name}" cannot be honoured by a library of papers; leave it out')
        if name not in off and name not in harmless:
            raise InputError(f'there is no field "{name}"; leave it out')


def _is_message(item: Any) -> bool:
    """Whether an item of the input is a message. What a model thought before is none, and is passed over.
    Raises InputError for what cannot be read here."""
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if kind not in ("message", "reasoning"):
        raise InputError(f'"input" holds an item of type {kind!r}; only messages can be read here')
    return bool(kind == "message")


def _turns(messages: Sequence[Any], field_name: str) -> list[tuple[str, str]]:
    """What was said, the question last. Raises InputError."""
    turns = [turn for message in messages if (turn := _turn(message, field_name))]
    if not turns or turns[-1][0] != "user":
        raise InputError(f'the last of "{field_name}" must be of the role "user": it is the question')
    return turns


def _turn(message: Any, field_name: str) -> tuple[str, str] | None:
    """The (role, text) of a user's or the assistant's message; None for other roles, or without text."""
    if not isinstance(message, dict):
        raise InputError(f'each of "{field_name}" must be {{"role": ..., "content": ...}}')
    read = read_body(ChatMessage, message)
    if read.role not in ("user", "assistant") or not read.content:
        return None
    content = read.content if isinstance(read.content, str) else "\n".join(map(_part, read.content))
    return (read.role, content) if content else None


def _part(part: Mapping[str, Any]) -> str:
    """The text of a part of a message. Raises InputError for pictures, sound and files."""
    kind, text = part.get("type", "text"), part.get("text", "")
    if kind not in ("text", "input_text", "output_text", "refusal") or not isinstance(text, str):
        raise InputError(f'a part of a message is of type {kind!r}; only "text" can be read here')
    return text
