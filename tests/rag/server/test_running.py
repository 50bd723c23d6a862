"""The server as a process: slow clients, signals, a full disk."""

from __future__ import annotations

import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from rag.assistant import Assistant
from rag.server import running
from rag.server.keys import KeyFile, ServerKey
from tests.conftest import Outcome
from tests.helpers.model_server import ModelServer, Scripted
from tests.helpers.serving import rag_serve, serving

QUESTION = "What is late interaction?"


@pytest.fixture
def library(demo_library: Path, tmp_path: Path) -> Path:
    """A library of the test's own."""
    shutil.copytree(demo_library, tmp_path / "library")
    return tmp_path / "library"


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)


@pytest.fixture
def impatient(demo_assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that waits a second for a request to begin, and two for one to come whole."""
    monkeypatch.setattr(running, "IDLE_S", 1)
    monkeypatch.setattr(running, "REQUEST_S", 2.0)
    with serving(demo_assistant) as url:
        yield url


def test_connections_that_never_ask_are_closed(impatient: str) -> None:
    idle = [connect(impatient) for _ in range(50)]
    try:
        assert all(each.recv(1) == b"" for each in idle)
    finally:
        for each in idle:
            each.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
        b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n",
    ],
)
def test_requests_that_drip_are_cut_off(impatient: str, head: bytes) -> None:
    with connect(impatient) as line:
        line.sendall(head)
        began, reply = time.monotonic(), b""
        try:
            for _ in range(40):
                line.sendall(b"x")
                time.sleep(0.25)
        except (BrokenPipeError, ConnectionResetError):
            pass
        else:
            reply = line.recv(100)
        assert time.monotonic() - began < 9 or reply == b""
        assert httpx.get(f"{impatient}/healthz", timeout=30).status_code == 200


def test_readers_that_do_not_read_hold_nobody_up(demo_assistant: Assistant) -> None:
    with serving(demo_assistant) as url:
        lines = [connect(url) for _ in range(20)]
        try:
            for line in lines:
                line.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20)
            assert httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=60).status_code == 200
        finally:
            for line in lines:
                line.close()


def test_a_reply_that_is_not_read_is_let_go(
    demo_assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "REPLY_S", 1.0)
    with serving(demo_assistant) as url, connect(url) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 40)
        time.sleep(3)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)  # what is on its way, quickly
        n_bytes = 0
        with suppress(ConnectionResetError):
            while piece := line.recv(65536):
                n_bytes += len(piece)
    assert 0 < n_bytes < 20_000_000  # of 60 MB: what was on its way


def test_a_stop_closes_the_port_first_and_lets_answers_end(library: Path) -> None:
    slow = Scripted([f"Word{n} " for n in range(60)], pause_s=0.1)
    with (
        ModelServer([slow]) as model,
        rag_serve(library, "--stop-within", "60", "--no-judge", "--no-cache",
                  OPENAI_BASE_URL=model.url, RAG_LLM_MODEL="scripted") as server,
        ThreadPoolExecutor(1) as threads,
    ):  # fmt: skip
        asked = threads.submit(httpx.post, f"{server.url}/v1/ask", json={"question": QUESTION}, timeout=120)
        deadline = time.monotonic() + 60
        while not model.requests and time.monotonic() < deadline:
            time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/healthz", timeout=10)
        assert not asked.done()
        assert asked.result().status_code == 200
        assert server.process.wait(60) == 0


def test_a_stop_ends_what_takes_too_long(library: Path) -> None:
    with (
        ModelServer([Scripted("a", stall=True)] * 3) as model,
        rag_serve(
            library, "--stop-within", "1", OPENAI_BASE_URL=model.url, RAG_LLM_MODEL="scripted"
        ) as server,
    ):
        threading.Thread(target=_ask_in_vain, args=(server.url,), daemon=True).start()
        deadline = time.monotonic() + 60
        while not model.requests and time.monotonic() < deadline:
            time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(25) == 0


def _ask_in_vain(url: str) -> None:
    try:
        httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=60)
    except httpx.HTTPError:
        return


def test_a_stop_under_load_loses_no_answer_that_was_begun(library: Path) -> None:
    counts = {"good": 0, "refused": 0, "cut": 0}
    stop = threading.Event()

    def ask(url: str) -> None:
        with httpx.Client(timeout=60) as client:
            while not stop.is_set():
                try:
                    reply = client.post(f"{url}/v1/ask", json={"question": QUESTION})
                    counts["good" if reply.status_code == 200 else "refused"] += 1
                except httpx.ConnectError:
                    return
                except httpx.HTTPError:
                    counts["cut"] += 1

    with rag_serve(library) as server, ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask, server.url) for _ in range(8)]
        time.sleep(4)
        code = server.stop()
        stop.set()
        for each in asking:
            each.result()
    assert code == 0
    assert counts["good"] > 0
    # A request sent on a kept connection in the moment that it is closed is never begun.
    assert counts["cut"] <= 8


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_a_full_disk_is_told_and_questions_go_on(library: Path, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    headers = {"Authorization": f"Bearer {keys.make(ServerKey('w', '', can_write=True))}"}
    papers = [
        {"title": f"Made-up paper {n}", "abstract": f"Storks carry marmot {n}. " * 200} for n in range(40)
    ]
    with rag_serve(library, RAG_SERVE_KEYS=str(keys.path)) as server:
        # No file may grow: what a full disk does, for this process alone.
        import resource

        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        with httpx.Client(base_url=server.url, headers=headers, timeout=120) as http:
            refused = http.post("/v1/papers", json={"papers": papers})
            assert refused.status_code == 503
            assert str(library) not in refused.text
            assert http.post("/v1/ask", json={"question": QUESTION}).status_code == 200
            assert http.get("/healthz").status_code == 200


def test_other_machines_are_served_only_with_keys(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rag: Callable[..., Outcome]
) -> None:
    monkeypatch.setenv("RAG_SERVE_KEYS", str(tmp_path / "keys.json"))
    refused = rag("serve", "--host", "0.0.0.0", "--port", "0", "--library", library)
    assert refused.code == 2
    assert "rag keys make" in refused.err


@pytest.mark.parametrize(
    "options",
    [("--also", "x"), ("--also", "default=x"), ("--running", "0"), ("--waiting", "-1"), ("--port", "x")],
)
def test_options_that_cannot_be_used_are_refused(
    library: Path, rag: Callable[..., Outcome], options: tuple[str, str]
) -> None:
    assert rag("serve", *options, "--library", library).code == 2
