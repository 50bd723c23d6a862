"""What has come in of a streamed reply, chunk by chunk, and whether it is a whole one.

Knows the shape of chat completion chunks, and trusts none of it: the client builds its records unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rag.errors import ModelRejected, ModelReplyInvalid

_THINK, _THOUGHT = "<think>", "</think>"
_SENTENCE_END = re.compile(r"[.!?:\])\"'\u201d\u2019]\s*$")


@dataclass(slots=True)
class Received:
    """The text so far, and what the server said of it."""

    text: str = ""
    """As it came, thoughts and all."""
    finish: str | None = None
    """Why the server says it stopped: "stop", "length", "content_filter", ..."""
    usage: tuple[int, int] | None = None
    """Prompt and completion tokens, where the server counts them."""

    @property
    def answer(self) -> str:
        """The text without the model's thoughts."""
        return "".join(without_thoughts([self.text]))

    def take(self, chunk: Any) -> str:
        """Add a chunk, and return the text it brings, "" where it brings none."""
        try:
            if chunk.usage:
                self.usage = (int(chunk.usage.prompt_tokens), int(chunk.usage.completion_tokens))
            if not chunk.choices:
                return ""
            choice = chunk.choices[0]
            self.finish = choice.finish_reason or self.finish
            piece = (choice.delta.content or "") if choice.delta else ""
            self.text += piece
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            raise ModelReplyInvalid(
                f"a chunk of the reply is not of chat completions: {chunk!r:.100}"
            ) from error
        return str(piece)

    def check(self, host: str) -> None:
        """Raise ModelRejected or ModelReplyInvalid where what came is no whole reply."""
        if self.finish == "content_filter":
            raise ModelRejected(f"{host} filtered the reply out; ask in other words")
        if not self.answer.strip():
            raise ModelReplyInvalid(f"the reply from {host} is empty; is that a chat model?")
        # Not every server says why it stopped, and over HTTP/1.0 a cut looks like an end.
        if self.finish is None and not _SENTENCE_END.search(self.text):
            raise ModelReplyInvalid(f"the reply from {host} stopped in mid-sentence; try again")


def without_thoughts(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces without the <think>...</think> some models open their reply with."""
    held, thinking = "", None
    for piece in pieces:
        held += piece
        if thinking is None:
            opening = held.lstrip()
            if len(opening) < len(_THINK) and _THINK.startswith(opening):
                continue
            thinking = opening.startswith(_THINK)
        if thinking:
            _, ended, held_after = held.partition(_THOUGHT)
            if not ended:
                continue
            held, thinking = held_after.lstrip(), False
        if held:
            yield held
        held = ""
    if held and not thinking:
        yield held
