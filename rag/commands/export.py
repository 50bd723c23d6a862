"""`rag export`: papers of the library, or answers, as a file other programs read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.commands.options import add_output
from rag.config import Config
from rag.errors import InputError, LibraryNotFound
from rag.export import SUFFIXES, export_answers, export_papers
from rag.files import read_json_lines, replacing
from rag.records import Answer, Paper
from rag.text.escaping import without_controls


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="PAPER_ID", help="only these papers (default: all)")
    parser.add_argument(
        "--format", choices=list(SUFFIXES), help="default: what the ending of --output says, else bibtex"
    )
    add_output(parser, "FILE", "write there instead of to stdout")
    parser.add_argument(
        "--answer", type=Path, metavar="FILE", help="export the answers that `rag ask --json` wrote there"
    )
    add_filter_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    format = args.format or _format_of(args.output)
    filters = filters_from(args)
    if args.answer is not None:
        if args.ids or filters:
            raise InputError("--answer takes neither ids nor filters; it exports what the answers cite")
        answers = read_answers(args.answer)
        _write([export_answers(answers, format, _cited(answers, config))], format, args.output)
        return 0
    from rag.library.library import Library
    from rag.library.lookup import select_papers

    with Library.open(config.library, config) as library:
        _write(export_papers(select_papers(library, args.ids, filters), format), format, args.output)
    return 0


def read_answers(path: Path) -> list[Answer]:
    """The answers in a file, one a line. Raises InputError."""
    return read_json_lines(path, _answer, "an answer, as `rag ask --json` writes it")


def _answer(record: dict[str, Any]) -> Answer:
    try:
        return Answer.from_dict(record)
    except (TypeError, KeyError) as error:
        raise ValueError(f"not an answer: {error}") from error


def _format_of(output: Path | None) -> str:
    if output is None:
        return "bibtex"
    endings = {suffix: format for format, suffix in SUFFIXES.items()}
    if (format := endings.get(output.suffix.lstrip(".").lower())) is None:
        raise InputError(f"{output} has no ending that names a format; add --format {'|'.join(SUFFIXES)}")
    return format


def _cited(answers: Iterable[Answer], config: Config) -> list[Paper]:
    """Full records of the cited papers that the library still has; none where there is no library."""
    from rag.library.library import Library

    cited = dict.fromkeys(citation.paper_id for answer in answers for citation in answer.citations)
    try:
        with Library.open(config.library, config) as library:
            return [paper for paper_id in cited if (paper := library.paper(paper_id)) is not None]
    except LibraryNotFound:
        return []


def _write(pieces: Iterable[str], format: str, output: Path | None) -> None:
    """To stdout, or to a file that is in place only once it is whole. Raises InputError."""
    if output is None:
        shown = map(without_controls, pieces) if sys.stdout.isatty() else pieces
        sys.stdout.writelines(shown)
        return
    # Excel takes a CSV file for UTF-8 only by its byte-order mark.
    encoding = "utf-8-sig" if format == "csv" else "utf-8"
    try:
        with replacing(output, encoding=encoding) as file:
            file.writelines(pieces)
    except OSError as error:
        raise InputError(f"{output}: cannot be written: {error.strerror}; give another --output") from error
