"""What each error of the model's client becomes: one table, and the message with the next thing to do.

Also how a server is named to the reader, and when a failed reply says to come back. Goes by the names of
the client's classes, so that it need not be imported to be described.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rag.errors import (
    ConfigError,
    ModelError,
    ModelRejected,
    ModelReplyInvalid,
    ModelTimeout,
    ModelUnavailable,
)
from rag.retry_after import read_retry_after

MAX_DETAIL = 200
"""Characters of the server's own message that are passed on."""

ERRORS: Mapping[str, tuple[type[ModelError], str]] = {
    "APITimeoutError": (ModelTimeout, "nothing came from {host} for {timeout_s:g} s; is the model loaded?"),
    "APIConnectionError": (ModelUnavailable, "no connection to {host}; start it, or correct OPENAI_BASE_URL"),
    "RateLimitError": (ModelUnavailable, "{host} takes no more requests for now; wait, or check the quota"),
    "InternalServerError": (ModelUnavailable, "{host} failed; try again, or look at the server's log"),
    "ConflictError": (ModelUnavailable, "{host} is busy with a conflicting request; try again"),
    "AuthenticationError": (ModelRejected, "{host} did not accept the key; set OPENAI_API_KEY"),
    "OAuthError": (ModelRejected, "{host} did not accept the credentials; set OPENAI_API_KEY"),
    "PermissionDeniedError": (ModelRejected, "the key may not use {model!r} at {host}; set RAG_LLM_MODEL"),
    "NotFoundError": (ModelRejected, "{host} has no {model!r}; set RAG_LLM_MODEL or correct OPENAI_BASE_URL"),
    "BadRequestError": (ModelRejected, "{host} did not accept the request; is {model!r} a chat model?"),
    "UnprocessableEntityError": (
        ModelRejected,
        "{host} did not accept the request; is {model!r} a chat model?",
    ),
    "APIStatusError": (ModelRejected, "{host} did not accept the request; is OPENAI_BASE_URL right?"),
    "ContentFilterFinishReasonError": (ModelRejected, "{host} filtered the reply out; ask in other words"),
    "LengthFinishReasonError": (ModelReplyInvalid, "the reply from {host} was cut off; try again"),
    "APIResponseValidationError": (
        ModelReplyInvalid,
        "the reply from {host} is not the chat completions protocol; is OPENAI_BASE_URL right?",
    ),
    "APIError": (ModelUnavailable, "{host} reported an error while answering; try again"),
    "OpenAIError": (ModelError, "the client for {host} failed; check OPENAI_API_KEY and OPENAI_BASE_URL"),
    # Raised by parts of the client that are not used here; listed so that every error has a place.
    "SubjectTokenProviderError": (ModelRejected, "{host} did not accept the credentials; set OPENAI_API_KEY"),
    "InvalidWebhookSignatureError": (
        ModelReplyInvalid,
        "a message from {host} is not signed as it should be",
    ),
    "WebSocketConnectionClosedError": (ModelUnavailable, "{host} closed the connection; try again"),
    "WebSocketQueueFullError": (ModelUnavailable, "{host} takes no more messages for now; try again"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """What a message about a failed call may name."""

    host: str
    model: str
    timeout_s: float


def our_error(error: Exception, call: Call, secret: str | None) -> ModelError:
    """The error of ours for one of the client's: the nearest of its bases that is listed, with what the
    server reported. `secret` is struck out of the message."""
    known = next((base.__name__ for base in type(error).__mro__ if base.__name__ in ERRORS), "OpenAIError")
    ours, template = ERRORS[known]
    text = template.format(host=call.host, model=call.model, timeout_s=call.timeout_s)
    detail = _detail(error)
    message = f"{text} ({detail})" if detail else text
    return ours(message.replace(secret, "***") if secret else message)


def shows(error: Exception, secret: str | None) -> bool:
    """Whether a traceback that prints `error` would show `secret`."""
    return secret is not None and secret in f"{error} {error!r}"


def _detail(error: Exception) -> str:
    """Status and message as the server gave them, on one line."""
    body = getattr(error, "body", None)
    reported = body.get("message") if isinstance(body, dict) else body
    status = getattr(error, "status_code", None)
    words = " ".join(str(part) for part in (status, reported) if part)
    return re.sub(r"\s+", " ", words)[:MAX_DETAIL].strip()


def host_of(url: str) -> str:
    """The server as messages name it, without path or credentials."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise ConfigError(
            f"OPENAI_BASE_URL is {url!r}: {error}; set it like http://127.0.0.1:11434/v1"
        ) from error
    return f"{parts.hostname}{port}"


def retry_after_s(error: Exception) -> float | None:
    """The pause a server asks for, as seconds or as a date; None where it asks for none."""
    response = getattr(error, "response", None)
    return None if response is None else read_retry_after(response.headers.get("retry-after"))
