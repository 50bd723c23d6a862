"""`rag list`: the papers of a library, a line each."""

from __future__ import annotations

import argparse
from itertools import islice

from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.commands.options import positive, print_json
from rag.commands.terminal import plain
from rag.config import Config
from rag.records import Paper
from rag.text.authors import authors_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=positive, metavar="N", help="at most this many (default: all)")
    parser.add_argument("--json", action="store_true", help="print whole records, as one JSON list")
    add_filter_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    filters = filters_from(args)

    from rag.library.library import Library
    from rag.library.lookup import select_papers

    with Library.open(config.library, config) as library:
        papers = islice(select_papers(library, filters=filters), args.limit)
        if args.json:
            print_json([paper.to_dict() for paper in papers])
        else:
            for paper in papers:
                print(line_of(paper))
    return 0


def line_of(paper: Paper) -> str:
    """Id, year, first author and title, separated by tabs, for `cut`."""
    fields = paper.paper_id, str(paper.year or ""), authors_line(paper.authors, 1), paper.title
    return "\t".join(map(plain, fields))
