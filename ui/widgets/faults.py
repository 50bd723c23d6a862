"""What a reader is told when something fails, and handlers that always leave a page one can go on from.

An error the package raises says what to do at a command line; a reader of the page has none, and files of
this machine are nothing to them.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr

from rag.errors import RagError
from ui.widgets.markup import esc
from ui.widgets.worker import Unwatched

LOG = logging.getLogger(__name__)

_COMMAND = re.compile(
    r"[;:,]?\s*(?:\b(?:run|add some|try|use|repair it|mend it|index again|another|write one)\b[^;:.]*[:,])?"
    r"\s*(?:like\s+)?`?\brag [a-z].*$",
    re.S,
)
"""The next command, behind what went wrong."""
_PATH = re.compile(
    r"(?:\s(?:at|in|from|of|to)\s)?(?<![\w:/])(?:~|\.{1,2}|[A-Za-z]:\\)?(?:/[^\s/:;,]+){2,}/?:?"
)
"""A path on the server, with the preposition that leads to it."""


def reader_line(error: RagError | str) -> str:
    """The error's message as a reader of the page needs it: no command line, no path of the server."""
    text = _PATH.sub("", _COMMAND.sub("", str(error)))
    text = " ".join(text.split()).strip(" ;:,")
    return f"{text[:1].upper()}{text[1:]}." if text and text[-1] not in ".!?" else text or "That failed."


def fault_line(error: BaseException) -> str:
    """What to say of an error nobody foresaw."""
    return (
        f"Something went wrong here that should not have ({type(error).__name__}). Nothing is lost: "
        "go on, or try it again. The server's log has the details."
    )


def warn(text: str) -> None:
    """Tell the reader in a line at the page's edge, which Gradio takes for HTML."""
    gr.Warning(esc(text))


def guarded(handler: Callable[..., Any], recover: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """`handler`, of which no error leaves the page dead: the reader is told in a line, and the outputs are
    what `recover` makes of the handler's arguments (default: as they are).

    Here alone every error is caught: past it there is only Gradio, which leaves the page waiting.
    """

    def recovered(given: tuple[Any, ...]) -> Any:
        return recover(*given) if recover else gr.skip()

    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def stream(*given: Any) -> Iterator[Any]:
            try:
                yield from handler(*given)
            except RagError as error:
                warn(reader_line(error))
                yield recovered(given)
            except Unwatched:  # the server is ending: there is nobody to tell
                return
            except Exception as error:
                LOG.exception("a handler of the page failed")
                warn(fault_line(error))
                yield recovered(given)

        return stream

    @wraps(handler)
    def call(*given: Any) -> Any:
        try:
            return handler(*given)
        except RagError as error:
            warn(reader_line(error))
        except Exception as error:
            LOG.exception("a handler of the page failed")
            warn(fault_line(error))
        return recovered(given)

    return call
