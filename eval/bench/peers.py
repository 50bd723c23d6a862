"""`make bench-peers`: this project beside what people would pick, on one machine, in one run.

Each system goes through the same two stages (eval/bench/peer_programs/program.py) in processes of its own:
the peers' in an environment of theirs (--peers PYTHON), ours in this one. All read the same papers and
questions, with the same MiniLM weights. A system whose packages are missing is named with why.
Markdown on stdout.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.bench.__main__ import ROOT, machine, note, run_child
from eval.bench.peer_models import write_model_folder
from eval.data.beir import load_beir
from eval.data.questions import Qrels, load_questions
from eval.measures.retrieval import score_retrieval
from rag.config import Config
from rag.encoder.weights import find
from rag.files import json_line
from rag.papers.identifiers import title_key
from rag.readers import read_paths
from rag.records import Paper

COLD_RUNS = 3
ROUNDS = 2
"""Times that all systems are asked in turn, so that noise of the machine meets all."""


@dataclass(frozen=True, slots=True)
class PeerSystem:
    """A compared system: its name in the table, its module, whether it runs in the peers' environment, more
    arguments, and whose index it searches where it makes none."""

    name: str
    module: str
    is_peer: bool
    arguments: tuple[str, ...] = ()
    index_of: str = ""


SYSTEMS = (
    PeerSystem("rag search", "ours", False),
    PeerSystem("rag ask", "ours", False, ("--ask",), "rag search"),
    PeerSystem("LlamaIndex + Chroma", "llamaindex", True),
    PeerSystem("txtai hybrid", "txtai_hybrid", True),
    PeerSystem("Haystack hybrid", "haystack_hybrid", True),
)


@dataclass(frozen=True, slots=True)
class PeerTask:
    """Papers and questions as files all systems read, and the qrels they are judged by."""

    name: str
    papers: Path
    questions: Path
    one_question: Path
    n_papers: int
    qrels: Qrels


@dataclass(frozen=True, slots=True)
class PeerRow:
    """One system's figures on one task; NaN for ingest where it searched another's index."""

    name: str
    papers_per_s: float
    ingest_mb: float
    p50_ms: float
    p95_ms: float
    search_mb: float
    cold_s: float
    ndcg: float


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, and print a table a task."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.peers", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--work", type=Path, default=ROOT / "bench" / "peers")
    parser.add_argument(
        "--peers", type=Path, help="the Python of the peers' environment; without, ours alone"
    )
    parser.add_argument("--systems", nargs="+", choices=[each.name for each in SYSTEMS])
    parser.add_argument("--papers", type=int, help="at most so many papers (those judged first)")
    parser.add_argument("--only", choices=("pages", "scifact"))
    args = parser.parse_args(argv)
    print(machine() + "\n", flush=True)
    tasks = [task for task in (pages_task, scifact_task) if args.only in (None, task.__name__[:-5])]
    chosen = [each for each in SYSTEMS if args.systems is None or each.name in args.systems]
    model = write_model_folder(find(Config.from_env()), args.work / "all-MiniLM-L6-v2")
    for make in tasks:
        task = make(args.data, args.work, args.papers)
        show_task(task, compare(task, chosen, args.peers, model, args.work))
    return 0


def pages_task(data: Path, work: Path, n_papers: int | None) -> PeerTask:
    """The five pages and those of questions_dev that need no earlier turn."""
    papers = [paper for paper in read_paths([data / "corpus"]) if isinstance(paper, Paper)]
    by_title = {title_key(paper.title): paper.paper_id for paper in papers}
    questions, qrels = {}, {}
    for each in load_questions(data / "eval" / "questions_dev.jsonl").questions:
        gold = [by_title[title_key(title)] for title in each.gold if title_key(title) in by_title]
        if gold and not each.history:
            questions[each.id], qrels[each.id] = each.question, dict.fromkeys(gold, 1)
    return _task("questions_dev", papers, questions, qrels, work, n_papers)


def scifact_task(data: Path, work: Path, n_papers: int | None) -> PeerTask:
    """SciFact's claims and abstracts."""
    folder = data / "eval" / "scifact"
    dataset = load_beir(folder)
    papers = [paper for paper in read_paths([folder / "corpus.jsonl"]) if isinstance(paper, Paper)]
    questions = {each.id: each.question for each in dataset.questions}
    return _task("SciFact", papers, questions, dataset.qrels or {}, work, n_papers)


