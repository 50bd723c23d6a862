"""What the routes share: the libraries by name, the queues, the keys, the counts, and one way to ask.

Owns no route and no protocol. The library that was opened first is the one asked where none is named.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock, Timeout
from starlette.exceptions import HTTPException

from rag.errors import Cancelled, InputError
from rag.llm.limits import Cancellation
from rag.records import Answer, Done, Event, Filters, History, as_history
from rag.retrieval.question import check_question
from rag.server.allowances import FILE, Allowances
from rag.server.ask_queue import RUNNING, WAITING, AskQueue
from rag.server.bodies import AskArguments
from rag.server.keys import KeyFile, ServerKey
from rag.server.metrics import Metrics
from rag.server.tracing import trace_answer

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

    from rag.assistant import Assistant
    from rag.library.library import Library

T = TypeVar("T")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
DEFAULT = "default"
"""The name of the library that --library gives."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How a server is run, as `rag serve` was told."""

    hosts: tuple[str, ...] = LOOPBACK
    """Names it may be called by ("*": any)."""
    origins: tuple[str, ...] = ()
    """Sites whose pages may ask from a browser (CORS), like https://lab.example."""
    largest_body: int = 2**20
    """Bytes of a JSON body."""
    largest_upload: int = 16 * 2**20
    """Bytes of an uploaded file of papers."""
    running: int = RUNNING
    waiting: int = WAITING
    log_questions: bool = False
    page: str | None = None
    """The path that the chat page is mounted at."""
    needs_key: bool = False
    """Ask for a key even where none was made: other machines reach this server."""
    shared: Path | None = None
    """A folder that worker processes of this server share while it runs; None where there is one process."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """A question as every protocol puts it."""

    question: str
    history: History = ()
    filters: Filters | None = None
    words: int | None = None
    llm: bool | None = None
    top: int | None = None

    @classmethod
    def of(cls, body: AskArguments) -> Prompted:
        """Raises InputError."""
        try:
            history = as_history(body.history)
        except (ValueError, TypeError) as error:
            raise InputError(f'"history": {error}') from error
        filters = body.filters.parsed() if body.filters else None
        return cls(check_question(body.question), history, filters, body.words, body.llm, body.top)


@dataclass(slots=True)
class Caller:
    """Who asks, and what the log says of the request."""

    key: ServerKey | None = None
    fields: dict[str, object] = field(default_factory=dict)


class LibraryServer:
    """Open libraries and what is needed to serve them. Close it when done; the libraries are their
    owner's."""

    def __init__(
        self,
        libraries: Mapping[str, Assistant],
        keys: KeyFile | None = None,
        settings: ServerSettings | None = None,
        tracing: TracerProvider | None = None,
    ) -> None:
        self.libraries = dict(libraries)
        self.settings = settings or ServerSettings()
        self.keys = keys or KeyFile(None)
        self.tracing = tracing
        """What spans are made with; None where nobody wants them."""
        shared = self.settings.shared
        self.allowances = Allowances(self.keys.path.with_name(FILE) if self.keys.path else None)
        self.metrics = Metrics(shared)
        self.asks = AskQueue(self.settings.running, self.settings.waiting, watch=self.metrics.queue.set)
        self._writes = AskQueue(1, 8, name="write")
        self._write_lock = FileLock(shared / "writing.lock") if shared else None
        for name, assistant in self.libraries.items():
            self.metrics.watch_library(name, _counter(assistant))

    def assistant(self, name: str | None) -> Assistant:
        """The library of that name. Raises HTTPException (404)."""
        if name is None:
            return next(iter(self.libraries.values()))
        if name not in self.libraries:
            raise HTTPException(404, f"no library {name!r}; GET /v1/libraries lists them")
        return self.libraries[name]

    def library(self, name: str | None) -> Library:
        """The library of that name as it is now, also where another process has just added to it. Looks at
        the disk, so it is no work for the event loop. Raises HTTPException (404), RagError."""
        library = self.assistant(name).library
        library.refresh()
        return library

    @property
    def paths(self) -> Sequence[Path]:
        """Folders that no reply may name."""
        return [each for one in self.libraries.values() for each in (one.config.library, one.config.cache)]

    def may_ask(self, assistant: Assistant, asked: Prompted, caller: Caller) -> None:
        """Raises InputError where a model is wanted and there is none, HTTPException (429) where the caller's
        key has used up what a model may take."""
        if asked.llm and not assistant.config.has_model:
            raise InputError('"llm" is true, but this server has no language model; leave it out')
        writes = assistant.config.has_model if asked.llm is None else asked.llm
        if writes and caller.key and (refused := self.allowances.over_budget(caller.key)):
            self.metrics.refused.labels("budget").inc()
            raise HTTPException(429, refused.message, {"Retry-After": str(refused.retry_after_s)})

    async def write(
        self, work: Callable[[Cancellation], T], hung_up: Callable[[], Awaitable[bool]] | None = None
    ) -> T:
        """What `work` returns, which changes a library: papers are added and removed one request after the
        other, in all processes of this server together. Raises as AskQueue.run does."""

        def alone(cancellation: Cancellation) -> T:
            if self._write_lock is None:
                return work(cancellation)
            try:
                with self._write_lock.acquire(poll_interval=0.1, cancel_check=lambda: cancellation.cancelled):
                    return work(cancellation)
            except Timeout as error:
                raise Cancelled("nobody waits for this any more") from error

        return await self._writes.run(alone, hung_up)

    def events(
        self, assistant: Assistant, asked: Prompted, caller: Caller, cancellation: Cancellation
    ) -> Generator[Event, None, None]:
        """The steps of an answer, counted and logged once it is whole; what a model took for it counts even
        where it never is. Runs on a thread of the queue."""
        try:
            for event in assistant.stream(
                asked.question,
                history=asked.history,
                filters=asked.filters,
                words=asked.words,
                llm=asked.llm,
                top=asked.top,
                cancellation=cancellation,
            ):
                if isinstance(event, Done):
                    self._count(event.answer, caller)
                yield event
        finally:
            if cancellation.used:
                self.metrics.count_usage(cancellation.used)
                if caller.key:
                    self.allowances.spend(caller.key, cancellation.used)

    def ask(self, assistant: Assistant, asked: Prompted, caller: Caller) -> Callable[[Cancellation], Answer]:
        """The answer, as work for the queue."""

        def work(cancellation: Cancellation) -> Answer:
            with closing(self.events(assistant, asked, caller, cancellation)) as events:
                return next(event.answer for event in events if isinstance(event, Done))

        return work

    def _count(self, answer: Answer, caller: Caller) -> None:
        self.metrics.count_answer(answer)
        if self.tracing:
            trace_answer(answer, self.tracing)
        caller.fields.update(
            intent=answer.intent,
            mode=answer.mode,
            abstained=answer.abstained,
            stages_ms={name: ms for name, ms in answer.timings_ms.items() if name != "total"},
        )
        if self.settings.log_questions:
            caller.fields["question"] = answer.question

    def close(self) -> None:
        """End what is under way."""
        self.asks.close()
        self._writes.close()
        self.allowances.close()


def _counter(assistant: Assistant) -> Callable[[], float]:
    return lambda: assistant.library.n_papers
