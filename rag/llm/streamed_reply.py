"""What has come in of a streamed reply, chunk by chunk, and whether it is a whole one.

Knows the shape of chat completion chunks, and trusts none of it: the client builds its records unchecked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import exp
from statistics import fmean
from typing import Any

from rag.errors import ModelRejected, ModelReplyInvalid
from rag.llm.thoughts import final_text

_SENTENCE_END = re.compile(r"[.!?:\])\"'\u201d\u2019]\s*$")


@dataclass(slots=True)
class Received:
    """The text so far, and what the server reported about it."""

    text: str = ""
    """As it came, thoughts and all."""
    finish: str | None = None
    """Why the server says it stopped: "stop", "length", "content_filter", ..."""
    usage: tuple[int, int] | None = None
    """Prompt and completion tokens, where the server counts them."""
    logprobs: list[float] = field(default_factory=list)
    """Of the tokens so far, where the server gives them."""

    @property
    def probability(self) -> float | None:
        """The geometric mean of the tokens' probabilities."""
        return exp(fmean(self.logprobs)) if self.logprobs else None

    @property
    def answer(self) -> str:
        """The text without the model's thoughts."""
        return final_text(self.text)

    @property
    def whole(self) -> bool:
        """The server said that it stopped by itself: only such a reply is kept."""
        return self.finish == "stop"

    @property
    def only_thoughts(self) -> bool:
        """The limit on tokens was spent before the answer began."""
        return self.finish == "length" and not self.answer.strip()

    def take(self, chunk: Any) -> str:
        """Add a chunk, and return the text it brings, "" where it brings none."""
        try:
            if chunk.usage:
                prompt, completion = int(chunk.usage.prompt_tokens), int(chunk.usage.completion_tokens)
                self.usage = (max(0, prompt), max(0, completion))
            if not chunk.choices:
                return ""
            choice = chunk.choices[0]
            self.finish = choice.finish_reason or self.finish
            self._note_logprobs(getattr(choice, "logprobs", None))
            piece = _valid((choice.delta.content or "") if choice.delta else "")
            self.text += piece
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            raise ModelReplyInvalid(
                f"a chunk of the reply is not of chat completions: {chunk!r:.100}"
            ) from error
        return piece

    def _note_logprobs(self, logprobs: Any) -> None:
        """They are an extra: a server that gives them in another form gives none."""
        for token in getattr(logprobs, "content", None) or ():
            if isinstance(value := getattr(token, "logprob", None), float | int):
                self.logprobs.append(min(0.0, float(value)))

    def take_whole(self, body: Any) -> str:
        """The text of a reply that came in one JSON body, from a server that does not stream."""
        try:
            choice = body["choices"][0]
            self.text = _valid(choice["message"]["content"] or "")
            self.finish = choice.get("finish_reason") or "stop"
            if usage := body.get("usage"):
                self.usage = (max(0, int(usage["prompt_tokens"])), max(0, int(usage["completion_tokens"])))
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            raise ModelReplyInvalid(f"the reply is not a chat completion: {body!r:.100}") from error
        return self.text

    def check(self, host: str) -> None:
        """Raise ModelRejected or ModelReplyInvalid where the reply is not whole."""
        if self.finish == "content_filter":
            raise ModelRejected(f"{host} filtered the reply out; ask in other words")
        if self.only_thoughts:
            raise ModelReplyInvalid(
                f"the reply from {host} spent its limit of tokens on thinking; set RAG_LLM_MAX_TOKENS higher"
            )
        if not self.answer.strip():
            raise ModelReplyInvalid(f"the reply from {host} is empty; is that a chat model?")
        # Not every server says why it stopped, and over HTTP/1.0 a cut looks like an end.
        if self.finish is None and not _SENTENCE_END.search(self.text):
            raise ModelReplyInvalid(f"the reply from {host} stopped in mid-sentence; try again")


def _valid(text: str) -> str:
    """Text that can be written as UTF-8: half a surrogate pair becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
