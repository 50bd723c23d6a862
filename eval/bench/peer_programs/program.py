"""The two stages that every compared system goes through: papers in, and questions out, timed alike.

    python -m eval.bench.peer_programs.NAME ingest FOLDER MODEL papers.jsonl
    python -m eval.bench.peer_programs.NAME search FOLDER MODEL questions.jsonl

`search` prints {"run": {question id: paper ids, best first}, "ms": [one a question]}, after a warm-up.
Standard library alone, as it runs in both environments.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

TOP = 10
WARM_UP = 10
"""Questions asked before the clock counts; none where there is one question alone (cold start)."""


class System(Protocol):
    """A retrieval system with its files in a folder."""

    def add(self, papers: Sequence[dict[str, Any]]) -> None:
        """Index papers ({"id", "title", "abstract"}), and leave them on disk."""

    def search(self, question: str, n: int) -> list[str]:
        """Ids of the `n` best papers, best first."""


def main(open_system: Callable[[Path, Path, bool], System]) -> int:
    """Run one stage. open_system: from a folder, the model's folder, and whether the index is new."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stage", choices=("ingest", "search"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("lines", type=Path)
    args = parser.parse_args()
    records = [json.loads(line) for line in args.lines.read_text(encoding="utf-8").splitlines()]
    system = open_system(args.folder, args.model, args.stage == "ingest")
    if args.stage == "ingest":
        system.add(records)
        return 0
    for record in records[:WARM_UP] if len(records) > 1 else []:
        system.search(record["question"], TOP)
    run, ms = {}, []
    for record in records:
        began = time.perf_counter()
        run[record["id"]] = system.search(record["question"], TOP)
        ms.append(1000 * (time.perf_counter() - began))
    print(json.dumps({"run": run, "ms": ms}))
    return 0
