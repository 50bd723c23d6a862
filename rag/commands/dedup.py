"""`rag dedup --review`: pairs of papers in a library that may be one, with what speaks for and against it."""

from __future__ import annotations

import argparse

from rag.commands.options import print_json
from rag.commands.terminal import plain
from rag.config import Config
from rag.errors import InputError
from rag.papers.duplicates import compare_records, near_duplicates


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--review", action="store_true", help="list the doubtful pairs; nothing is changed")
    parser.add_argument("--json", action="store_true", help="print them as one JSON value")


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the pairs that are doubtful, or that are one paper stored as two."""
    if not args.review:
        raise InputError("papers are made one as they are ingested; add --review to list the doubtful pairs")
    from rag.library.library import Library

    pairs = []
    with Library.open(config.library, config, read_only=True) as library:
        for ids in near_duplicates(library.papers()):
            one, other = (library.paper(paper_id) for paper_id in ids)
            if one and other and (decision := compare_records(one, other)).verdict != "different":
                pairs.append({"verdict": decision.verdict, "reason": decision.reason, "ids": ids})
                if not args.json:
                    print(f"{decision.verdict}: {decision.reason}")
                    print(
                        *(f"  {plain(paper.paper_id)}  {plain(paper.title)}" for paper in (one, other)),
                        sep="\n",
                    )
    if args.json:
        print_json(pairs)
    elif not pairs:
        print("no pair is doubtful")
    return 0
