"""`rag remove`: takes papers out of a library, named by id or met by filters."""

from __future__ import annotations

import argparse
import sys

from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.commands.list import line_of
from rag.commands.options import print_json
from rag.config import Config
from rag.errors import InputError
from rag.records import Paper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paper_ids", nargs="*", metavar="PAPER_ID", help="as `rag list` shows them")
    parser.add_argument("--dry-run", action="store_true", help="list what would go, and remove nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask before removing what filters meet")
    parser.add_argument("--json", action="store_true", help="print what was removed as JSON")
    add_filter_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    filters = filters_from(args)
    if not args.paper_ids and filters is None:
        raise InputError("no paper is named; give ids (`rag list` shows them) or filters like --source FILE")

    from rag.library.library import Library
    from rag.library.lookup import select_papers

    with Library.open(config.library, config) as library:
        papers = list(select_papers(library, args.paper_ids, filters))
        if args.dry_run:
            print("\n".join(map(line_of, papers)))
            return 0
        if papers and filters is not None and not args.yes:
            _ask_leave(papers)
        library.remove([paper.paper_id for paper in papers])
    if args.json:
        print_json({"removed": len(papers), "paper_ids": [paper.paper_id for paper in papers]})
    else:
        print(f"removed {len(papers)} {'paper' if len(papers) == 1 else 'papers'}")
    return 0


def _ask_leave(papers: list[Paper]) -> None:
    """Show what the filters met and wait for a yes. Raises InputError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise InputError(f"the filters meet {len(papers)} papers; see them with --dry-run, then add --yes")
    print("\n".join(map(line_of, papers)), file=sys.stderr)
    print(f"Remove these {len(papers)}? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise InputError("nothing was removed")
