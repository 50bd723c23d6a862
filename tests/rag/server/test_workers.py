"""`rag serve --workers 2`, really started: two processes that answer, count and stop as one server."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from rag.server.keys import KeyFile, ServerKey
from tests.conftest import Outcome
from tests.helpers.serving import ServingProcess, rag_serve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds its processes in /proc")
QUESTION = "What is late interaction?"


@dataclass(frozen=True, slots=True)
class Workers:
    """A server of two processes, and its keys' file."""

    server: ServingProcess
    keys: KeyFile
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def pids(self) -> list[int]:
        return worker_pids(self.server.process.pid)

    def get(self, path: str, **more: object) -> httpx.Response:
        """By a connection of its own, so by any of the processes."""
        return httpx.get(f"{self.server.url}{path}", headers=self.headers, timeout=60, **more)  # type: ignore[arg-type]

    def ask(self) -> int:
        body = {"question": QUESTION}
        return httpx.post(
            f"{self.server.url}/v1/ask", json=body, headers=self.headers, timeout=60
        ).status_code

    def counted(self, name: str) -> float:
        lines = self.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def worker_pids(supervisor: int) -> list[int]:
    """The processes that a supervisor has started to serve."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text("ascii").split()
    return [int(each) for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


def until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(0.1)
    return True


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def workers(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    folder = tmp_path_factory.mktemp("workers")
    shutil.copytree(demo_library, folder / "library")
    keys = KeyFile(folder / "keys.json")
    secret = keys.make(ServerKey("curator", "", can_write=True))
    with rag_serve(folder / "library", "--workers", "2", RAG_SERVE_KEYS=str(keys.path)) as server:
        yield Workers(server, keys, secret)


def test_both_answer_and_whichever_is_asked_tells_the_counts_of_both(workers: Workers) -> None:
    assert len(workers.pids()) == 2
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: workers.ask(), range(16))) == [200] * 16
    assert {workers.counted("rag_questions_total") for _ in range(6)} == {16}
    assert workers.counted("rag_queue ") == 0
    assert workers.counted("rag_library_papers") == 122


def test_a_keys_rate_holds_for_both_together(workers: Workers) -> None:
    secret = workers.keys.make(ServerKey("often", "", per_minute=5))

    def status(_: int) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.get(f"{workers.server.url}/v1/models", headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(status, range(24)))
    assert statuses.count(200) == 5
    assert statuses.count(429) == 19


def test_what_one_adds_the_other_finds_and_additions_wait_for_each_other(workers: Workers) -> None:
    def add(n: int) -> int:
        paper = {"id": f"made-{n}", "title": f"Marmot {n}", "abstract": f"Storks carry marmot number {n}."}
        sent = {"json": {"papers": [paper]}, "headers": workers.headers, "timeout": 60.0}
        return httpx.post(f"{workers.server.url}/v1/papers", **sent).status_code  # type: ignore[arg-type]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(add, range(4))) == [200] * 4
    found = [workers.get("/v1/papers/made-3").status_code for _ in range(8)]
    assert found == [200] * 8


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_the_official_mcp_client_needs_no_session_to_stay_with_one(workers: Workers, mode: str) -> None:
    async def talk() -> list[bool]:
        async with httpx2.AsyncClient(headers=workers.headers, timeout=60) as http:
            transport = streamable_http_client(f"{workers.server.url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                query = {"query": "late interaction", "top": 2}
                return [bool((await client.call_tool("search", query)).is_error) for _ in range(6)]

    assert asyncio.run(asyncio.wait_for(talk(), 120)) == [False] * 6


def test_one_that_is_killed_is_replaced_while_the_other_answers(workers: Workers) -> None:
    before = workers.pids()
    n_asked = workers.counted("rag_questions_total")
    os.kill(before[0], signal.SIGKILL)
    assert until(lambda: not is_alive(before[0]))
    assert [workers.ask() for _ in range(4)] == [200] * 4
    assert until(lambda: len(workers.pids()) == 2 and before[0] not in workers.pids())
    assert before[1] in workers.pids()
    assert workers.counted("rag_questions_total") == n_asked + 4


def test_none_outlives_its_supervisor(workers: Workers) -> None:
    pids = workers.pids()
    workers.server.process.kill()
    workers.server.process.wait()
    assert until(lambda: not any(map(is_alive, pids)))
    with pytest.raises(httpx.ConnectError):
        workers.get("/healthz")


def test_a_stop_closes_the_port_ends_all_and_is_no_failure(demo_library: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_library, tmp_path / "library")
    with rag_serve(tmp_path / "library", "--workers", "2") as server:
        pids = worker_pids(server.process.pid)
        with ThreadPoolExecutor(4) as threads:
            body = {"question": QUESTION}
            asked = [
                threads.submit(httpx.post, f"{server.url}/v1/ask", json=body, timeout=60) for _ in range(4)
            ]
            assert until(lambda: any(each.done() for each in asked))
            assert server.stop() == 0
            assert [each.result().status_code for each in asked] == [200] * 4
        assert not any(map(is_alive, pids))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/healthz")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--ui",), "--ui and --workers do not go together"),
        (("--mcp",), "--mcp and --workers do not go together"),
        ((), "no library at"),
    ],
)
def test_what_several_processes_cannot_do_is_said_before_any_is_started(
    rag: Callable[..., Outcome], tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    done = rag("serve", "--workers", "2", "--port", "0", *options, "--library", tmp_path / "none")
    assert done.code == 2
    assert told in done.err
    assert done.err.count("\n") == 1
