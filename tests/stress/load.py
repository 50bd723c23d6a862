"""Measures the chat page under load: `python -m tests.stress.load [--library DIR] [--readers 20]`.

Starts `rag ui` and speaks Gradio's own protocol to it, as browsers do, without drawing anything:
how soon the page is there, how soon evidence, how long whole answers take when many ask at once, what
they cost the server's processor, and how long a page of the library's table takes. Not a test: times
depend on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from rag.demo import demo_questions_path

ROOT = Path(__file__).parents[2]
BOUND_S = 120.0


@dataclass
class Page:
    """One open page: its session, and the numbers that its events go by."""

    client: httpx.AsyncClient
    config: dict[str, Any]
    session: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def dependency(self, elem_id: str, event: str) -> dict[str, Any]:
        ids = {c["props"].get("elem_id"): c["id"] for c in self.config["components"]}
        wanted = (ids[elem_id], event)
        return next(d for d in self.config["dependencies"] if wanted in [(t[0], t[1]) for t in d["targets"]])

    async def now(self, dependency: dict[str, Any], data: object = None) -> None:
        """An event that is not queued."""
        body = {
            "data": [None] * len(dependency["inputs"]),
            "fn_index": dependency["id"],
            "session_hash": self.session,
            "event_data": data,
        }
        (await self.client.post("gradio_api/run/predict", json=body)).raise_for_status()

    async def queued(
        self, dependency: dict[str, Any], first: object, sign: str = "<mark"
    ) -> tuple[float, float, bool]:
        """Seconds to the first `sign` in what is shown and to the end, and whether it ended well."""
        started, seen = time.perf_counter(), float("nan")
        body = {
            "data": [first, *[None] * (len(dependency["inputs"]) - 1)],
            "fn_index": dependency["id"],
            "session_hash": self.session,
            "trigger_id": dependency["targets"][0][0],
        }
        (await self.client.post("gradio_api/queue/join", json=body)).raise_for_status()
        params = {"session_hash": self.session}
        async with self.client.stream("GET", "gradio_api/queue/data", params=params) as stream:
            async for line in stream.aiter_lines():
                if seen != seen and sign in line:
                    seen = time.perf_counter() - started
                if '"process_completed"' in line:
                    message = json.loads(line.removeprefix("data:"))
                    return seen, time.perf_counter() - started, bool(message["success"])
        return seen, time.perf_counter() - started, False


async def measure(address: str, readers: int, server: int) -> None:
    lines = demo_questions_path().read_text(encoding="utf-8").splitlines()
    questions = [question["question"] for question in map(json.loads, lines) if question["gold"]]
    async with httpx.AsyncClient(base_url=address, timeout=BOUND_S) as client:
        started = time.perf_counter()
        (await client.get("/")).raise_for_status()
        config = (await client.get("config")).json()
        print(f"page and its configuration: {1000 * (time.perf_counter() - started):.0f} ms")
        pages = [Page(client, config) for _ in range(readers)]
        load = next(d for d in config["dependencies"] if d["targets"] and d["targets"][0][1] == "load")
        for page in pages:
            await page.now(load)
        ask = pages[0].dependency("box", "submit")
        await pages[0].queued(ask, questions[0])
        before_s = processor_s(server)
        alone = [await pages[0].queued(ask, question) for question in questions[:20]]
        tell("one reader, first evidence", [seen for seen, _, _ in alone])
        tell("one reader, whole answer", [end for _, end, _ in alone])
        print(f"processor time an answer: {1000 * (processor_s(server) - before_s) / len(alone):.0f} ms")
        before_s, started = processor_s(server), time.perf_counter()
        asked = [page.queued(ask, questions[i % len(questions)]) for i, page in enumerate(pages)]
        together = await asyncio.gather(*asked)
        lost = sum(not good for _, _, good in together)
        tell(f"{readers} readers at once, first evidence", [seen for seen, _, _ in together])
        tell(f"{readers} readers at once, whole answer", [end for _, end, _ in together])
        print(f"answers lost: {lost} of {readers}; all there after {time.perf_counter() - started:.2f} s")
        print(f"processor time an answer: {1000 * (processor_s(server) - before_s) / readers:.0f} ms")
        await measure_table(pages[0])


async def measure_table(page: Page) -> None:
    outputs = page.dependency("table", "leaf")["outputs"]
    dependencies = page.config["dependencies"]
    opened = next(
        d for d in dependencies if d["targets"][0][1] == "select" and set(outputs) <= set(d["outputs"])
    )
    seen_s, took_s, _ = await page.queued(opened, None, "<table")
    seen = "" if seen_s != seen_s else f"{1000 * seen_s:.0f} ms to its first page, "
    print(f"table, first opened: {seen}{1000 * took_s:.0f} ms to the whole list")
    for event, elem_id, data in (
        ("leaf", "table", {"number": 7}),
        ("sort", "table", {"column": "title"}),
        ("find", "tools", {"words": "retrieval 2021"}),
    ):
        took = []
        for _ in range(10):
            started = time.perf_counter()
            await page.now(page.dependency(elem_id, event), data)
            took.append(time.perf_counter() - started)
        tell(f"table, {event}", took)


def processor_s(process: int) -> float:
    """What a process has used so far, of all cores; NaN where the system does not tell (no /proc)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tell(what: str, seconds: list[float]) -> None:
    """Of those that are numbers: an abstention marks no evidence."""
    ordered = sorted(1000 * s for s in seconds if s == s)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    print(f"{what}: median {ordered[len(ordered) // 2]:.0f} ms, p95 {p95:.0f} ms (n = {len(ordered)})")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress.load", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--library", required=True, help="a library to measure on; conversations are added")
    parser.add_argument("--readers", type=int, default=20)
    args = parser.parse_args()
    command = [sys.executable, "-m", "rag", "ui", "--port", "0", "--library", args.library]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            asyncio.run(asyncio.wait_for(measure(address, args.readers, server.pid), BOUND_S))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
