"""What several commands share: numbers, questions and places to write to as options, and JSON as output."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.config import Config
from rag.errors import InputError
from rag.files import json_line
from rag.retrieval.question import check_question


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse's `type`."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return number


def dollars(text: str) -> float:
    """An amount in US dollars, 0 or more, for argparse's `type`."""
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount in US dollars")
    return amount


def add_question(parser: argparse.ArgumentParser, name: str) -> None:
    """A question's words (quoted or not), or `--batch FILE` in their place."""
    parser.add_argument("words_of_it", nargs="*", metavar=name, help="in plain language")
    parser.add_argument(
        "--batch",
        metavar="FILE",
        help=f'many, as JSON lines {{"id": ..., "question": ...}}, in place of {name}',
    )


def add_output(parser: argparse.ArgumentParser, metavar: str, help: str) -> None:
    """`--output`, one word for it in every command. `--out`, as some commands called it, is still taken."""
    parser.add_argument("--output", type=Path, metavar=metavar, help=help)
    parser.add_argument("--out", dest="output", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def add_ray(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ray", metavar="ADDRESS", help="a Ray cluster for the shards: auto, local, HOST:PORT ($RAG_RAY)"
    )


def with_ray(config: Config, args: argparse.Namespace) -> Config:
    """With what --ray says. Raises InputError where the library has no shards that a cluster could hold."""
    if args.ray and config.shards is None:
        from rag.library.shards.shard_manifest import is_sharded

        if not is_sharded(config.library):
            raise InputError(
                f"--ray is for shards, and {config.library} has none; cut it first: "
                f"rag shard {config.library} --into N, or make it with: rag ingest PATH... --shards N"
            )
    return replace(config, ray=args.ray or config.ray)


def one_question(args: argparse.Namespace) -> str:
    """The question on the command line, checked. Raises InputError."""
    return check_question(" ".join(args.words_of_it))


def refuse_both(args: argparse.Namespace) -> None:
    if args.batch is not None and args.words_of_it:
        raise InputError("there is a question and --batch too; give one of them")


def print_json(value: Any) -> None:
    """One JSON value on one line of stdout, at once: a reader of a long batch sees each as it is done."""
    print(json_line(value), end="", flush=True)
