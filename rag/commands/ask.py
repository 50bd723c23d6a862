"""`rag ask`: a question, or a file of them, answered from the library."""

from __future__ import annotations

import argparse
from dataclasses import replace

from rag.commands.batch import BatchQuestion, read_questions
from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.commands.live_answer import last, watch
from rag.commands.model import add_model_arguments, with_model_arguments
from rag.commands.options import (
    add_question,
    add_ray,
    one_question,
    positive,
    print_json,
    refuse_both,
    with_ray,
)
from rag.commands.progress import with_progress
from rag.commands.terminal import render_answer, terminal
from rag.config import Config
from rag.errors import InputError
from rag.records import Answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_question(parser, "QUESTION")
    parser.add_argument("--json", action="store_true", help="print the whole answer as one JSON value")
    parser.add_argument("--top", type=positive, metavar="N", help="papers to look at")
    parser.add_argument("--words", type=positive, metavar="N", help="bound on the length, without a model")
    add_ray(parser)
    add_model_arguments(parser)
    add_filter_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the answer, or one JSON line an answer for a batch, in order."""
    refuse_both(args)
    if args.batch is None:
        questions = [BatchQuestion("", one_question(args))]
    elif args.json:
        questions = read_questions(args.batch)
    else:
        raise InputError("--batch prints JSON lines; add --json")
    filters = filters_from(args)
    is_written = config.has_model and not args.no_llm

    from rag.assistant import Assistant

    with Assistant.open(config=with_model_arguments(with_ray(config, args), args)) as assistant:
        for question in with_progress(questions, "Answering"):
            events = assistant.stream(
                question.text,
                history=question.history,
                filters=filters,
                words=args.words,
                llm=False if args.no_llm else None,
                top=args.top,
            )
            answer = watch(events) if is_written and not args.json else last(events)
            _show(replace(answer, id=question.id or None), as_json=args.json)
    return 0


def _show(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(answer.to_dict())
    else:
        print(render_answer(answer, terminal()))
