"""`rag feedback`: what a reader did with papers, written down, shown with what comes of it, or forgotten."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, get_args

from rag.commands.options import print_json
from rag.commands.terminal import plain
from rag.config import Config
from rag.errors import InputError
from rag.library.reader_signals import ReaderSignal, SignalKind, add_signal, forget_reader, read_signals

if TYPE_CHECKING:
    from rag.library.library import Library


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paper_ids", nargs="*", metavar="PAPER_ID", help="papers that something was done with"
    )
    parser.add_argument(
        "--as",
        dest="kind",
        choices=get_args(SignalKind),
        help="what was done: their answer rated up or down, opened, kept on a list, dropped from it",
    )
    parser.add_argument(
        "--question", default="", metavar="TEXT", help="the question that they were found for"
    )
    parser.add_argument("--reader", metavar="NAME", help="who did it (default: RAG_READER, else me)")
    parser.add_argument("--reset", action="store_true", help="forget all that is written down of this reader")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace, config: Config) -> int:
    """Without papers, list those that the reader's feedback moves, most moved first, and why."""
    if bool(args.paper_ids) != bool(args.kind):
        raise InputError("name papers and what was done, like: rag feedback PAPER_ID --as kept")
    if args.reset and args.paper_ids:
        raise InputError("--reset forgets everything; leave the papers out")
    from rag.library.library import Library
    from rag.library.lookup import named_paper

    reader = args.reader or config.reader
    with Library.open(config.library, config, read_only=True) as library:
        if args.reset:
            _reset(reader, config, as_json=args.json)
        elif args.paper_ids:
            papers = tuple(named_paper(library, paper_id).paper_id for paper_id in args.paper_ids)
            add_signal(config.library, reader, ReaderSignal(args.kind, papers, args.question))
            if config.feedback == "off":
                print("written down; it moves papers once RAG_FEEDBACK is own, or all", file=sys.stderr)
        else:
            _show(library, reader, as_json=args.json)
    return 0


def _reset(reader: str, config: Config, *, as_json: bool) -> None:
    forgotten = forget_reader(config.library, reader)
    if as_json:
        print_json({"reader": reader, "forgotten": forgotten})
    else:
        print(f"forgot what {reader} did" if forgotten else f"nothing is written down of {reader}")


def _show(library: Library, reader: str, *, as_json: bool) -> None:
    from rag.retrieval.reader_feedback import paper_shifts

    shifts = paper_shifts(read_signals(library.path, reader)).values()
    if as_json:
        print_json([{"paper_id": s.paper_id, "shift": s.shift, "signals": dict(s.counts)} for s in shifts])
        return
    for each in shifts:
        paper = library.paper(each.paper_id)
        why = ", ".join(f"{kind} {n}x" for kind, n in each.counts.items())
        print(f"{each.shift:+.2f}\t{plain(each.paper_id)}\t{plain(paper.title if paper else 'gone')}\t{why}")
    if not shifts:
        print(f"nothing is written down of {reader}")
