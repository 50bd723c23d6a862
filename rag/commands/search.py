"""`rag search`: the papers that match a query, or a TREC run over a file of queries."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rag.commands.batch import BatchQuestion, read_questions
from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.commands.options import add_question, one_question, positive, print_json, refuse_both
from rag.commands.progress import with_progress
from rag.commands.terminal import render_ranking, terminal
from rag.config import Config, RerankBy
from rag.errors import InputError
from rag.files import refuse_duplicate_ids, replacing
from rag.records import Filters, RankedPaper, SearchMode

if TYPE_CHECKING:
    from rag.assistant import Assistant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_question(parser, "QUERY")
    parser.add_argument("--json", action="store_true", help="print JSON: one list, or one line a query")
    parser.add_argument("--top", type=positive, metavar="N", help="papers to list (10)")
    parser.add_argument("--mode", choices=get_args(SearchMode), default="hybrid", help="which indexes to use")
    parser.add_argument(
        "--rerank", choices=get_args(RerankBy), help="have a model order the first papers (RAG_LLM_MODEL)"
    )
    parser.add_argument("--run", metavar="OUT", help="with --batch: write a TREC run to this file")
    add_filter_arguments(parser)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the ranking, or write or print one for each query of a batch."""
    refuse_both(args)
    if args.run is not None and args.batch is None:
        raise InputError("--run is for many queries; add --batch FILE")
    if args.batch is not None and not (args.run or args.json):
        raise InputError("--batch needs a place for its rankings; add --run OUT or --json")
    questions = [BatchQuestion("", one_question(args))] if args.batch is None else read_questions(args.batch)
    filters = filters_from(args)

    from rag.assistant import Assistant

    with Assistant.open(config=replace(config, rerank=args.rerank or config.rerank)) as assistant:
        rankings = (
            (question.id, _search(assistant, question, args, filters))
            for question in with_progress(questions, "Searching")
        )
        if args.run is not None:
            refuse_duplicate_ids(args.batch, [question.id for question in questions])
            _write_run(Path(args.run), rankings, tag=f"rag-{args.mode}")
        elif args.batch is not None:
            for question_id, ranked in rankings:
                print_json({"id": question_id, "retrieved": [each.to_dict() for each in ranked]})
        else:
            ((_, ranked),) = rankings
            _show(ranked, as_json=args.json)
        if lacking := assistant.library.lacking:
            print(lacking, file=sys.stderr)
    return 0


def _search(
    assistant: Assistant, question: BatchQuestion, args: argparse.Namespace, filters: Filters | None
) -> list[RankedPaper]:
    return assistant.search(
        question.text, top=args.top, mode=args.mode, filters=filters, history=question.history
    )


def _write_run(path: Path, rankings: Iterable[tuple[str, list[RankedPaper]]], tag: str) -> None:
    """Write `qid Q0 paper_id rank score tag` lines, in place only once all are there."""
    try:
        with replacing(path) as out:
            for question_id, ranked in rankings:
                for rank, each in enumerate(ranked, start=1):
                    fields = (question_id, "Q0", each.paper.paper_id, str(rank), f"{each.score:.6f}", tag)
                    out.write(" ".join("_".join(field.split()) for field in fields) + "\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}; give another --run") from error


def _show(ranked: list[RankedPaper], *, as_json: bool) -> None:
    if as_json:
        print_json([each.to_dict() for each in ranked])
    else:
        print(render_ranking(ranked, terminal()))
