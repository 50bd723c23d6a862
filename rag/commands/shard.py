"""`rag shard`: cuts a library into shards, or into more or fewer, without encoding anything again."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from rag.commands.options import positive
from rag.commands.progress import progress_bar
from rag.config import Config
from rag.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="the library, as --library")
    parser.add_argument("--into", type=positive, required=True, metavar="N", help="how many shards to make")
    parser.epilog = "1 joins all shards into one. The library can be read meanwhile, but not written to."


def run(args: argparse.Namespace, config: Config) -> int:
    from rag.library.shards.resharding import reshard
    from rag.library.shards.shard_manifest import MOST_SHARDS

    if args.folder is not None:
        if args.library is not None:
            raise InputError("there is a folder and --library too; give one of them")
        config = replace(config, library=args.folder.expanduser())
    if args.into > MOST_SHARDS:
        raise InputError(f"--into is {args.into:,}; at most {MOST_SHARDS:,} shards are possible")
    with progress_bar("Copying papers") as show:
        n_papers = reshard(config.library, args.into, config, lambda done, total: show(done, total))
    shards = "one shard" if args.into == 1 else f"{args.into:,} shards"
    print(f"{config.library}: {n_papers:,} papers in {shards}")
    return 0
