"""Options of the commands that may let a model write: how it is asked, checked and paid for."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import get_args

from rag.commands.options import dollars
from rag.config import Config, Expand, RerankBy


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "with a model (OPENAI_API_KEY, OPENAI_BASE_URL, RAG_LLM_MODEL)",
        "RAG_LLM_TIMEOUT_S says how long it is waited for, RAG_LLM_MAX_CALL_USD and RAG_LLM_MAX_COST_USD what"
        " a call, and all calls together, may cost.",
    )
    group.add_argument(
        "--no-llm", action="store_true", help="answer in the papers' own sentences all the same"
    )
    group.add_argument("--strict", action="store_true", help="leave unsupported sentences out, not marked")
    group.add_argument(
        "--judge",
        action=argparse.BooleanOptionalAction,
        help="have the model, too, check what it wrote: all of it, or nothing (else what is in doubt, or as"
        " RAG_LLM_JUDGE says: doubtful, all, off)",
    )
    group.add_argument(
        "--compress",
        type=_share,
        metavar="SHARE",
        help="show the model only this share of the tokens: the sentences that answer best",
    )
    group.add_argument("--rewrite", action="store_true", help="have the model word what is searched")
    group.add_argument(
        "--rerank",
        choices=get_args(RerankBy),
        help="have the model order the first papers: in blocks asked all at once, or in a sliding window",
    )
    group.add_argument(
        "--expand",
        choices=get_args(Expand),
        help="search for more than was asked where the question says too little: what is like the best papers"
        " (needs no model), or an abstract that the model writes",
    )
    group.add_argument(
        "--prompts", metavar="DIR", help="Markdown files in place of the prompts of the same name"
    )
    group.add_argument(
        "--no-cache", action="store_true", help="ask the model again even where the same was asked before"
    )
    group.add_argument("--max-cost", type=dollars, metavar="USD", help="what all calls together may cost")


def with_model_arguments(config: Config, args: argparse.Namespace) -> Config:
    """The settings with what was given on the command line."""
    return replace(
        config,
        strict=args.strict or config.strict,
        judge=config.judge if args.judge is None else "all" if args.judge else "off",
        rewrite=args.rewrite or config.rewrite,
        rerank=args.rerank or config.rerank,
        expand=args.expand or config.expand,
        compress=args.compress or config.compress,
        prompts=Path(args.prompts).expanduser() if args.prompts else config.prompts,
        llm_cache=config.llm_cache and not args.no_cache,
        max_cost_usd=config.max_cost_usd if args.max_cost is None else args.max_cost,
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share above 0, up to 1")
    return share