def compare(
    task: PeerTask, systems: Sequence[PeerSystem], peers: Path | None, model: Path, work: Path
) -> Iterator[PeerRow | str]:
    """A row a system, or why it has none; all ingest first, then are asked in turn."""
    ingested: dict[str, tuple[float, float]] = {}
    failed: dict[str, str] = {}
    for system in systems:
        if system.is_peer and peers is None:
            failed[system.name] = "not compared: no environment of the peers was named"
        elif not system.index_of:
            try:
                ingested[system.name] = _ingest(task, system, peers, model, work)
            except subprocess.CalledProcessError as error:
                failed[system.name] = f"its process ended with {error.returncode}"
    ready = [each for each in systems if each.index_of in ingested or each.name in ingested]
    times: dict[str, list[float]] = {each.name: [] for each in ready}
    memory: dict[str, list[float]] = {each.name: [] for each in ready}
    cold: dict[str, list[float]] = {each.name: [] for each in ready}
    run: dict[str, dict[str, list[str]]] = {}
    for _ in range(ROUNDS):
        for system in ready:
            done = run_child(_command(task.questions, "search", task, system, peers, model, work))
            found = json.loads(done.stdout.splitlines()[-1])
            times[system.name] += found["ms"]
            memory[system.name].append(done.peak_mb)
            run[system.name] = found["run"]
    for _ in range(COLD_RUNS):
        for system in ready:
            done = run_child(_command(task.one_question, "search", task, system, peers, model, work))
            cold[system.name].append(done.seconds)
    nothing = (float("nan"), float("nan"))
    for system in systems:
        name = system.name
        if name not in times:
            yield f"{name}: {failed.get(name, 'its index was not made')}"
            continue
        scores = score_retrieval(run[name], task.qrels)
        yield PeerRow(
            name,
            *ingested.get(name, nothing),
            p50_ms=float(np.percentile(times[name], 50)),
            p95_ms=float(np.percentile(times[name], 95)),
            search_mb=max(memory[name]),
            cold_s=statistics.median(cold[name]),
            ndcg=statistics.mean(each["nDCG@10"] for each in scores.values()),
        )


def show_task(task: PeerTask, rows: Iterator[PeerRow | str]) -> None:
    """A table, and below it the systems that have no row."""
    print(f"### {task.name}: {task.n_papers:,} papers, {len(task.qrels)} questions, {ROUNDS} rounds\n")
    print("| | papers/s | its memory (MB) | p50 (ms) | p95 (ms) | memory (MB) | cold start (s) | nDCG@10 |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    missing = []
    for row in rows:
        if isinstance(row, str):
            missing.append(row)
            continue
        pace, size = (_shown(value) for value in (row.papers_per_s, row.ingest_mb))
        print(
            f"| {row.name} | {pace} | {size} | {row.p50_ms:.1f} | {row.p95_ms:.1f} | {row.search_mb:.0f} "
            f"| {row.cold_s:.2f} | {row.ndcg:.3f} |",
            flush=True,
        )
    print("\n" + "".join(f"{line}\n" for line in missing))


def _shown(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _ingest(
    task: PeerTask, system: PeerSystem, peers: Path | None, model: Path, work: Path
) -> tuple[float, float]:
    """Papers a second of the whole process, and its peak memory in MB."""
    shutil.rmtree(work / task.name / system.module, ignore_errors=True)
    done = run_child(_command(task.papers, "ingest", task, system, peers, model, work))
    return task.n_papers / done.seconds, done.peak_mb


def _command(
    lines: Path, stage: str, task: PeerTask, system: PeerSystem, peers: Path | None, model: Path, work: Path
) -> list[str]:
    python = str(peers) if system.is_peer else sys.executable
    folder = work / task.name / system.module
    note(f"{system.name}: {stage} {lines.name}")
    program = f"eval.bench.peer_programs.{system.module}"
    return [python, "-m", program, stage, str(folder), str(model), str(lines), *system.arguments]


def _task(
    name: str, papers: Sequence[Paper], questions: dict[str, str], qrels: Qrels, work: Path, n: int | None
) -> PeerTask:
    """Writes what all systems read; of the papers the judged ones first, `n` in all."""
    judged = {paper_id for grades in qrels.values() for paper_id in grades}
    once = {paper.paper_id: paper for paper in papers}.values()  # the pages repeat some
    kept = sorted(once, key=lambda paper: paper.paper_id not in judged)[:n]
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    written = {
        "papers.jsonl": [{"id": p.paper_id, "title": p.title, "abstract": p.abstract} for p in kept],
        "questions.jsonl": [{"id": id, "question": text} for id, text in questions.items()],
        "one_question.jsonl": [{"id": id, "question": text} for id, text in list(questions.items())[:1]],
    }
    for file, records in written.items():
        (folder / file).write_text("".join(map(json_line, records)), encoding="utf-8")
    paths = [folder / file for file in written]
    return PeerTask(name, paths[0], paths[1], paths[2], len(kept), qrels)


if __name__ == "__main__":
    sys.exit(main())
