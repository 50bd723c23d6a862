"""An answer watched on a terminal while a model writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rag.records import Answer, Delta, Done, Event


def watch(events: Iterator[Event]) -> Answer:
    """The answer that a stream ends with. On a terminal its text is shown as it is written, and gives way to
    the checked answer; elsewhere nothing is shown."""
    if not sys.stdout.isatty():
        return last(events)
    for event in events:
        if isinstance(event, Delta):
            return _shown(event.text, events)
        if isinstance(event, Done):
            return event.answer
    raise AssertionError("a stream of events ends with Done")


def last(events: Iterator[Event]) -> Answer:
    """The answer that a stream ends with."""
    return next(event.answer for event in events if isinstance(event, Done))


def _shown(written: str, events: Iterator[Event]) -> Answer:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(), transient=True, auto_refresh=False, vertical_overflow="visible") as live:
        live.update(Text(_printable(written), style="dim"), refresh=True)
        for event in events:
            if isinstance(event, Delta):
                written += event.text
                live.update(Text(_printable(written), style="dim"), refresh=True)
            elif isinstance(event, Done):
                return event.answer
    raise AssertionError("a stream of events ends with Done")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)
