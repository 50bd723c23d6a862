"""`python -m eval.bench.shard_latency`: what asking many shards costs, before there are so many.

The coordinator is the real one; its shards are stand-ins that answer after as long as a shard takes, with
results of the real size. A question is what ranking asks of a library: how it stands, the pool, token blocks.
Prints Markdown: latency at the median and the 99th percentile, questions a second, and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import numpy as np

from eval.bench.readers import peak_mb
from rag.encoder.minilm import DIMENSIONS
from rag.errors import StorageError
from rag.index.bm25 import WordStatistics
from rag.index.token_store import TokenBlock
from rag.library.ingest import PassageEncoder
from rag.library.pool import PoolHit, PoolRequest
from rag.library.shards.coordinator import Coordinator
from rag.library.shards.shard import ShardNumbers
from rag.library.shards.shard_manifest import ShardManifest
from rag.library.shards.sharded_library import ShardedLibrary
from rag.library.shards.workers import Encoding
from rag.retrieval.ranking import N_CANDIDATES, N_LATE

MEDIAN_MS = {"numbers": 1.0, "statistics": 1.0, "pool": 20.0, "blocks": 2.0}
"""What a shard of 100,000 papers takes, network included: the pool as docs/performance.md has ranking, the
others chosen to be on the safe side."""
SPREAD = 0.35
"""Of the logarithm of a latency: one in a hundred takes 2.3 times the median."""
SLOW = 5.0
"""How many times as long a slow shard takes."""
_PIECES = 190
"""Word pieces of an abstract."""
_WORDS = ("late", "interaction", "retrieval", "dense", "sparse", "question", "token", "vector")


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    n_shards: int
    share_slow: float = 0.0
    n_gone: int = 0


SCENARIOS = (
    Scenario("8 shards", 8),
    Scenario("64 shards", 64),
    Scenario("256 shards", 256),
    Scenario("256 shards, one in ten slow", 256, share_slow=0.1),
    Scenario("256 shards, one gone", 256, n_gone=1),
)


class StandInWorkers:
    """Shards that answer after a while. See rag.library.shards.workers.ShardWorkers."""

    def __init__(self, scenario: Scenario, seed: int = 5) -> None:
        self._scenario = scenario
        self._random = Random(seed)
        self._gone = set(range(scenario.n_gone))
        self._clock = asyncio.new_event_loop()
        Thread(target=self._clock.run_forever, daemon=True).start()

    def start(self, shard: int) -> None:
        if shard in self._gone:
            raise StorageError("gone")

    def submit(self, shard: int, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        name = method.__name__
        seconds = MEDIAN_MS[name] / 1000 * self._random.lognormvariate(0, SPREAD)
        if self._random.random() < self._scenario.share_slow:
            seconds *= SLOW
        answer = partial(_answer, future, _ANSWERS[name], shard, *args)
        self._clock.call_soon_threadsafe(self._clock.call_later, seconds, answer)
        return future

    def encoding(self, encoder: PassageEncoder) -> Encoding:
        raise NotImplementedError("nothing is written here")

    def close(self) -> None:
        self._clock.call_soon_threadsafe(self._clock.stop)


def _answer(future: Future[Any], method: Callable[..., Any], *args: Any) -> None:
    future.set_result(method(*args))


def _numbers(shard: int) -> ShardNumbers:
    return ShardNumbers(100_000, 100_000, True, "stand-in", "1", False)


def _statistics(shard: int, text: str) -> WordStatistics:
    return WordStatistics(100_000, 15_000_000, dict.fromkeys(_WORDS, 1000 + shard))


def _pool(shard: int, wanted: PoolRequest, statistics: WordStatistics) -> list[PoolHit]:
    chance = Random(shard)
    return [
        PoolHit(f"{shard}-{i}#0", 30 * chance.random(), chance.random(), i, 60, i < wanted.n, i >= wanted.n)
        for i in range(2 * wanted.n)
    ]


def _blocks(shard: int, hits: Sequence[PoolHit]) -> list[TokenBlock | None]:
    return [_BLOCK] * len(hits)


_BLOCK = TokenBlock(
    np.zeros(DIMENSIONS, np.float32),
    np.zeros((_PIECES, DIMENSIONS // 8), np.uint8),
    np.zeros(_PIECES, np.uint16),
    np.zeros((_PIECES, 2), np.int32),
)
_ANSWERS: dict[str, Callable[..., Any]] = {
    "numbers": _numbers,
    "statistics": _statistics,
    "pool": _pool,
    "blocks": _blocks,
}


def ask(library: ShardedLibrary, vector: Any) -> float:
    """Seconds that one question takes."""
    started = time.perf_counter()
    library.refresh()
    hits = library.pool(PoolRequest("a question", vector, N_CANDIDATES))
    library.blocks(sorted(hits, key=lambda hit: -hit.cosine)[:N_LATE])
    return time.perf_counter() - started


def measure(scenario: Scenario, n_questions: int, n_at_once: int) -> Iterator[str]:
    """Cells of a table's row."""
    about = ShardManifest(1, "", "shards-1", (100_000,) * scenario.n_shards)
    coordinator = Coordinator(StandInWorkers(scenario), scenario.n_shards, 0)
    library = ShardedLibrary(Path("stand-in"), about, coordinator, read_only=True)
    vector = np.zeros(DIMENSIONS, np.float32)
    with ThreadPoolExecutor(n_at_once) as askers:
        began, used = time.perf_counter(), time.process_time()
        times = list(askers.map(lambda _: ask(library, vector), range(n_questions)))
        took, used = time.perf_counter() - began, time.process_time() - used
    library.close()
    yield f"{scenario.name}, {n_at_once} at once"
    yield f"{1000 * float(np.median(times)):.0f}"
    yield f"{1000 * float(np.percentile(times, 99)):.0f}"
    yield f"{n_questions / took:.1f}"
    yield f"{1000 * used / n_questions:.0f}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run all scenarios, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.shard_latency", description=__doc__)
    parser.add_argument("--questions", type=int, default=100, metavar="N", help="of each scenario (100)")
    parser.add_argument("--at-once", type=int, default=4, metavar="N", help="in the second run of each (4)")
    args = parser.parse_args(argv)
    print("| scenario | median, ms | 99th percentile, ms | questions a second | processor ms a question |")
    print("|---|---|---|---|---|")
    for scenario in SCENARIOS:
        for n_at_once in (1, args.at_once):
            print(f"| {' | '.join(measure(scenario, args.questions, n_at_once))} |", flush=True)
    if (peak := peak_mb()) is not None:
        print(f"\nPeak memory of the coordinator: {peak:,.0f} MB.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
