"""`rag weigh`: what the papers of a library say for a claim, against it, and with conditions."""

from __future__ import annotations

import argparse
from dataclasses import replace

from rag.commands.batch import BatchQuestion, read_questions
from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.commands.options import add_question, one_question, print_json, refuse_both
from rag.commands.progress import with_progress
from rag.commands.terminal import render_answer, terminal
from rag.config import Config
from rag.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_question(parser, "CLAIM")
    parser.add_argument("--json", action="store_true", help="print JSON, as rag ask does: one value a claim")
    add_filter_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the sentences under For, Against and Depends, or one JSON line a claim, in order."""
    refuse_both(args)
    if args.batch is not None and not args.json:
        raise InputError("--batch prints JSON lines; add --json")
    claims = [BatchQuestion("", one_question(args))] if args.batch is None else read_questions(args.batch)
    filters = filters_from(args)

    from rag.assistant import Assistant

    with Assistant.open(config=config) as assistant:
        for claim in with_progress(claims, "Weighing"):
            answer = replace(assistant.weigh(claim.text, filters=filters), id=claim.id or None)
            if args.json:
                print_json(answer.to_dict())
            else:
                print(render_answer(answer, terminal()))
    return 0
