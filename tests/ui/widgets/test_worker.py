from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from ui.widgets.worker import JobFinished, Threads, Unwatched, newest, watch


def test_what_is_told_at_once_comes_together_and_the_result_last() -> None:
    def work(tell: Callable[[int], None]) -> str:
        for n in range(3):
            tell(n)
        return "done"

    assert list(watch(work)) == [[0, 1, 2], JobFinished("done")]
    assert list(newest(watch(work))) == [2, JobFinished("done")]


def test_silent_work_gives_turns_without_news() -> None:
    go_on = Event()

    def work(tell: Callable[[int], None]) -> None:
        go_on.wait(20)

    turns = watch(work)
    assert next(turns) == []
    go_on.set()
    assert [turn for turn in turns if turn] == [JobFinished(None)]


def test_an_error_of_the_work_is_raised_after_what_it_told() -> None:
    def work(tell: Callable[[int], None]) -> None:
        tell(1)
        raise LookupError("gone")

    turns = watch(work)
    assert next(turns) == [1]
    with pytest.raises(LookupError, match="gone"):
        list(turns)


@pytest.mark.parametrize("stop_alone", [True, False])
def test_work_that_nobody_watches_ends_only_if_it_may(stop_alone: bool) -> None:
    told, left, ended = Event(), Event(), Event()

    def work(tell: Callable[[int], None]) -> None:
        try:
            tell(1)
            told.set()
            left.wait(20)
            tell(2)
            told.clear()
        finally:
            ended.set()

    turns = watch(work, stop_alone=stop_alone)
    assert next(turns) == [1]
    turns.close()  # type: ignore[attr-defined]
    left.set()
    assert ended.wait(20)
    assert told.is_set() is stop_alone


def test_closed_threads_end_their_work_and_are_waited_for() -> None:
    threads, ended = Threads(), Event()

    def work(tell: Callable[[int], None]) -> None:
        try:
            while True:
                tell(1)
        finally:
            ended.set()

    turns = watch(work, threads)
    assert next(turns)
    threads.close()
    assert ended.is_set()
    with pytest.raises(Unwatched):
        list(turns)


def test_silent_work_is_not_waited_for_forever() -> None:
    threads, go_on = Threads(), Event()
    threads.start(lambda: go_on.wait(30))
    threads.close(wait_s=0.05)
    assert threads.closed
    go_on.set()
