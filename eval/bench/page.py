"""The chat page measured as it is served: `python -m eval.bench.page --library DIR --questions FILE`.

Starts `rag ui` on a copy of the library and speaks the page's own protocol: 20 conversations at once, what
100 open pages take, and memory over 1,000 questions. Without a model, and without a browser: what one sees is
timed by `python -m tests.browser.timings`. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from eval.data.questions import load_questions

CONVERSATIONS, OF_EACH = 20, 5
PAGES = 100
LONG_RUN, WARM, EVERY = 1000, 200, 100
"""Questions of the run for memory, those before the first reading, and how often it is read."""
EACH_PAGE = 50
"""Questions of one page in the run for memory."""


@dataclass(frozen=True, slots=True)
class Served:
    """A page that is being served."""

    address: str
    pid: int

    @property
    def memory_mb(self) -> float:
        """Resident memory of the server."""
        for line in Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise OSError(f"process {self.pid} has gone")


class PageReader:
    """One open page, without a browser: it speaks to the server as Gradio's own scripts do."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=120)
        self._session = uuid.uuid4().hex
        self._run(self._of("load"), [None, None])

    def close(self) -> None:
        self._client.close()

    def ask(self, question: str) -> tuple[float, float]:
        """Seconds until the first evidence is sent, and until the whole answer is."""
        return self._run(self._of("submit"), [question, None, None])

    @cached_property
    def _config(self) -> dict[str, Any]:
        found: dict[str, Any] = self._client.get("/config").json()
        return found

    def _of(self, event: str) -> int:
        """The number of the page's own function that a question, or opening the page, calls."""
        ids = {part["id"] for part in self._config["components"] if part["props"].get("elem_id") == "box"}
        for function in self._config["dependencies"]:
            for target, name in function["targets"]:
                if name == event and (target in ids if event == "submit" else len(function["inputs"]) == 2):
                    return int(function["id"])
        raise LookupError(f"the page has no function for {event!r}")

    def _run(self, function: int, data: Sequence[Any]) -> tuple[float, float]:
        start = time.perf_counter()
        body = {"data": list(data), "fn_index": function, "session_hash": self._session}
        self._client.post("/gradio_api/queue/join", json=body).raise_for_status()
        first = 0.0
        query = {"session_hash": self._session}
        with self._client.stream("GET", "/gradio_api/queue/data", params=query) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_generating" and "class=" in line:
                    first = first or time.perf_counter() - start
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(f"the page failed: {message}")
                    break
        whole = time.perf_counter() - start
        return first or whole, whole


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.page", description=__doc__)
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True, help="JSON lines, as rag eval takes them")
    parser.add_argument("--long-run", type=int, default=LONG_RUN, help="questions of the run for memory")
    args = parser.parse_args(argv)
    questions = [q.question for q in load_questions(args.questions).questions if not q.history]
    with served(args.library) as page:
        at_once(page, questions)
        open_pages(page, questions)
        over_time(page, questions, args.long_run)
    return 0


@contextmanager
def served(library: Path) -> Iterator[Served]:
    """`rag ui` on a copy of the library, until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(library, Path(folder) / "library"))
        command = [sys.executable, "-m", "rag", "ui", "--port", "0", "--no-open", "--library", str(copy)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                yield Served(server.stdout.readline().strip(), server.pid)
            finally:
                server.terminate()


def at_once(page: Served, questions: Sequence[str]) -> None:
    """CONVERSATIONS readers ask at the same time, OF_EACH questions each, one after the other."""
    readers = [PageReader(page.address) for _ in range(CONVERSATIONS)]

    def converse(number: int) -> list[tuple[float, float]]:
        own = [questions[(number * OF_EACH + i) % len(questions)] for i in range(OF_EACH)]
        return [readers[number].ask(question) for question in own]

    with ThreadPoolExecutor(CONVERSATIONS) as pool:
        times = [each for one in pool.map(converse, range(CONVERSATIONS)) for each in one]
    tell(f"{CONVERSATIONS} conversations at once: first evidence", [1000 * first for first, _ in times])
    tell(f"{CONVERSATIONS} conversations at once: whole answer", [1000 * whole for _, whole in times])
    for reader in readers:
        reader.close()


def open_pages(page: Served, questions: Sequence[str]) -> None:
    """What PAGES open pages with a question each take."""
    before = page.memory_mb
    readers = [PageReader(page.address) for _ in range(PAGES)]
    for number, reader in enumerate(readers):
        reader.ask(questions[number % len(questions)])
    print(f"{PAGES} open pages: {page.memory_mb - before:+.0f} MB, from {before:.0f} MB", flush=True)
    for reader in readers:
        reader.close()


def over_time(page: Served, questions: Sequence[str], n_asked: int) -> None:
    """Memory over many questions, EACH_PAGE of them on one page."""
    reader, read = PageReader(page.address), list[float]()
    for number in range(n_asked + WARM):
        if number % EACH_PAGE == 0:
            reader.close()
            reader = PageReader(page.address)
        reader.ask(questions[number % len(questions)])
        if number >= WARM and (number - WARM) % EVERY == 0:
            read.append(page.memory_mb)
    read.append(page.memory_mb)
    reader.close()
    change = 100 * (read[-1] / read[0] - 1)
    shown = " ".join(f"{each:.0f}" for each in read)
    print(f"memory over {n_asked} questions, MB: {shown} ({change:+.1f}%)", flush=True)


def tell(what: str, times_ms: Sequence[float], write: Callable[[str], Any] = print) -> None:
    ordered = sorted(times_ms)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    write(f"{what}: median {statistics.median(ordered):.0f} ms, p95 {p95:.0f} ms, n={len(ordered)}")


if __name__ == "__main__":
    sys.exit(main())
