"""`rag demo`: reads the bundled digests in and answers one question about them."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from rag.commands.terminal import render_answer, terminal
from rag.config import Config

QUESTION = "How does JointRank rerank a large set of candidates in a single pass, and what does it gain?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", nargs="*", metavar="QUESTION", help="another question than the usual one")


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the answer on stdout; what is done, and what can be done next, on stderr."""
    from rag.assistant import Assistant
    from rag.demo import demo_papers_path

    question = " ".join(args.question).strip() or QUESTION
    config = _own_library(config)
    with Assistant.open(config=config, create=True) as assistant:
        report = assistant.ingest([demo_papers_path()])
        _tell(f"{report.added + report.updated + report.unchanged} demo papers are in {config.library}\n")
        _tell(f"Question: {question}\n")
        print(render_answer(assistant.ask(question), terminal()), flush=True)
    _tell(f'\nNext: rag ask --library "{config.library}" "..."   or, for your own: rag ingest FILE ...')
    return 0


def _own_library(config: Config) -> Config:
    """The library named, or a folder beside the usual one: digests should not mix with your papers."""
    return replace(config, library=demo_library()) if config.library == usual_library() else config


def usual_library() -> Path:
    """Where papers are kept if nothing else is said."""
    return Config.from_env({}).library


def demo_library() -> Path:
    """Where the demo's are, beside the usual library."""
    return usual_library().with_name("demo")


def _tell(text: str) -> None:
    print(text, file=sys.stderr)
