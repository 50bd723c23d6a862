"""`make bench`: quality and speed on the shared data, measured on this machine, as Markdown for README.

Reads ../shared beside the project (or --data), works in bench/, which git ignores. What is timed runs in a
process of its own; peak memory is the child's, as the kernel counts it. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.bench.sizes import SIZES, run_sizes
from eval.data.questions import load_questions
from eval.report.page import estimates, interval, shown
from eval.runs.provenance import commit
from eval.runs.summary import percentiles

ROOT = Path(__file__).parents[2]
QUESTION = "Which paper reports that reranking can be done in one pass over blocks, and what does it gain?"
COLD_RUNS = 5
WARM_UP = 10
QUALITY = (
    "nDCG@10", "R@5", "Success@1", "fact_recall", "citation_precision_no_list", "citation_precision",
    "evidence_recall", "quote_fidelity", "abstention_f1", "answer_words",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChildProcess:
    """A child process that is over: its output, wall-clock seconds, and peak resident memory."""

    stdout: str
    seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class BenchRow:
    what: str
    figure: str
    how: str


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print Markdown on stdout; what is being done goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared", help="the shared data (../shared)"
    )
    parser.add_argument(
        "--sizes", nargs="*", type=int, metavar="N", help=f"how it grows with the library (default: {SIZES})"
    )
    parser.add_argument("--threads", action="store_true", help="one assistant asked by 1 to 64 threads")
    parser.add_argument("--only", choices=("pages", "scifact"), help="one of the two collections")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "bench", help="where libraries and runs go (bench/)"
    )
    args = parser.parse_args(argv)
    if not args.data.is_dir():
        parser.error(f"{args.data} is not there; name the shared data with --data")
    print(machine() + "\n")
    if args.sizes is not None:
        run_sizes(args.sizes or SIZES, args.data / "corpus", args.work)
        return 0
    if args.threads:
        bench_threads(args.data, args.work)
        return 0
    if args.only != "scifact":
        show("Five pages of abstracts, questions_dev", bench_pages(args.data, args.work))
        questions = args.data / "eval" / "questions_dev.jsonl"
        print(ablated("--questions", questions, args.work / "pages"), flush=True)
    if args.only != "pages":
        folder = args.data / "eval" / "scifact"
        show("SciFact", bench_scifact(folder, args.work))
        print(ablated("--beir", folder, args.work / "scifact"), flush=True)
    return 0


def bench_pages(data: Path, work: Path) -> Iterator[BenchRow]:
    """Ingest, cold and warm questions, the gate's time, and quality over the five pages."""
    from eval.bench.gate import gate_ms

    library, questions = work / "pages", data / "eval" / "questions_dev.jsonl"
    shutil.rmtree(library, ignore_errors=True)
    pages = sorted(str(path) for path in (data / "corpus").glob("*.txt"))
    ingest = run_rag("ingest", *pages, "--library", str(library), "--json")
    report = json.loads(ingest.stdout)
    yield BenchRow(f"ingest {report['added']} papers, cold process", f"{ingest.seconds:.1f} s", "1 run")
    yield BenchRow("its peak memory", f"{ingest.peak_mb:.0f} MB", "")
    asks = [run_rag("ask", QUESTION, "--library", str(library), "--no-llm") for _ in range(COLD_RUNS)]
    seconds = [ask.seconds for ask in asks]
    yield BenchRow(
        "`rag ask`, cold process",
        f"{statistics.median(seconds):.2f} s",
        f"median of {COLD_RUNS}, worst {max(seconds):.2f}",
    )
    yield BenchRow("its peak memory", f"{max(ask.peak_mb for ask in asks):.0f} MB", "")
    times = warm_ask_ms(library, questions)
    yield BenchRow("`ask`, warm, median", f"{times['p50']:.0f} ms", f"{times['n']:.0f} questions")
    yield BenchRow("`ask`, warm, 95th percentile", f"{times['p95']:.0f} ms", "")
    checks = gate_ms(library, questions)
    yield BenchRow(
        "support gate, six sentences, warm, median", f"{checks['p50']:.0f} ms", f"{checks['n']:.0f} answers"
    )
    yield BenchRow("support gate, six sentences, warm, 95th percentile", f"{checks['p95']:.0f} ms", "")
    yield from _evaluated("questions", questions, library, work / "questions_dev")


