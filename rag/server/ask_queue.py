"""Questions wait their turn here, apart from cheap requests, and end when nobody waits for them.

A question may take a language model's whole time. So it runs on threads of its own, a bounded number of them,
with a bounded number waiting: one more is refused at once, and a caller that hangs up frees its place.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from rag.errors import Cancelled, ServerBusy
from rag.llm.limits import Cancellation

RUNNING = 8
"""Questions worked on at a time. Most of one is waiting for a model; without a model more gain nothing.
Chosen by hand."""
WAITING = 32
"""Questions that may wait for a thread; at 45 ms each the last waits 0.2 s, with a model about a minute."""
ENDING_S = 5.0
"""Seconds that questions have to end in once they are cancelled."""
LOOK_S = 0.25
"""Between two looks at whether the caller is still there."""

T = TypeVar("T")


class AskQueue:
    """Runs questions on threads of its own. Close it when done."""

    def __init__(
        self,
        running: int = RUNNING,
        waiting: int = WAITING,
        name: str = "ask",
        watch: Callable[[int], None] | None = None,
    ) -> None:
        """`watch` is told how many questions are being answered or waiting whenever that changes."""
        self._threads = ThreadPoolExecutor(running, thread_name_prefix=name)
        self._most = running + waiting
        self._watch = watch
        self._lock = Lock()
        self._inside: set[Cancellation] = set()

    @property
    def n_inside(self) -> int:
        """Questions being answered or waiting."""
        return len(self._inside)

    def check_room(self) -> None:
        """Raises ServerBusy where the queue is full now: while a reply's status can still be chosen."""
        if len(self._inside) >= self._most:
            raise self._busy()

    async def run(self, work: Callable[..., T], hung_up: Callable[[], Awaitable[bool]] | None = None) -> T:
        """What `work(cancellation=...)` returns. The Cancellation is cancelled once `hung_up()` is true or
        the server stops.

        Raises ServerBusy at once where the queue is full, Cancelled where the caller is gone before its turn
        came, and what `work` raises.
        """
        cancellation = Cancellation()
        self._enter(cancellation)
        call = self._threads.submit(copy_context().run, partial(work, cancellation=cancellation))
        call.add_done_callback(lambda _: self._leave(cancellation))
        result = asyncio.wrap_future(call)
        try:
            while not (await asyncio.wait({result}, timeout=LOOK_S))[0]:
                if hung_up and not cancellation.cancelled and await hung_up():
                    cancellation.cancel()
                    call.cancel()  # where it still waits; else it ends by itself
        except asyncio.CancelledError:
            cancellation.cancel()
            call.cancel()
            result.add_done_callback(_look_at)
            raise
        if result.cancelled():
            raise Cancelled("nobody waits for this answer any more")
        return result.result()

    def _enter(self, cancellation: Cancellation) -> None:
        with self._lock:
            if len(self._inside) >= self._most:
                raise self._busy()
            self._inside.add(cancellation)
            self._tell()

    def _busy(self) -> ServerBusy:
        return ServerBusy(f"{len(self._inside)} questions are being answered or waiting; ask again soon")

    def _tell(self) -> None:
        if self._watch is not None:
            self._watch(len(self._inside))

    def _leave(self, cancellation: Cancellation) -> None:
        """Its thread is free again, which may be a while after its caller hung up."""
        with self._lock:
            self._inside.discard(cancellation)
            self._tell()

    def close(self) -> None:
        """End the questions under way, and take no more. Waits a moment for them: what they read is closed
        next."""
        with self._lock:
            inside = tuple(self._inside)
        for cancellation in inside:
            cancellation.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        until = time.monotonic() + ENDING_S
        while self._inside and time.monotonic() < until:
            time.sleep(0.01)


def _look_at(result: asyncio.Future[Any]) -> None:
    """See what a call ended with that nobody waits for, or asyncio reports it."""
    if not result.cancelled():
        result.exception()
