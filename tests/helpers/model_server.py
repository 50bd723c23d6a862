"""A language model for tests: a real HTTP server on loopback that speaks chat completions from a queue.

    with ModelServer([Scripted("Sparse. [1]"), Scripted(status=500)]) as server:
        config = Config(..., base_url=server.url)

Each request takes the next `Scripted` reply; what was asked is kept in `server.requests`. A request
beyond the queue is answered with status 500.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Scripted:
    """One reply. `text` as a sequence is sent piece by piece."""

    text: str | Sequence[str] = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    usage: tuple[int, int] | None = None
    finish: str | None = "stop"
    lines: Sequence[str] | None = None
    """Raw lines of the event stream, instead of `text`."""
    body: Mapping[str, Any] | None = None
    """One JSON body in place of the event stream, as from a server that does not stream."""
    error: str = "scripted failure"
    """What a status of 400 and more says of itself."""
    stall: bool = False
    """Say no more after `text`, and hold the connection open."""
    cut: bool = False
    """Drop the connection after `text`."""
    pause_s: float = 0.0
    """Before each piece."""


class ModelServer:
    """Serves while the `with` block runs. `models` is what GET /models lists; None: it fails."""

    def __init__(
        self, replies: Iterable[Scripted] = (), models: Sequence[str] | None = ("scripted",)
    ) -> None:
        self.replies = deque(replies)
        self.models = models
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.sent_at: list[float] = []
        """When each piece went out, by time.perf_counter."""
        self.closing = Event()
        self._http = _QuietServer(("127.0.0.1", 0), _handler(self))
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        return  # a client that hangs up is part of the tests


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def log_message(self, *args: object) -> None:
            return

        def do_GET(self) -> None:
            if server.models is None:
                self._json(500, {"error": {"message": "no list"}})
            else:
                self._json(200, {"object": "list", "data": [{"id": name} for name in server.models]})

        def do_POST(self) -> None:
            server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            reply = (
                server.replies.popleft() if server.replies else Scripted(status=500, error="queue is empty")
            )
            try:
                if reply.status >= 400:
                    self._json(reply.status, {"error": {"message": reply.error}}, reply.headers)
                elif reply.body is not None:
                    self._json(200, reply.body)
                else:
                    self._stream(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had read enough

        def _json(self, status: int, body: object, headers: Mapping[str, str] = MappingProxyType({})) -> None:
            payload = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def _stream(self, reply: Scripted) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for line in reply.lines if reply.lines is not None else _lines(reply):
                time.sleep(reply.pause_s)
                server.sent_at.append(time.perf_counter())
                self._send(line)
            if reply.stall:
                server.closing.wait(30)
            if reply.stall or reply.cut:
                self.close_connection = True
                return
            self._send("data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")

        def _send(self, line: str) -> None:
            data = line.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    return Handler


def _lines(reply: Scripted) -> Iterable[str]:
    pieces = [reply.text] if isinstance(reply.text, str) else reply.text
    for piece in pieces:
        yield event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
    if reply.stall or reply.cut:
        return
    if reply.finish:
        yield event({"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish}]})
    if reply.usage:
        prompt, completion = reply.usage
        yield event({"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}})


def event(chunk: Mapping[str, object]) -> str:
    """A chunk as a line of the event stream."""
    whole = {"id": "c", "object": "chat.completion.chunk", "model": "scripted", **chunk}
    return f"data: {json.dumps(whole)}\n\n"
