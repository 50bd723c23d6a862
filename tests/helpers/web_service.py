"""A real HTTP server on loopback that answers as a test tells it to, faults included."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """What the service sends. It announces the whole body; `cut` sends half of it, `stall` none."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    stall: bool = False


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]


def as_json(value: Any, **more: Any) -> Reply:
    return Reply(json.dumps(value).encode(), **more)


@dataclass
class WebService:
    """`faults` are sent first, one a request; then what `answer` says."""

    answer: Callable[[Asked], Reply]
    faults: list[Reply] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    url: str = ""
    stop_stalling: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running(service: WebService) -> Iterator[WebService]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers))
            service.requests.append(asked)
            reply = service.faults.pop(0) if service.faults else service.answer(asked)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if reply.stall:
                service.stop_stalling.wait()
            else:
                self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            service.stop_stalling.set()
            server.shutdown()
            thread.join()
