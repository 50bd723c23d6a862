"""Progress bars on stderr. Where stderr is not a terminal nothing is drawn, and rich is not imported."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class SizedIterable(Sized, Iterable[T_co], Protocol[T_co]):
    pass


class ShowProgress(Protocol):
    """Draws how much is done. `total` is None where it is not known; `note` stands after the numbers."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None: ...


def is_shown() -> bool:
    """Whether bars are drawn at all: where stderr is a terminal."""
    return sys.stderr.isatty()


def with_progress(things: SizedIterable[T], what: str) -> Iterator[T]:
    """The things, one by one; where there are several, with a bar."""
    if len(things) < 2:
        yield from things
        return
    with progress_bar(what) as show:
        for n_done, thing in enumerate(things):
            show(n_done, len(things))
            yield thing
        show(len(things), len(things))


@contextmanager
def progress_bar(what: str) -> Iterator[ShowProgress]:
    """A bar named `what`: what is done, of how many, and the time left. It is gone at the end."""
    if not is_shown():
        yield _show_nothing
        return
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn(what),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.description}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int | None, note: str = "") -> None:
            bar.update(task, completed=done, total=total, description=note)

        yield show


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A sign of life for work whose length is not known."""
    if not is_shown():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def _show_nothing(done: int, total: int | None, note: str = "") -> None:
    return None
