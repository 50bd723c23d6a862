"""Questions wait their turn here, apart from cheap requests, and end when nobody waits for them.

A question may take a language model's whole time. So it runs on threads of its own, a bounded number of them,
with a bounded number waiting: one more is refused at once, and a caller that hangs up frees its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from rag.errors import ServerBusy
from rag.llm.limits import Cancellation

RUNNING = 8
"""Questions worked on at a time. Most of one is waiting for a model; without a model more gain nothing.
Chosen by hand."""
WAITING = 32
"""Questions that may wait for a thread; at 45 ms each the last waits 0.2 s, with a model about a minute."""
LOOK_S = 0.25
"""Between two looks at whether the caller is still there."""

T = TypeVar("T")


class AskQueue:
    """Runs questions on threads of its own. Close it when done."""

    def __init__(self, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._threads = ThreadPoolExecutor(running, thread_name_prefix="ask")
        self._most = running + waiting
        self._n_inside = 0
        self._under_way: set[Cancellation] = set()

    async def run(self, work: Callable[..., T], hung_up: Callable[[], Awaitable[bool]] | None = None) -> T:
        """What `work(cancellation=...)` returns. The Cancellation is cancelled once `hung_up()` is true or
        the server stops.

        Raises ServerBusy at once where the queue is full, and what `work` raises.
        """
        if self._n_inside >= self._most:
            raise ServerBusy(f"{self._n_inside} questions are being answered or waiting; ask again soon")
        cancellation = Cancellation()
        self._n_inside += 1
        self._under_way.add(cancellation)
        try:
            call = partial(work, cancellation=cancellation)
            future = asyncio.get_running_loop().run_in_executor(self._threads, call)
            while not (await asyncio.wait({future}, timeout=LOOK_S))[0]:
                if hung_up and not cancellation.cancelled and await hung_up():
                    cancellation.cancel()
            return future.result()
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        finally:
            self._n_inside -= 1
            self._under_way.discard(cancellation)

    def close(self) -> None:
        """End the questions under way, and take no more."""
        for cancellation in tuple(self._under_way):
            cancellation.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
