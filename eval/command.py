"""`rag eval`: what is measured, over which library, and what is printed.

Owns the options. A run's path is `eval.evaluation`'s; stdout is the result, progress goes to stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.commands.options import add_output, positive, print_json
from rag.commands.progress import progress_bar
from rag.config import Config

if TYPE_CHECKING:
    from eval.data.questions import Dataset
    from eval.report.questions import Report
    from eval.runs.floors import Floor
    from rag.assistant import Assistant

RUNS = Path("runs")
"""Where runs go that no --output names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group(
        "what (default: the demo set, over the demo papers)"
    ).add_mutually_exclusive_group()
    what.add_argument("--questions", metavar="FILE", type=Path, help="questions with gold, as JSON lines")
    what.add_argument(
        "--beir", metavar="DIR", type=Path, help="a BEIR folder; an empty library reads its corpus in"
    )
    what.add_argument("--pairs", metavar="FILE", type=Path, help="claims and evidence, for the support gate")
    what.add_argument(
        "--compare", metavar="RUN", nargs=2, type=Path, help="two run folders, question by question"
    )
    what.add_argument(
        "--synthesize", metavar="N", type=positive, help="make N known-item questions from the library"
    )
    what.add_argument(
        "--from-feedback",
        metavar="FILE",
        nargs="?",
        const="",
        help="make questions from the chat page's thumbs",
    )
    parser.add_argument(
        "--ablate", action="store_true", help="instead: each part of the ranking, left out in turn"
    )
    parser.add_argument(
        "--swapped",
        action="store_true",
        help="instead: swap names and figures in the papers, and see whether answers follow the text",
    )
    add_output(parser, "DIR", "the run's folder (default: one under runs/)")
    parser.add_argument("--fresh", action="store_true", help="start over what the run's folder holds")
    parser.add_argument("--limit", metavar="N", type=positive, help="the first N questions only")
    parser.add_argument(
        "--workers", metavar="N", type=positive, default=1, help="questions asked at once (1)"
    )
    parser.add_argument(
        "--llm", action=argparse.BooleanOptionalAction, help="answers written by a model, or not"
    )
    parser.add_argument(
        "--judge", action="store_true", help="have the model grade faithfulness and correctness"
    )
    parser.add_argument(
        "--fail-under", metavar="MEASURE=VALUE", action="append", default=[], help="a floor; exit 3 under it"
    )
    parser.add_argument("--baseline", metavar="FILE", type=Path, help="floors from a file; exit 3 under one")
    parser.add_argument(
        "--write-baseline", metavar="FILE", type=Path, help="write this run's measures as floors"
    )
    parser.add_argument("--anyway", action="store_true", help="compare runs of unlike questions or libraries")
    parser.add_argument("--json", action="store_true", help="print one JSON value instead of Markdown")


def run(args: argparse.Namespace, config: Config) -> int:
    """Measure, compare or make questions; print the outcome. 3 where a floor is not met."""
    if args.compare:
        return _compare(args)
    if args.pairs:
        return _pairs(args, config)
    if args.from_feedback is not None or args.synthesize:
        return _make(args, config)
    return _measure(args, config)


def _make(args: argparse.Namespace, config: Config) -> int:
    from eval.data.feedback import FILE
    from eval.make.command import make_from_feedback, make_known_items, make_written

    if args.from_feedback is not None:
        path = Path(args.from_feedback) if args.from_feedback else config.library / FILE
        return make_from_feedback(path, args.output or RUNS / "feedback")
    if args.llm:
        return make_written(args.synthesize, args.output or RUNS / "written", config)
    return make_known_items(args.synthesize, args.output or RUNS / "known-item", config)


def _measure(args: argparse.Namespace, config: Config) -> int:
    from eval.evaluation import Options, evaluate, manifest_of, run_name
    from eval.runs.floors import parse_floor

    floors = [parse_floor(text) for text in args.fail_under]
    dataset = _dataset(args)
    options = Options(llm=args.llm, judge=args.judge, workers=args.workers)
    with _assistant(args, config, dataset) as assistant:
        if args.ablate:
            return _ablate(args, assistant, dataset)
        if args.swapped:
            return _swapped(args, assistant, dataset)
        name = run_name(manifest_of(assistant, dataset, options))
        folder = args.output or RUNS / dataset.name / name
        if args.fresh:
            (folder / "run.json").unlink(missing_ok=True)
        with progress_bar("Asking") as progress:
            report = evaluate(assistant, dataset, folder, options, progress)
    _show_report(report, folder, as_json=args.json)
    return _gate(args, report, dataset, floors)


def _show_report(report: Report, folder: Path, *, as_json: bool) -> None:
    from eval.report.questions import markdown

    if as_json:
        print_json({"run": str(folder), "summary": report.summary, "latency": report.latency})
    else:
        print(markdown(report))
    _note(f"The run is in {folder}; open {folder / 'report.html'}")


