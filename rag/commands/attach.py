"""`rag attach`: makes a folder a copy of a library on a Chroma server, or lists those that are there."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rag.commands.options import print_json
from rag.commands.progress import busy
from rag.commands.terminal import plain
from rag.config import Config
from rag.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "wanted", nargs="?", metavar="ID", help="id or name of a library; without, all are listed"
    )
    parser.add_argument("--json", action="store_true", help="print the list as one JSON value")
    parser.epilog = (
        "The server is RAG_CHROMA_URL's. What it holds is copied to --library, a new folder, and nothing is "
        "encoded again."
    )


def run(args: argparse.Namespace, config: Config) -> int:
    from rag.library.attaching import attach, served_libraries
    from rag.library.library import Library

    if not config.chroma_url:
        raise InputError("there is no Chroma server to attach to; set RAG_CHROMA_URL=http://HOST:8000")
    if args.wanted is None:
        found = served_libraries(config)
        if args.json:
            print_json([asdict(each) for each in found])
        for each in () if args.json else found:
            shards = f", {each.n_shards} shards" if each.n_shards else ""
            print(f"{each.id}  {plain(each.name)}  {each.n_passages:,} passages{shards}, made {each.created}")
        return 0
    attach(config.library, config, args.wanted)
    with busy("Copying papers"), Library.open(config.library, config) as library:
        n_papers, needs_repair = library.n_papers, library.needs_repair
    missing = (
        f"; some are not encoded: rag doctor --repair --library {config.library}" if needs_repair else ""
    )
    print(f"{config.library}: {n_papers:,} papers, copied from {config.chroma_url}{missing}")
    return 0
