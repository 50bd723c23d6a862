"""A real Chroma server on loopback that can be killed and started again, and a proxy before it that asks for
a key, speaks TLS, dawdles or fails, as a test tells it to."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

_TRIES, _PAUSE_S = 1200, 0.05


class ChromaServer:
    """`chroma run` on a folder, on one port from start to start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def start(self) -> None:
        chroma = str(Path(sys.executable).with_name("chroma"))
        command = [chroma, "run", "--host", "127.0.0.1", "--port", str(self._port), "--path"]
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen([*command, str(self._folder)], stdout=log, stderr=log)
        for _ in range(_TRIES):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(_PAUSE_S)
        raise TimeoutError(self.url)

    def kill(self) -> None:
        """End it on the spot, as a crash does."""
        if self._process:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self, after_s: float) -> None:
        """Kill it, and start it again a little later."""
        self.kill()
        time.sleep(after_s)
        self.start()


@dataclass
class Proxy:
    """`key`: what x-chroma-token must be. `delay_s` goes before each reply. `status`: sent in place of the
    server's reply, with `body`. `requests`: their paths."""

    key: str | None = None
    header: str = "x-chroma-token"
    delay_s: float = 0.0
    status: int | None = None
    body: bytes = b"no"
    url: str = ""
    requests: list[str] = field(default_factory=list)


@contextmanager
def proxying(proxy: Proxy, upstream: str, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.requests.append(self.path)
            time.sleep(proxy.delay_s)
            if proxy.key and self.headers.get(proxy.header) != proxy.key:
                self._send(401, b"Unauthorized", "text/plain")
            elif proxy.status:
                self._send(proxy.status, proxy.body, "application/json")
            else:
                connection = http.client.HTTPConnection(urlsplit(upstream).netloc)
                headers = {"Content-Type": "application/json"}
                connection.request(self.command, self.path, body, headers)
                reply = connection.getresponse()
                self._send(reply.status, reply.read(), reply.headers["Content-Type"] or "")
                connection.close()

        do_GET = do_POST = do_PUT = do_DELETE = _forward  # http.server's names

        def _send(self, status: int, body: bytes, kind: str) -> None:
            with suppress(ConnectionError):  # who asked may have given up
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        proxy.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
