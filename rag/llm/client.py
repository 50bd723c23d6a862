"""A language model behind any OpenAI-compatible server: messages in, text as it is written out.

The only importer of `openai` (1.2 s, so late). Owns the protocol, time limits and retries. What calls
cost is rag/llm/cost.py's, errors rag/llm/error_map.py's; it knows nothing of papers or prompts.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from rag.config import Config
from rag.errors import ConfigError, ModelError, ModelReplyInvalid
from rag.llm.cost import Budget, Spending, price_of
from rag.llm.error_map import Call, host_of, our_error, retry_after_s, shows
from rag.llm.limits import Cancellation, limit_reply
from rag.llm.reply_cache import CachedReply, ReplyCache
from rag.llm.streamed_reply import Received
from rag.llm.thoughts import without_thoughts
from rag.llm.token_count import TokenCounter
from rag.records import Usage

if TYPE_CHECKING:
    import openai

OPENAI_URL = "https://api.openai.com/v1"
NO_KEY = "none"
"""What servers are sent where no key is set; they want the header, not its value."""
TRIES = 3
LONGEST_PAUSE_S = 30.0
CONNECT_S = 5.0
TOKENS_PER_MESSAGE = 4
"""What the chat format adds to a message, and once to the reply."""
THINKING = 8
"""How many times the limit on tokens is asked for again where all of it went on thinking. Chosen by hand:
models that think take some 500 to 4,000 tokens before an answer of 600."""
CHARS_PER_TOKEN = 12
"""No text has more: where a server ignores the limit on tokens, reading ends there."""
REFUSABLE = ("stream_options", "temperature", "max_tokens", "system role", "logprobs")
"""What some servers refuse. It is then left out; max_tokens goes by its newer name, and a system message
is put before the first of the user's."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that has come in whole."""

    text: str
    usage: Usage
    finished: bool = True
    """False where it ends at the limit on tokens."""
    cached: bool = False
    probability: float | None = None
    """The geometric mean of its tokens' probabilities, where it was asked for and the server gave it."""


