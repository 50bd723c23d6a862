"""`rag show`: one paper as the library holds it."""

from __future__ import annotations

import argparse

from rag.commands.options import print_json
from rag.commands.terminal import Terminal, plain, terminal
from rag.config import Config
from rag.records import Paper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paper_id", metavar="PAPER_ID", help="as `rag list` or a citation gives it")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")


def run(args: argparse.Namespace, config: Config) -> int:
    from rag.library.library import Library
    from rag.library.lookup import named_paper

    with Library.open(config.library, config) as library:
        paper = named_paper(library, args.paper_id)
    if args.json:
        print_json(paper.to_dict())
    else:
        print(text_of(paper, terminal()))
    return 0


def text_of(paper: Paper, screen: Terminal) -> str:
    """The title, a line for each thing known of the paper, and its abstract."""
    known = {
        "id": paper.paper_id,
        "authors": ", ".join(paper.authors),
        "year": str(paper.year or ""),
        "venue": paper.venue,
        "doi": paper.doi,
        "arXiv": paper.arxiv_id,
        "url": paper.url,
        "keywords": ", ".join(paper.keywords),
        "read from": ", ".join(paper.sources),
    }
    lines = [screen.wrap(value, f"{name:<10}") for name, value in known.items() if plain(value)]
    return "\n".join(
        [screen.bold(screen.wrap(paper.title)), *lines, "", screen.wrap(paper.abstract or "(no abstract)")]
    )
