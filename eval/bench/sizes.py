"""`make bench ARGS="--sizes"`: how ingest, opening, asking, filters, memory and disk grow with the library.

One child process a size, so that its memory is its own. Papers, and from STAND_IN_FROM on the encoder too,
are stand-ins (eval/bench/stand_in.py). Prints Markdown, a row as soon as it is measured.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from eval.bench.readers import peak_mb
from eval.bench.stand_in import FIRST_YEAR, YEARS, StandInEncoder, made_papers
from rag.assistant import Assistant
from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.encoder.weights import ensure
from rag.files import size_of
from rag.index.dense_search import compare_all
from rag.library.folder_library import FolderLibrary
from rag.library.library import Library
from rag.readers import read_paths
from rag.records import Filters, Paper

SIZES = (714, 10_000, 100_000)
STAND_IN_FROM = 20_000
PARTS = ("chroma", "lexical", "tokens")
SHARES = (1, 50, 99)
"""Papers in a hundred that a filter passes."""
_QUESTIONS, _WARM_UP = 60, 5
_CHANGED = 1000
"""Papers that are updated and removed."""


@dataclass(frozen=True, slots=True)
class SizeRow:
    what: str
    number: float
    unit: str


def main(argv: Sequence[str] | None = None) -> int:
    """Measure one size in this process, and print its table."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.sizes", description=__doc__)
    parser.add_argument("size", type=int)
    parser.add_argument("corpus", type=Path, help="the files whose sentences are recombined")
    parser.add_argument("work", type=Path, help="where the library is made")
    args = parser.parse_args(argv)
    real = [paper for paper in read_paths([args.corpus]) if isinstance(paper, Paper)]
    weights = ensure(Config.from_env())
    encoder = StandInEncoder(weights) if args.size >= STAND_IN_FROM else Encoder(weights)
    print(f"### {args.size:,} papers, {'stand-in' if args.size >= STAND_IN_FROM else 'real'} encoder\n")
    print("| what | figure |\n|---|---|", flush=True)
    for row in measure(args.size, real, encoder, args.work / f"sizes-{args.size}"):
        print(f"| {row.what} | {row.number:,.4g} {row.unit} |", flush=True)
    print()
    return 0


def run_sizes(sizes: Iterable[int], corpus: Path, work: Path) -> None:
    """One child process a size, their tables on stdout."""
    for size in sizes:
        command = [sys.executable, "-m", "eval.bench.sizes", str(size), str(corpus), str(work)]
        subprocess.run(command, check=True)


def measure(size: int, real: Sequence[Paper], encoder: Encoder, folder: Path) -> Iterator[SizeRow]:
    """All rows of one size, memory's only on Linux. `folder` is made anew, and left for a look."""
    shutil.rmtree(folder, ignore_errors=True)
    config = replace(Config.from_env(), library=folder)
    yield from _ingest(size, real, encoder, config)
    for part in PARTS:
        yield SizeRow(f"disk, {part}", size_of(folder / part) / size, "bytes a paper")
    started = time.perf_counter()
    with FolderLibrary.open_folder(folder, config) as library:
        yield SizeRow("opening", time.perf_counter() - started, "s")
        yield from _asked(Assistant(library, encoder, config), size)
        yield SizeRow("recall@10 of the dense leg", _recall(library, encoder, size, real), "")
        yield from _kept(library, encoder, size, real)
    if (peak := peak_mb()) is not None:
        yield SizeRow("peak memory, ingest and all", peak, "MB")