class LanguageModel:
    """One model at one server, and what this session has spent on it. Safe to share by threads.

    Making one connects to nothing. Raises ConfigError where the settings name no server.
    """

    def __init__(
        self,
        config: Config,
        *,
        backoff_s: float = 0.5,
        spending: Spending | None = None,
        probabilities: bool = False,
    ) -> None:
        """`backoff_s`: first pause before a retry; doubled each time, unless the server says how long.
        `spending`: what other models of the session spend, where the caps are for all of them.
        `probabilities`: ask for those of the reply's tokens."""
        if not config.has_model:
            raise ConfigError(
                "no language model is set up; set OPENAI_API_KEY, or OPENAI_BASE_URL for a local one"
            )
        self.config = config
        self.url = config.base_url or OPENAI_URL
        self.host = host_of(self.url)
        self._backoff_s = backoff_s
        self._spending = spending or Spending()
        self._probabilities = probabilities
        self._cache = ReplyCache(config.cache / "replies") if config.llm_cache else None
        self._refused: set[str] = set()
        self._thinks = False
        self._warming: Thread | None = None

    def __repr__(self) -> str:
        return f"LanguageModel({self.config.model or 'first listed'!r} at {self.host})"

    def warm_up(self) -> None:
        """Import the client, and find the model's name and vocabulary, while the caller retrieves. Once."""
        if self._warming is None:
            self._warming = Thread(target=self._prepare, name="model-warm-up", daemon=True)
            self._warming.start()

    def _prepare(self) -> None:
        try:
            _ = self._client, self.counter
        except (ModelError, ConfigError):
            return  # the call will meet it again, where it can be reported

    def close(self) -> None:
        """Let go of the connection; a later call opens another."""
        if client := self.__dict__.pop("_client", None):
            client.close()

    @cached_property
    def name(self) -> str:
        """The model named in the settings, else the first that a server of the user's own lists."""
        if self.config.model:
            return self.config.model
        if not self.config.base_url:
            raise ConfigError("no model is named; set RAG_LLM_MODEL, like RAG_LLM_MODEL=gpt-4.1-mini")
        import openai

        with self._our_errors("the list of models"):
            try:
                page = self._client.models.list()
            except openai.APIStatusError as error:
                if error.status_code in (401, 403, 429):
                    raise
                raise ConfigError(f"{self.host} does not list its models; set RAG_LLM_MODEL") from error
        listed = [str(model.id) for model in getattr(page, "data", None) or ()]
        if not listed:
            raise ConfigError(f"{self.host} lists no model; load one there, or set RAG_LLM_MODEL")
        return listed[0]

    @cached_property
    def counter(self) -> TokenCounter:
        return TokenCounter.for_model(self.name)

    @cached_property
    def budget(self) -> Budget:
        price = self.config.price or price_of(self.name, self.url)
        caps = self.config.max_cost_usd, self.config.max_call_usd
        return Budget(self.name, *caps, price, self._spending)

    def n_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt, by tiktoken."""
        texts = (message.content for message in messages)
        return TOKENS_PER_MESSAGE + sum(TOKENS_PER_MESSAGE + self.counter.count(text) for text in texts)

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int | None = None,
        cancellation: Cancellation | None = None,
    ) -> Reply:
        """The whole reply; see `stream`."""
        *_, reply = self.stream(messages, max_tokens=max_tokens, cancellation=cancellation)
        assert isinstance(reply, Reply)
        return reply

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int | None = None,
        cancellation: Cancellation | None = None,
        fresh: bool = False,
    ) -> Generator[str | Reply, None, None]:
        """Text as it comes and, last, the Reply. One request, unless a reply to it is kept (and `fresh`
        not set), or the first spent its limit on thinking.

        Raises BudgetExceeded before the request where it may pass a cap, any other ModelError then or in
        mid-reply, and Cancelled; what had come by then is counted as spent.
        """
        if self._warming:
            self._warming.join()
        limit = max_tokens or self.config.max_tokens
        asked = [{"role": message.role, "content": message.content} for message in messages]
        request = {"server": self.url, "model": self.name, "max_tokens": limit, "messages": asked}
        cancellation = cancellation or Cancellation()
        if self._cache and not fresh and (kept := self._cache.get(request)):
            free = Usage(kept.prompt_tokens, kept.completion_tokens, 0.0)
            cancellation.count(free)
            yield kept.text
            yield Reply(kept.text, free, cached=True, probability=kept.probability)
            return
        n_prompt = self.n_tokens(messages)
        received, usage = Received(), Usage(0, 0, None)
        for allowed in self._limits(limit, n_prompt):
            received = Received()
            reserved = self.budget.reserve(n_prompt, allowed)
            try:
                yield from without_thoughts(self._pieces(asked, allowed, received, cancellation))
            finally:
                took = self.budget.record(reserved, *self._counted(messages, received))
                usage = usage + took
                cancellation.count(took)
            if not received.only_thoughts:
                break
            self._thinks = True
        received.check(self.host)
        reply = Reply(
            received.answer,
            usage,
            finished=received.finish != "length",
            probability=received.probability,
        )
        if self._cache and received.whole:
            tokens = usage.prompt_tokens, usage.completion_tokens
            self._cache.put(request, CachedReply(reply.text, *tokens, reply.probability))
        yield reply

    def _limits(self, limit: int, n_prompt: int) -> Iterator[int]:
        """The limits on tokens to ask with, one after the other: a model that thinks needs room for it."""
        longest = max(limit, self.config.context_window - int(n_prompt * self.counter.margin))
        if not self._thinks:
            yield limit
        if limit * THINKING > limit:
            yield min(limit * THINKING, longest)

    def _counted(self, messages: Sequence[Message], received: Received) -> tuple[int, int]:
        """Prompt and completion tokens: the server's count, else tiktoken's; none where nothing came."""
        if received.usage:
            return received.usage
        if not received.text:
            return 0, 0
        return self.n_tokens(messages), self.counter.count(received.text)

    def _pieces(
        self, asked: list[dict[str, str]], limit: int, received: Received, cancellation: Cancellation
    ) -> Iterator[str]:
        """The text of one reply as it comes, thoughts and all, within the limits on time and size."""
        cancellation.check()
        with self._our_errors(self.name), closing(self._opened(asked, limit)) as stream:
            limit_reply(stream.response, self.config.deadline_s, self.host, cancellation)
            if "json" in stream.response.headers.get("content-type", ""):
                yield received.take_whole(json.loads(stream.response.read()))
                return
            for chunk in stream:
                if piece := received.take(chunk):
                    yield piece
                if len(received.text) > CHARS_PER_TOKEN * limit:
                    received.finish = "length"
                    return

    def _opened(self, asked: list[dict[str, str]], limit: int) -> openai.Stream[Any]:
        """The stream of a reply, asked for with what this server has not refused before."""
        import openai

        create: Any = self._client.chat.completions.create
        while True:
            fields: dict[str, Any] = {"stream_options": {"include_usage": True}, "temperature": 0}
            fields |= {"max_tokens": limit} | ({"logprobs": True} if self._probabilities else {})
            kept = {name: value for name, value in fields.items() if name not in self._refused}
            if "max_tokens" in self._refused:
                kept["max_completion_tokens"] = limit
            try:
                shown = _without_system(asked) if "system role" in self._refused else asked
                request = partial(create, model=self.name, messages=shown, stream=True, **kept)
                return self._retried(request)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                named = {name for name in REFUSABLE if name in str(error).lower()} or {"stream_options"}
                if named <= self._refused:
                    raise
                self._refused |= named

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        return openai.OpenAI(
            api_key=self.config.api_key or NO_KEY,
            base_url=self.url,
            timeout=openai.Timeout(self.config.timeout_s, connect=min(CONNECT_S, self.config.timeout_s)),
            max_retries=0,  # retried here: the client would retry a time-out too, tripling the wait
        )

    def _retried(self, call: Callable[[], _T]) -> _T:
        """`call()`, again after a pause where the server is busy, failing or out of reach."""
        import openai

        for attempt in range(TRIES - 1):
            try:
                return call()
            except openai.APITimeoutError:
                raise
            except (openai.RateLimitError, openai.InternalServerError, openai.APIConnectionError) as error:
                pause_s = retry_after_s(error)
                if pause_s is None:
                    pause_s = self._backoff_s * 2**attempt * random.uniform(0.75, 1.0)
                if pause_s > LONGEST_PAUSE_S or error.code == "insufficient_quota":
                    raise
                time.sleep(pause_s)
        return call()

    @contextmanager
    def _our_errors(self, model: str) -> Iterator[None]:
        """The client's errors as ours, without the key."""
        import openai

        key = self.config.api_key
        try:
            yield
        except openai.OpenAIError as error:
            ours = our_error(error, Call(self.host, model, self.config.timeout_s), key)
            raise ours from (None if shows(error, key) else error)
        except ValueError as error:  # what comes is not JSON; the client passes that on as it is
            raise ModelReplyInvalid(
                f"the reply from {self.host} is not the chat completions protocol; is OPENAI_BASE_URL right?"
            ) from error


def _without_system(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """The messages with a leading system message put into the one after it."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    together = "\n\n".join(message["content"] for message in messages[:2])
    return [{**messages[1], "content": together}, *messages[2:]]
