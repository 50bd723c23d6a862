"""The server under load: `python -m tests.stress.serve_load [--clients 1 16 64] [--seconds 120]`.

Starts `rag serve`, asks the demo questions from several clients at once, and prints for each number of
clients: answers a second, latency at the median and the 95th and 99th percentile, errors, and the server's
memory before and after. Questions that the queue refuses (503) are asked again after Retry-After, as a client
should, and are counted apart. Not a test: times depend on the machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from rag.assistant import Assistant
from rag.demo import demo_papers_path, demo_questions_path
from tests.helpers.serving import rag_serve

MOST_SECONDS = 900.0


@dataclass
class Load:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def line(self, clients: int, took_s: float, before_mb: float, after_mb: float) -> str:
        """A row of the table."""
        ordered = sorted(self.seconds) or [float("nan")]
        p50, p95, p99 = (ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in (0.5, 0.95, 0.99))
        errors = {name: n for name, n in self.statuses.items() if name not in ("200", "503")}
        return (
            f"| {clients} | {len(self.seconds)} | {len(self.seconds) / took_s:.1f} | {1000 * p50:.0f} | "
            f"{1000 * p95:.0f} | {1000 * p99:.0f} | {sum(errors.values())} | {self.statuses['503']} | "
            f"{before_mb:.0f} to {after_mb:.0f} ({100 * (after_mb / before_mb - 1):+.1f}%) |"
        )


async def ask(url: str, questions: list[str], offset: int, until: float, load: Load) -> None:
    """Ask one question after the other until it is time."""
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        n = offset
        while time.perf_counter() < until:
            began = time.perf_counter()
            try:
                reply = await client.post("/v1/ask", json={"question": questions[n % len(questions)]})
            except httpx.HTTPError as error:
                load.statuses[type(error).__name__] += 1
                continue
            load.statuses[str(reply.status_code)] += 1
            if reply.status_code == 503:
                await asyncio.sleep(float(reply.headers["retry-after"]))
                continue
            load.seconds.append(time.perf_counter() - began)
            n += 1


async def measure(url: str, clients: int, seconds: float, questions: list[str]) -> Load:
    load = Load()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(ask(url, questions, 7 * n, until, load) for n in range(clients)))
    return load


def memory_mb(process: int) -> float:
    """Resident megabytes; NaN where the system does not tell (no /proc)."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except FileNotFoundError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def demo_library(folder: Path) -> Path:
    """A library of the demo papers, made in `folder`."""
    with Assistant.open(folder / "library", create=True) as assistant:
        assistant.ingest([demo_papers_path()])
    return folder / "library"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.serve_load", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--library", type=Path, help="a library of the demo papers (default: one is made)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=float, default=120.0, help="for each number of clients")
    parser.add_argument("--waiting", type=int, default=64, help="questions that may wait at the server")
    args = parser.parse_args()
    seconds = min(args.seconds, MOST_SECONDS)
    lines = demo_questions_path().read_text(encoding="utf-8").splitlines()
    questions = [question["question"] for question in map(json.loads, lines)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        library = args.library or demo_library(folder)
        server = stack.enter_context(rag_serve(library, "--waiting", str(args.waiting)))
        asyncio.run(measure(server.url, 4, min(10.0, seconds), questions))  # its memory settles
        print("| clients | answers | a second | p50 ms | p95 ms | p99 ms | errors | 503 | memory, MB |")
        print("|---|---|---|---|---|---|---|---|---|")
        for clients in args.clients:
            before, began = memory_mb(server.process.pid), time.perf_counter()
            load = asyncio.run(measure(server.url, clients, seconds, questions))
            took, after = time.perf_counter() - began, memory_mb(server.process.pid)
            print(load.line(clients, took, before, after), flush=True)


if __name__ == "__main__":
    main()
