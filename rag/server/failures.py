"""Errors as HTTP says them: a status, and a JSON body without a path of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from rag import errors
from rag.errors import RagError
from rag.files import json_line

STATUS = {
    errors.InputError: 400,
    errors.ConfigError: 400,
    errors.Cancelled: 499,
    errors.ServerBusy: 503,
    errors.LibraryEmpty: 409,
    errors.LibraryLocked: 409,
    errors.LibraryReadOnly: 409,
    errors.ModelTimeout: 504,
    errors.ModelUnavailable: 503,
    errors.BudgetExceeded: 429,
    errors.ModelError: 502,
    errors.StorageError: 503,
    errors.RagError: 500,
}
"""HTTP status of an error: that of its nearest ancestor here."""
RETRY_S = "2"
"""Seconds after which a client that was refused for want of room should try again."""


class SafeJSON(Response):
    """JSON that is safe to print: what a terminal acts on is spelled \\uXXXX."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json_line(content).encode("utf-8", "backslashreplace")


def status_of(kind: type[RagError]) -> int:
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def refusal(
    status: int, message: str, headers: Mapping[str, str] | None = None, *, kind: str = "HTTPError"
) -> SafeJSON:
    """An error of HTTP's own: not found, too large, who are you."""
    return SafeJSON(_body(message, kind), status, headers)


def failure(error: RagError, paths: Iterable[object]) -> SafeJSON:
    """One of our errors as a reply."""
    headers = {"Retry-After": RETRY_S} if isinstance(error, errors.ServerBusy) else None
    return SafeJSON(failure_body(error, paths), status_of(type(error)), headers)


def failure_body(error: RagError, paths: Iterable[object]) -> dict[str, Any]:
    """One of our errors in the form that OpenAI's clients read; the `paths` are not named in it."""
    return _body(without_paths(str(error), paths), type(error).__name__)


def without_paths(message: str, paths: Iterable[object]) -> str:
    """The message as it may leave the machine."""
    for path in paths:
        message = message.replace(str(path), "this library")
    return message


def _body(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": None, "param": None}}
