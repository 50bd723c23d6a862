"""`rag backup`: a library as one file, whole and checked by `rag restore`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rag.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the file to write, which must not exist yet")


def run(args: argparse.Namespace, config: Config) -> int:
    from rag.library.backup import backup

    n_bytes = backup(config.library, args.file.expanduser(), config)
    print(f"{config.library} is in {args.file} ({n_bytes / 1e6:,.1f} MB)")
    return 0
