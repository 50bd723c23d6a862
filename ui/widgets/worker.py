"""Long work in a thread of its own, watched from here. No Gradio, no HTML.

A watcher gets a turn several times a second even while the work says nothing, so that whoever runs it
can stop watching at any time. When the page is no longer served its threads are asked to end, and waited
for a while: one that is in native code as the interpreter ends would abort the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult, ThreadPool
from queue import Empty, SimpleQueue
from threading import Condition, Event
from time import monotonic
from typing import Generic, TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")
EVERY_S = 0.1
TOGETHER_S = 0.05
"""What is told so soon after another thing comes with it: the eye would not see them apart."""


STOPPING_S = 10.0
"""How long threads have to end when the page is no longer served; a silent service is waited for no
longer."""


@dataclass(frozen=True, slots=True)
class JobFinished(Generic[Result]):
    result: Result


class Unwatched(Exception):
    """Raised in the work when it tells something to a watcher that has gone, or to a page that is closed."""


class Threads:
    """The threads of one page, each with one piece of work. Safe to share between threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._n_running = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether work is to end at the next thing it tells."""
        return self._closed

    def start(
        self, work: Callable[[], Result], failed: Callable[[BaseException], None] | None = None
    ) -> AsyncResult[Result]:
        """Have `work` done in a thread of its own; `failed` is told what it raised."""
        with self._changed:
            self._n_running += 1

        def run() -> Result:
            try:
                return work()
            finally:
                with self._changed:
                    self._n_running -= 1
                    self._changed.notify_all()

        pool = ThreadPool(1)
        running = pool.apply_async(run, error_callback=failed)
        pool.close()
        return running

    def close(self, wait_s: float = STOPPING_S) -> None:
        """Have all work end, and wait for it, for `wait_s` at most."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._n_running == 0, wait_s)


def watch(
    work: Callable[[Callable[[Step], None]], Result],
    threads: Threads | None = None,
    *,
    stop_alone: bool = False,
) -> Iterator[list[Step] | JobFinished[Result]]:
    """Run `work(tell)`: what it told since the last turn, as a list that may be empty, and last its result.

    A turn ends after EVERY_S without news, TOGETHER_S after the first news, and with the work.

    With `stop_alone`, work that nobody watches any more ends at the next thing it tells; all work does once
    `threads` are closed. Raises what `work` raises.
    """
    threads = threads or Threads()
    told: SimpleQueue[Step | None] = SimpleQueue()
    gone = Event()

    def tell(step: Step) -> None:
        if threads.closed or (stop_alone and gone.is_set()):
            raise Unwatched
        told.put(step)

    def run() -> Result:
        try:
            return work(tell)
        finally:
            told.put(None)

    running = threads.start(run)
    try:
        is_over = False
        while not is_over:
            steps, is_over = _turn(told)
            yield steps
        yield JobFinished(running.get())
    finally:
        gone.set()


def newest(
    steps: Iterator[list[Step] | JobFinished[Result]],
) -> Iterator[Step | JobFinished[Result]]:
    """Of what was told at a turn only the newest; turns without news are left out."""
    for step in steps:
        if isinstance(step, JobFinished):
            yield step
        elif step:
            yield step[-1]


def _turn(told: SimpleQueue[Step | None]) -> tuple[list[Step], bool]:
    """What is told in one turn, and whether it was the last."""
    steps: list[Step] = []
    until = monotonic() + EVERY_S
    with suppress(Empty):
        while (left_s := until - monotonic()) > 0:
            step = told.get(timeout=left_s)
            if step is None:
                return steps, True
            if not steps:
                until = monotonic() + TOGETHER_S
            steps.append(step)
    return steps, False
