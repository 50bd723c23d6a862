"""What several commands share: how they read numbers and questions, and how they write lines and progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sized
from typing import Any, Protocol, TypeVar

from rag.errors import InputError
from rag.files import json_line
from rag.retrieval.question import check_question

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class SizedIterable(Sized, Iterable[T_co], Protocol[T_co]):
    pass


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse's `type`."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return number


def add_question(parser: argparse.ArgumentParser, name: str) -> None:
    """A question's words (quoted or not), or `--batch FILE` in their place."""
    parser.add_argument("words_of_it", nargs="*", metavar=name, help="in plain language")
    parser.add_argument(
        "--batch",
        metavar="FILE",
        help=f'many, as JSON lines {{"id": ..., "question": ...}}, in place of {name}',
    )


def one_question(args: argparse.Namespace) -> str:
    """The question on the command line, checked. Raises InputError."""
    return check_question(" ".join(args.words_of_it))


def refuse_both(args: argparse.Namespace) -> None:
    if args.batch is not None and args.words_of_it:
        raise InputError("there is a question and --batch too; give one of them")


def print_json(value: Any) -> None:
    """One JSON value on one line of stdout, at once: a reader of a long batch sees each as it is done."""
    print(json_line(value), end="", flush=True)


def with_progress(things: SizedIterable[T], what: str) -> Iterator[T]:
    """The things, one by one; where there are several and stderr is a terminal, with a bar on it."""
    if len(things) < 2 or not sys.stderr.isatty():
        yield from things
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(things, description=what, console=Console(stderr=True), total=len(things))
