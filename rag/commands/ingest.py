"""`rag ingest`: papers from files, folders, archives or standard input into a library."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rag.commands.options import add_ray, positive, print_json, with_ray
from rag.commands.progress import busy, is_shown, progress_bar
from rag.commands.terminal import plain
from rag.config import Config
from rag.errors import InputError, LibraryNotFound
from rag.readers import FORMATS, read_paths
from rag.readers.documents import STDIN
from rag.records import IngestReport, Paper, Progress, Skip

SAMPLE = 3
"""Papers that a dry run shows."""
SHOWN_SKIPS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a file, a folder, a .gz or .zip, or - for standard input"
    )
    parser.add_argument("--format", choices=FORMATS, help="default: recognised by the content")
    parser.add_argument(
        "--keep-title-only", action="store_true", help="also take papers that come without an abstract"
    )
    parser.add_argument(
        "--shards", type=positive, metavar="N", help="cut a new library into N shards (later: rag shard)"
    )
    add_ray(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what would happen, and change nothing")
    parser.add_argument("--json", action="store_true", help="end with one JSON value")


def run(args: argparse.Namespace, config: Config) -> int:
    """Print what was added, updated, unchanged and skipped. Exit code 2 if nothing at all could be used."""
    config = with_ray(replace(config, shards=args.shards), args)
    if args.dry_run:
        report, sample = _rehearse(args, config)
        extra: dict[str, Any] = {"dry_run": True, "sample": [paper.to_dict() for paper in sample]}
    else:
        report, sample, extra = _ingest(args, config), [], {}
    if args.json:
        print_json(report.to_dict() | extra)
    else:
        _show(report, sample, "would be " if args.dry_run else "")
    return 0 if report.added + report.updated + report.unchanged else InputError.exit_code


def _read(args: argparse.Namespace) -> Iterator[Paper | Skip]:
    return read_paths(args.paths, format=args.format, keep_title_only=args.keep_title_only)


def _ingest(args: argparse.Namespace, config: Config) -> IngestReport:
    records = _first_of(_read(args))  # what cannot be read at all should not leave an empty library behind

    from rag.assistant import Assistant

    with Assistant.open(config=config, create=True) as assistant, _bar(args) as progress:
        return assistant.add(records, progress=progress)


def _first_of(records: Iterator[Paper | Skip]) -> Iterator[Paper | Skip]:
    """The same, with its first element read already: raises here what reading it raises."""
    first = next(records, None)

    def again() -> Iterator[Paper | Skip]:
        if first:
            yield first
        yield from records

    return again()


@contextmanager
def _bar(args: argparse.Namespace) -> Iterator[Callable[[Progress], None] | None]:
    """On a terminal, a bar with papers a second. Counting reads the files once more."""
    if not is_shown():
        yield None
        return
    with busy("Counting papers"):
        total = None if STDIN in args.paths else sum(1 for _ in _read(args))
    with progress_bar("Adding papers") as show:
        yield lambda progress: show(progress.done, total, f"{progress.papers_per_s:,.0f} papers/s")


def _rehearse(args: argparse.Namespace, config: Config) -> tuple[IngestReport, list[Paper]]:
    """What an ingest would report, and its first papers; the library is only read."""
    from rag.library.ingest import rehearse
    from rag.library.library import Library

    sample: dict[str, Paper] = {}

    def records() -> Iterator[Paper | Skip]:
        for record in _read(args):
            if isinstance(record, Paper) and len(sample) < SAMPLE:
                sample.setdefault(record.paper_id, record)
            yield record

    try:
        with Library.open(config.library, config, read_only=True) as library:
            report = library.rehearse(records())
    except LibraryNotFound:
        report = rehearse(None, records())
    return report, list(sample.values())


def _show(report: IngestReport, sample: list[Paper], verb: str) -> None:
    for paper in sample:
        print(f"{plain(paper.paper_id)}  {plain(paper.title)}\n    {plain(paper.abstract)[:160]}")
    for skip in report.reasons[:SHOWN_SKIPS]:
        print(plain(f"skipped {skip.where}: {skip.reason}"), file=sys.stderr)
    if (more := len(report.reasons) - SHOWN_SKIPS) > 0:
        print(f"and {more:,} more; --json lists them all", file=sys.stderr)
    print(
        f"{report.added:,} {verb}added, {report.updated:,} {verb}updated, "
        f"{report.unchanged:,} unchanged, {report.skipped:,} {verb}skipped"
    )