def bench_scifact(folder: Path, work: Path) -> Iterator[BenchRow]:
    """Ingest (if the library is not there from before), search quality and time, and the gate on pairs."""
    library = work / "scifact"
    if not library.exists():
        ingest = run_rag("ingest", str(folder / "corpus.jsonl"), "--library", str(library), "--json")
        yield BenchRow(
            f"ingest {json.loads(ingest.stdout)['added']} papers, cold process",
            f"{ingest.seconds:.0f} s",
            "1 run",
        )
        yield BenchRow("its peak memory", f"{ingest.peak_mb:.0f} MB", "")
    yield from _evaluated("beir", folder, library, work / "scifact-run")
    pairs = run_rag(
        "eval", "--pairs", str(folder / "pairs_train.jsonl"), "--output", str(work / "pairs"), "--json"
    )
    for name, value in estimates(json.loads(pairs.stdout)).items():
        yield BenchRow(f"support gate, {name}", shown(value), f"{interval(value)}, n={value.n}")


def bench_threads(data: Path, work: Path) -> None:
    """questions_dev by several threads at once, on the five pages' library, made if it is not there."""
    from eval.bench.threads import show_threads
    from rag.assistant import Assistant

    library, questions = work / "pages", load_questions(data / "eval" / "questions_dev.jsonl").questions
    if not library.exists():
        run_rag("ingest", str(data / "corpus"), "--library", str(library), "--json")
    with Assistant.open(library) as assistant:
        show_threads(assistant, [question.question for question in questions])


def ablated(option: str, path: Path, library: Path) -> str:
    """The ablation's table."""
    return run_rag("eval", option, str(path), "--library", str(library), "--ablate").stdout


def warm_ask_ms(library: Path, questions: Path) -> dict[str, float]:
    """n, p50, p95 and p99 of one question after another in an open assistant, after WARM_UP others."""
    from rag.assistant import Assistant

    asked = load_questions(questions).questions
    times = []
    with Assistant.open(library) as assistant:
        for question in [*asked[:WARM_UP], *asked]:
            started = time.perf_counter()
            assistant.ask(question.question, history=question.history, llm=False)
            times.append((time.perf_counter() - started) * 1000)
    return percentiles(times[WARM_UP:])


def run_rag(*args: str) -> ChildProcess:
    """`rag ...` in a process of its own. Raises CalledProcessError where it fails."""
    note(f"rag {' '.join(args)}"[:200])
    return run_child([sys.executable, "-m", "rag", *args])


def run_child(command: Sequence[str]) -> ChildProcess:
    """A command, run in the project's folder. Raises CalledProcessError where it fails."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        stdout = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stdout)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return ChildProcess(stdout, seconds, usage.ru_maxrss / unit)


def machine() -> str:
    """Where, when and what: one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next(
            (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model
        )
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    when = datetime.now(UTC).date().isoformat()
    return (
        f"{model}, {os.cpu_count()} cores{load}; {platform.system()}, Python {platform.python_version()}; "
        f"{when}, commit {commit() or 'not known'}"
    )


def show(title: str, rows: Iterator[BenchRow]) -> None:
    """A table, printed row by row as it is measured."""
    print(f"### {title}\n\n| what | figure | |\n|---|---|---|", flush=True)
    for row in rows:
        print(f"| {row.what} | {row.figure} | {row.how} |", flush=True)
    print(flush=True)


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _evaluated(kind: str, path: Path, library: Path, out: Path) -> Iterator[BenchRow]:
    """Time and measures of one `rag eval`."""
    done = run_rag(
        "eval", f"--{kind}", str(path), "--library", str(library), "--output", str(out), "--fresh", "--json"
    )
    summary: dict[str, Any] = json.loads(done.stdout)["summary"]
    yield BenchRow(
        f"`rag eval`, {summary['n']} {kind if kind == 'questions' else 'queries'}",
        f"{done.seconds:.0f} s",
        "",
    )
    measures = estimates(summary["measures"])
    for name in QUALITY:
        if name in measures:
            yield BenchRow(name, shown(measures[name]), f"{interval(measures[name])}, n={measures[name].n}")
    for kind_, values in summary["by_type"].items():
        if kind_.startswith("unanswerable"):
            refused = estimates(values)["abstained"]
            yield BenchRow(f"refused, {kind_.replace('_', ' ')}", shown(refused), f"n={refused.n}")


if __name__ == "__main__":
    sys.exit(main())
