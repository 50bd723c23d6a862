"""The server on a loopback port while a `with` block runs, in a thread of this process or as `rag serve`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from rag.assistant import Assistant
from rag.commands.serve import listen
from rag.server.http import build_app
from rag.server.keys import KeyFile, ServerKey
from rag.server.running import BoundedProtocol
from rag.server.service import LibraryServer, ServerSettings


@contextmanager
def serving(
    assistant: Assistant | Mapping[str, Assistant],
    keys: KeyFile | None = None,
    settings: ServerSettings | None = None,
) -> Iterator[str]:
    """Its address."""
    libraries = assistant if isinstance(assistant, Mapping) else {"default": assistant}
    service = LibraryServer(libraries, keys, settings)
    with serving_service(service) as address:
        yield address


@contextmanager
def serving_service(service: LibraryServer) -> Iterator[str]:
    """As `serving`, of a service that the test holds."""
    listener = listen("127.0.0.1", 0)
    settings = uvicorn.Config(
        build_app(service), http=BoundedProtocol, ws="none", log_config=None, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        service.close()
        listener.close()


@contextmanager
def key_to(folder: Path, **may: object) -> Iterator[tuple[KeyFile, str]]:
    """A file with one key, "tester", and the key."""
    keys = KeyFile(folder / "keys.json")
    yield keys, keys.make(ServerKey("tester", "", **may))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ServingProcess:
    """A `rag serve` of its own."""

    process: subprocess.Popen[str]
    url: str

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(how)
        return self.process.wait(60)


@contextmanager
def rag_serve(
    library: Path, *options: str, prefix: tuple[str, ...] = (), **environment: str
) -> Iterator[ServingProcess]:
    """`rag serve` as a process; its log goes to a file beside the library's folder."""
    command = [*prefix, sys.executable, "-m", "rag", "serve", "--port", "0"]
    command += ["--library", str(library), *options]
    log = library.parent / f"serve-{os.getpid()}-{id(options)}.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, text=True, env={**os.environ, **environment})
    try:
        yield ServingProcess(process, _address(process, log))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    """The address it prints once it listens."""
    for _ in range(1800):
        for line in log.read_text().splitlines():
            if line.startswith("http://"):
                return line
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"rag serve did not start: {log.read_text()}")