def _gate(args: argparse.Namespace, report: Report, dataset: Dataset, floors: list[Floor]) -> int:
    from eval.runs.floors import FELL_SHORT, baseline_text, read_baseline, shortfalls

    if args.write_baseline:
        args.write_baseline.write_text(baseline_text(report.summary, dataset.sha256), encoding="utf-8")
        _note(f"The baseline is in {args.write_baseline}")
    if args.baseline:
        floors = floors + read_baseline(args.baseline, dataset.sha256)
    short = shortfalls(report.summary, floors)
    for line in short:
        _note(f"rag eval: fell short: {line}")
    return FELL_SHORT if short else 0


def _ablate(args: argparse.Namespace, assistant: Assistant, dataset: Dataset) -> int:
    from eval.ablation import ablate, ablation_table
    from eval.data.questions import resolve_gold

    gold = resolve_gold(dataset, assistant.library.papers())
    with progress_bar("Searching") as progress:
        variants = ablate(assistant, dataset, gold, progress)
    if args.json:
        print_json([asdict(variant) for variant in variants])
    else:
        print(ablation_table(dataset, variants))
    return 0


def _swapped(args: argparse.Namespace, assistant: Assistant, dataset: Dataset) -> int:
    from eval.runs.swapped import run_swapped, swapped_table, write_swapped

    with progress_bar("Asking") as progress:
        answers = run_swapped(assistant, dataset, llm=args.llm, progress=progress)
    folder = args.output or RUNS / f"{dataset.name}-swapped"
    write_swapped(folder / "swapped.jsonl", answers)
    if args.json:
        print_json([asdict(answer) for answer in answers])
    else:
        print(swapped_table(dataset, answers))
    _note(f"Each answer is in {folder / 'swapped.jsonl'}")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from eval.runs.compare import compare_runs, comparison_text

    comparison = compare_runs(*args.compare, anyway=args.anyway)
    if args.json:
        print_json(comparison.to_dict())
    else:
        print(comparison_text(comparison))
    return 0


def _pairs(args: argparse.Namespace, config: Config) -> int:
    from eval.measures.support_gate import check_pairs, load_pairs
    from eval.report.pairs import pairs_markdown, write_pairs_report
    from eval.runs.provenance import pairs_manifest
    from rag.encoder.minilm import Encoder
    from rag.support.gate import Gate

    pairs = load_pairs(args.pairs)[: args.limit]
    encoder = Encoder.load(config)
    with progress_bar("Checking") as progress:
        checked = check_pairs(pairs, Gate.load(config), progress)
    folder = args.output or RUNS / args.pairs.stem
    measures = write_pairs_report(folder, pairs_manifest(args.pairs, len(pairs), encoder), checked)
    if args.json:
        print_json({name: asdict(value) for name, value in measures.items()})
    else:
        print(pairs_markdown(args.pairs.stem, checked, measures))
    _note(f"The run is in {folder}; open {folder / 'report.html'}")
    return _gate_pairs(args, {"measures": {name: asdict(value) for name, value in measures.items()}})


def _gate_pairs(args: argparse.Namespace, summary: dict[str, Any]) -> int:
    """3 where a measure of the pairs is under the baseline."""
    from eval.data.questions import sha256
    from eval.runs.floors import FELL_SHORT, PAIR_BASELINE, baseline_text, read_baseline, shortfalls

    pairs_sha256 = sha256(args.pairs.read_bytes())
    if args.write_baseline:
        text = baseline_text(summary, pairs_sha256, PAIR_BASELINE)
        args.write_baseline.write_text(text, encoding="utf-8")
        _note(f"The baseline is in {args.write_baseline}")
    short = shortfalls(summary, read_baseline(args.baseline, pairs_sha256)) if args.baseline else []
    for line in short:
        _note(f"rag eval: fell short: {line}")
    return FELL_SHORT if short else 0


def _dataset(args: argparse.Namespace) -> Dataset:
    from eval.data.beir import load_beir
    from eval.data.questions import load_questions
    from rag.demo import demo_questions_path

    if args.beir:
        return load_beir(args.beir).head(args.limit)

    if args.questions:
        return load_questions(args.questions).head(args.limit)
    return replace(load_questions(demo_questions_path()), name="demo").head(args.limit)


@contextmanager
def _assistant(args: argparse.Namespace, config: Config, dataset: Dataset) -> Iterator[Assistant]:
    """The library to ask: the one named, except that the demo set and a BEIR folder without one get a
    library of their own beside their runs, so that no set ends up among the user's papers."""
    from rag.assistant import Assistant
    from rag.demo import demo_papers_path

    corpus = args.beir / "corpus.jsonl" if args.beir else None if args.questions else demo_papers_path()
    if corpus is None or (args.library and not args.beir):
        with Assistant.open(config=config) as assistant:
            yield assistant
        return
    path = Path(args.library) if args.library else (args.output or RUNS / dataset.name) / "library"
    with Assistant.open(path, config=config, create=True) as assistant:
        if not args.library or assistant.library.n_papers == 0:  # ours: a stopped reading-in is made whole
            _note(f"Reading {corpus.name} into {path}")
            assistant.ingest([corpus])
        yield assistant


def _note(text: str) -> None:
    print(text, file=sys.stderr)
