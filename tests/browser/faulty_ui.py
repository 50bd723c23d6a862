"""`rag ui` of which every handler fails at its first call: `python -m tests.browser.faulty_ui ui ...`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from rag.cli import main
from ui.ask.settings_chips import Choosing
from ui.ask.tab import AskTab
from ui.evaluate.tab import EvaluateTab
from ui.library.tab import LibraryTab
from ui.links import TabLinks
from ui.map.tab import MapTab

HANDLERS: dict[type, tuple[str, ...]] = {
    AskTab: (
        "_ask", "_follow", "_stop", "_new", "_reopen", "_forget", "_undo", "_edit", "_cancel", "_version",
        "_show", "_rate", "_export",
    ),
    Choosing: ("_set_words", "_add_filter", "_remove_filter"),
    LibraryTab: ("_find", "_sort", "_leaf", "_tick", "_tick_all", "_untick", "_shape", "_column", "_export"),
    TabLinks: ("_open", "_star", "_note", "_ask_about", "_tabulate"),
    MapTab: ("_show", "_group"),
    EvaluateTab: ("_load", "_measure"),
}  # fmt: skip


def fails_once(handler: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The handler, which raises what nobody foresaw at its first call."""
    failed: list[bool] = []

    def fail() -> None:
        if not failed:
            failed.append(True)
            raise RuntimeError(f"{name} fails once")

    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def stream(*given: Any) -> Iterator[Any]:
            fail()
            yield from handler(*given)

        return stream

    @wraps(handler)
    def call(*given: Any) -> Any:
        fail()
        return handler(*given)

    return call


if __name__ == "__main__":
    for owner, names in HANDLERS.items():
        for name in names:
            setattr(owner, name, fails_once(getattr(owner, name), f"{owner.__name__}.{name}"))
    sys.exit(main(sys.argv[1:]))
