"""`rag restore`: makes a library from the file that `rag backup` wrote."""

from __future__ import annotations

import argparse
from pathlib import Path

from rag.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="as `rag backup` wrote it; the new library goes to --library")


def run(args: argparse.Namespace, config: Config) -> int:
    from rag.library.backup import restore

    restore(args.file.expanduser(), config.library)
    print(f"{args.file} is restored to {config.library}")
    return 0
