"""`rag status`: what a library holds, how large it is, and whether anything is left to do."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from rag.commands.options import print_json
from rag.commands.terminal import plain
from rag.config import Config

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print all of it as one JSON value")


def run(args: argparse.Namespace, config: Config) -> int:
    from rag.library.library import Library

    with Library.open(config.library, config, read_only=True) as library:
        status = library.status()
    if args.json:
        print_json(status)
    else:
        print(text_of(status))
    return 0


def text_of(status: Mapping[str, Any]) -> str:
    """`Library.status()` in lines of name and value; what there is nothing to say of is left out."""
    passages = f"in {status['passages']:,} passages"
    lines = {
        "library": status["library"],
        "papers": f"{status['papers']:,} {passages if status['passages'] != status['papers'] else ''}",
        "size": size(status["bytes"]),
        "created": status["created"],
        "encoder": status["encoder"] or "none yet",
        "indexes": "behind; repair them with: rag doctor --repair"
        if status["needs_repair"]
        else "in agreement",
        "writer": status["writer"] or "",
        "server": "{url}, library {library}".format_map(status["server"]) if status.get("server") else "",
        "shards": ", ".join(f"{shard['n_papers']:,}" for shard in status.get("shards", ())),
        "lacking": status.get("lacking") or "",
    }
    return "\n".join(f"{name:<8} {plain(str(value))}" for name, value in lines.items() if value)


def size(n_bytes: int) -> str:
    """A count of bytes as people say it, in powers of 1000."""
    amount, unit = float(n_bytes), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if unit == 0 or amount >= 100 else f"{amount:.1f} {_UNITS[unit]}"
