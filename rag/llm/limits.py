"""How long one reply may take, how large it may be, how another thread ends it, and what a question's took.

A time limit between two pieces is no deadline: a server that drips keeps every piece within it. So the bytes
of a reply are counted and timed as they come off the line, comments and all.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from threading import Lock
from typing import Any

from rag.errors import Cancelled, ModelReplyInvalid, ModelTimeout
from rag.records import Usage

MAX_REPLY_BYTES = 16 << 20
"""A whole reply as it travels. A token takes some 300 bytes in its event, so this is about 50,000 tokens,
thoughts included; chosen by hand."""


class Cancellation:
    """Ends a call from another thread, and counts what the calls took. Make one per question, pass it in, and
    `cancel()` when nobody waits."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cancelled = False
        self._used: Usage | None = None
        self._sockets: set[socket.socket] = set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    @property
    def used(self) -> Usage | None:
        """What all calls so far have taken, those that failed or were cancelled too; None before the first
        that took anything."""
        return self._used

    def count(self, usage: Usage) -> None:
        """A call took this."""
        if usage.prompt_tokens or usage.completion_tokens:
            with self._lock:
                self._used = self._used + usage if self._used else usage

    def cancel(self) -> None:
        """End the calls under way at once, and let no other begin."""
        with self._lock:
            self._cancelled = True
            for each in self._sockets:
                _shut(each)

    def check(self) -> None:
        """Raise Cancelled where `cancel` was called."""
        if self._cancelled:
            raise Cancelled("nobody waits for this answer any more")

    def watch(self, line: socket.socket | None) -> None:
        """Shut this connection on `cancel`. A blocked read on it then ends."""
        with self._lock:
            if line is not None:
                self._sockets.add(line)
                if self._cancelled:
                    _shut(line)

    def forget(self, line: socket.socket | None) -> None:
        """The reply on this connection is over."""
        with self._lock:
            if line is not None:
                self._sockets.discard(line)


def limit_reply(
    response: Any, deadline_s: float, host: str, cancellation: Cancellation | None = None
) -> None:
    """Put the limits on the body of an HTTP response (httpx's) that is about to be read.

    Reading it then raises ModelTimeout past `deadline_s` seconds, ModelReplyInvalid past MAX_REPLY_BYTES, and
    Cancelled once `cancellation` is cancelled.
    """
    # The client checks the class of its streams; which httpx it brings is its own affair.
    base = next(base for base in type(response.stream).__mro__ if base.__name__ == "SyncByteStream")
    limited = type("LimitedStream", (_LimitedStream, base), {})
    response.stream = limited(response, deadline_s, host, cancellation or Cancellation())


class _LimitedStream:
    """The bytes of a response, timed and counted. Has the two methods of a byte stream of httpx."""

    def __init__(self, response: Any, deadline_s: float, host: str, cancellation: Cancellation) -> None:
        self._inner = response.stream
        self._line = _socket_of(response)
        self._ends_at, self._deadline_s = time.monotonic() + deadline_s, deadline_s
        self._host, self._cancellation = host, cancellation

    def __iter__(self) -> Iterator[bytes]:
        n_bytes = 0
        self._cancellation.watch(self._line)
        try:
            for piece in self._inner:
                n_bytes += len(piece)
                self._check(n_bytes)
                yield piece
        except Exception:  # whatever a connection that was shut fails with
            self._cancellation.check()
            raise
        finally:
            self._cancellation.forget(self._line)
        self._cancellation.check()

    def _check(self, n_bytes: int) -> None:
        self._cancellation.check()
        if time.monotonic() > self._ends_at:
            raise ModelTimeout(
                f"{self._host} was still answering after {self._deadline_s:g} s; "
                "set RAG_LLM_DEADLINE_S higher, or choose a faster model"
            )
        if n_bytes > MAX_REPLY_BYTES:
            raise ModelReplyInvalid(
                f"the reply from {self._host} is larger than {MAX_REPLY_BYTES >> 20} MB; "
                "does that server keep to max_tokens?"
            )

    def close(self) -> None:
        self._inner.close()


def _socket_of(response: Any) -> socket.socket | None:
    stream = response.extensions.get("network_stream")
    found = stream.get_extra_info("socket") if stream else None
    return found if isinstance(found, socket.socket) else None


def _shut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already