def _ingest(size: int, real: Sequence[Paper], encoder: Encoder, config: Config) -> Iterator[SizeRow]:
    paces: list[float] = []
    with Library.open(config.library, config, create=True) as library:
        started = time.perf_counter()
        library.add(made_papers(size, real), encoder, progress=lambda seen: paces.append(time.perf_counter()))
        yield SizeRow("ingest", size / (time.perf_counter() - started), "papers/s")
        tenth = max(1, len(paces) // 10)
        if len(paces) > 2 * tenth:
            first, last = paces[tenth] - paces[0], paces[-1] - paces[-1 - tenth]
            yield SizeRow("its last tenth beside its first", last / first, "times as long")
        started = time.perf_counter()
        library.add(made_papers(size, real), encoder)
        yield SizeRow("the same again, nothing changed", size / (time.perf_counter() - started), "papers/s")


def _asked(assistant: Assistant, size: int) -> Iterator[SizeRow]:
    """One question after another, unfiltered and under each filter in turn, so that noise meets all alike."""
    library = assistant.library
    step = max(1, size // _QUESTIONS)
    papers = [paper for i in range(0, size, step) if (paper := library.paper(f"made-{i}"))]
    questions = [f"What is said of {paper.title}?" for paper in papers[:_QUESTIONS]]
    conditions: dict[str, Filters | None] = {"no filter": None} | {
        f"filter passing {share}%": Filters(year_to=FIRST_YEAR + share * YEARS // 100 - 1) for share in SHARES
    }
    times: dict[str, list[float]] = {name: [] for name in conditions}
    stages: dict[str, list[float]] = {}
    for question in questions[:_WARM_UP]:
        assistant.ask(question, llm=False)
    first: list[float] = []
    for question in questions:
        started = time.perf_counter()
        assistant.ask(question, llm=False)
        first.append(1000 * (time.perf_counter() - started))
        for name, filters in conditions.items():  # all of them find the best papers read already
            started = time.perf_counter()
            answer = assistant.ask(question, filters=filters, llm=False)
            times[name].append(1000 * (time.perf_counter() - started))
            for stage, ms in answer.timings_ms.items() if filters is None else ():
                stages.setdefault(stage, []).append(ms)
    plain = statistics.median(times["no filter"])
    yield SizeRow("ask, the best papers not read before, median", statistics.median(first[_WARM_UP:]), "ms")
    yield SizeRow("ask, warm, median", plain, "ms")
    yield SizeRow("ask, warm, 95th percentile", float(np.percentile(times["no filter"], 95)), "ms")
    for stage in sorted(stages.keys() - {"total"}):
        yield SizeRow(f"of it {stage}, median", statistics.median(stages[stage]), "ms")
    for name in list(conditions)[1:]:
        ratio = statistics.median(t / n for t, n in zip(times[name], times["no filter"], strict=True))
        yield SizeRow(f"ask, {name}", ratio, "times unfiltered, median of pairs")


def _kept(library: FolderLibrary, encoder: Encoder, size: int, real: Sequence[Paper]) -> Iterator[SizeRow]:
    """What a user does beside asking: status, the list, and papers changed and removed."""

    def timed(work: Callable[[], object]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    few = min(_CHANGED, size)
    changed = (replace(paper, venue="Elsewhere") for paper in made_papers(few, real))
    yield SizeRow("status", timed(library.status), "s")
    yield SizeRow("first 100 of the list", timed(lambda: list(islice(library.papers(), 100))), "s")
    yield SizeRow("the whole list", timed(lambda: sum(1 for _ in library.papers())), "s")
    yield SizeRow(f"update {few:,} papers", timed(lambda: library.add(changed, encoder)), "s")
    yield SizeRow(
        f"remove {few:,} papers", timed(lambda: library.remove(f"made-{i}" for i in range(few))), "s"
    )


def _recall(library: FolderLibrary, encoder: Encoder, size: int, real: Sequence[Paper]) -> float:
    """Share of the 10 nearest passages, by comparing all, that the vector index finds as well."""
    everything = library._indexes.lexical.select(Filters())
    shares = []
    for paper in made_papers(_QUESTIONS, real, seed=29):
        vector = encoder.encode_query(paper.title).vector
        exact = {id for id, _ in compare_all(library._indexes, vector, 10, everything)}
        shares.append(len(exact & library.nearest(vector, 10).keys()) / len(exact))
    return statistics.mean(shares)


if __name__ == "__main__":
    sys.exit(main())
