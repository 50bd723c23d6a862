"""Runs the application on a socket: bounded in connections and time, and stopped in good order.

uvicorn closes connections that idle between requests. It would hold one open for ever that never asks, that
sends a request a byte a minute, or that does not read its reply; here all three have a limit. On SIGTERM or
SIGINT the port closes first, answers in flight get some time to end, and the rest is cancelled down to the
model's connection. Several processes on one port are rag/server/workers.py's."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

IDLE_S = 15
"""Seconds after which a connection that asks nothing is closed."""
REQUEST_S = 60.0
"""Seconds that a whole request may take to arrive."""
REPLY_S = 60.0
"""Seconds that a reply may wait for its reader to take more of it."""
STOPPING_S = 20
"""Seconds that answers in flight have to end after the server is told to stop."""
CONNECTIONS = 1000
"""Connections at a time; one more is answered 503."""


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 that waits only so long for a request to come, to come whole, and for its reply to be read."""

    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _is_reading = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait(IDLE_S)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        whole = self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)
        if whole:
            self._forget()
        elif not self._is_reading:
            self._wait(REQUEST_S)
            self._is_reading = True

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            # Closing would wait for the reader again.
            self._unread = self.loop.call_later(REPLY_S, self.transport.abort)

    def resume_writing(self) -> None:
        self._forget_unread()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._forget_unread()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._forget()
        self._deadline = self.loop.call_later(seconds, self._close_slow)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline, self._is_reading = None, False

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
        self._unread = None

    def _close_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def bounded(app: FastAPI | Callable[[], FastAPI], stopping_s: int, **more: Any) -> uvicorn.Config:
    """What uvicorn is told of an application, and `more` of its settings."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=stopping_s,
        **more,
    )


def run_app(app: FastAPI, listener: socket.socket, stopping_s: int = STOPPING_S) -> None:
    """Serve until SIGTERM or SIGINT."""
    # uvicorn raises the signal again once it has stopped: let that end nothing that is still to be closed.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.Server(bounded(app, stopping_s)).run(sockets=[listener])
