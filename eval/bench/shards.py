"""`python -m eval.bench.shards PATH... --questions FILE`: shards against one library, in threads and on Ray.

Three tables, as Markdown: what a search takes on 1, 2, 4 and 8 shards beside one library of the same papers,
each question asked of all of them in turn; papers a second of an ingest with one worker on a node of Ray, and
with two on two; and questions asked while actors of shards are killed. What shards answer is compared with
what the one library does: a difference is counted, not passed over. The shards are cut from that library,
without encoding.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.data.questions import load_questions
from rag.assistant import Assistant
from rag.config import Config
from rag.library.shards.ray_workers import RayWorkers
from rag.library.shards.resharding import reshard
from rag.library.shards.sharded_library import ShardedLibrary

SHARDS = (1, 2, 4, 8)
WORKERS = (1, 2)
_WARM_UP = 5
_CLOSE = 1e-4
"""Scores that are as near as this are one."""

Found = list[tuple[str, float]]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.shards", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="papers, as for rag ingest")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="as for rag eval")
    parser.add_argument("--n", type=int, default=100, help="questions asked, at most (100)")
    parser.add_argument(
        "--ray", action="store_true", help="start a cluster of two nodes on this machine, too"
    )
    args = parser.parse_args(argv)
    questions = [each.question for each in load_questions(args.questions).questions][: args.n]
    with tempfile.TemporaryDirectory() as scratch:
        config = replace(Config.from_env(), library=Path(scratch) / "one")
        with Assistant.open(config=config, create=True) as one:
            seconds = timed(lambda: one.ingest(args.paths))
            n_papers = one.library.n_papers
        rate = n_papers / seconds
        print(f"{n_papers:,} papers ingested in one process, {rate:.1f} a second\n", flush=True)
        latency(config, questions)
        if args.ray:
            ingest_on_ray(config, args.paths)
            kill_while_asked(config, questions)
    return 0


def latency(config: Config, questions: Sequence[str]) -> None:
    """The first table: milliseconds of a search, and how many differ from the one library's."""
    with ExitStack() as stack:
        assistants = {"one library": stack.enter_context(Assistant.open(config=config))}
        for n_shards in SHARDS:
            cut = replace(config, library=config.library.with_name(f"shards-of-{n_shards}"))
            shutil.copytree(config.library, cut.library)
            reshard(cut.library, n_shards, cut)
            name = f"{n_shards} shard{'s' if n_shards > 1 else ''}"
            assistants[name] = stack.enter_context(Assistant.open(config=cut))
        ms: dict[str, list[float]] = {name: [] for name in assistants}
        differing = dict.fromkeys(assistants, 0)
        for i, question in enumerate([*questions[:_WARM_UP], *questions]):
            found: dict[str, Found] = {}
            for name, assistant in assistants.items():
                began = time.perf_counter()
                found[name] = searched(assistant, question)
                if i >= _WARM_UP:
                    ms[name].append(1000 * (time.perf_counter() - began))
                    differing[name] += not same(found[name], found["one library"])
    print("| library | median ms a search | 95th percentile | times one library's median | other answers |")
    print("|---|---|---|---|---|")
    base = statistics.median(ms["one library"])
    for name, each in ms.items():
        median, high = statistics.median(each), statistics.quantiles(each, n=20)[-1]
        print(
            f"| {name} | {median:.0f} | {high:.0f} | {median / base:.2f} | {differing[name]} of {len(each)} |"
        )
    print(flush=True)


def ingest_on_ray(config: Config, paths: Sequence[Path]) -> None:
    """The second table: papers a second, from an open library to all written."""
    print("| workers, each on a node of its own | papers a second | times one worker's |")
    print("|---|---|---|")
    first = 0.0
    for n_workers in WORKERS:
        cluster = started(n_workers)
        fresh = replace(config, library=config.library.with_name(f"ray-{n_workers}"), ray="local", shards=2)
        try:
            with Assistant.open(config=fresh, create=True) as assistant:
                # Workers load the encoder with their first texts, which takes as long as some papers.
                seconds = timed(lambda: assistant.ingest(paths))
                rate = assistant.library.n_papers / seconds
        finally:
            stopped(cluster)
        first = first or rate
        print(f"| {n_workers} | {rate:.1f} | {rate / first:.2f} |", flush=True)
    print()


def kill_while_asked(config: Config, questions: Sequence[str]) -> None:
    """The third table: one actor is killed after each quarter of the questions."""
    cluster = started(2)
    cut = replace(config, library=config.library.with_name("shards-of-2"), ray="local", shard_wait_s=60.0)
    ms, differing, lacking, killed = list[float](), 0, 0, 0
    try:
        with Assistant.open(config=config) as one, Assistant.open(config=cut) as assistant:
            for i, question in enumerate(questions):
                if i and i % max(1, len(questions) // 4) == 0:
                    kill_an_actor(assistant, killed % 2)
                    killed += 1
                began = time.perf_counter()
                found = searched(assistant, question)
                ms.append(1000 * (time.perf_counter() - began))
                lacking += assistant.library.lacking is not None
                differing += not same(found, searched(one, question))
    finally:
        stopped(cluster)
    print("| questions | actors killed | other answers | answers without a shard | median ms | slowest ms |")
    print("|---|---|---|---|---|---|")
    median, slowest = statistics.median(ms), max(ms)
    print(f"| {len(questions)} | {killed} | {differing} | {lacking} | {median:.0f} | {slowest:.0f} |")


def kill_an_actor(assistant: Assistant, shard: int) -> None:
    import ray

    library = assistant.library
    assert isinstance(library, ShardedLibrary)
    workers = library._coordinator.workers
    assert isinstance(workers, RayWorkers)
    os.kill(ray.get(workers._actors[shard].process_id.remote()), signal.SIGKILL)


def started(n_nodes: int) -> Any:
    """A cluster of so many nodes of one core each on this machine, and this process connected to it."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(n_nodes - 1):
        cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    return cluster


def stopped(cluster: Any) -> None:
    import ray

    ray.shutdown()
    cluster.shutdown()


def searched(assistant: Assistant, question: str) -> Found:
    return [(each.paper.paper_id, each.score) for each in assistant.search(question)]


def same(one: Found, other: Found) -> bool:
    """The same papers in the same order, with the same scores."""
    return [paper_id for paper_id, _ in one] == [paper_id for paper_id, _ in other] and all(
        abs(mine - theirs) < _CLOSE for (_, mine), (_, theirs) in zip(one, other, strict=True)
    )


def timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
