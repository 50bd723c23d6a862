"""`rag doctor`: whether everything is in order, and what to do where it is not."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rag.commands.options import print_json
from rag.commands.terminal import Terminal, terminal
from rag.config import Config
from rag.errors import SetupError

_MARKS = {"ok": "✓", "note": "·", "wrong": "✗"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repair", action="store_true", help="first rebuild what can be rebuilt")
    parser.add_argument("--json", action="store_true", help="print the checks as one JSON list")


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the checks as they are made. Raises SetupError, after all of them, where one is wrong."""
    from rag.commands.examination import Check, examine, repair

    def show(check: Check, screen: Terminal) -> None:
        text = screen.wrap(check.found, f"{_MARKS[check.state]} {check.name:<8} ")
        print(screen.warn(text) if check.state == "wrong" else text, flush=True)
        if check.remedy:
            print(f"{'':11}→ {check.remedy}")

    if args.repair:
        done = repair(config)
        if not args.json:
            print(f"repaired: {done}")
    checks = []
    for check in examine(config):
        checks.append(check)
        if not args.json:
            show(check, terminal())
    if args.json:
        print_json([asdict(check) for check in checks])
    if wrong := [check for check in checks if check.state == "wrong"]:
        raise SetupError(
            f"{len(wrong)} of {len(checks)} checks failed; first: {wrong[0].remedy or wrong[0].found}"
        )
    return 0
