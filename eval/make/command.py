"""`rag eval --synthesize` and `--from-feedback`: question files written into a folder, and what is printed.

How the questions come about is `eval.make.known_items`'s, `eval.make.model_questions`'s and
`eval.make.from_feedback`'s.
"""

from __future__ import annotations

import sys
from pathlib import Path

from eval.data.feedback import read_feedback
from eval.make.from_feedback import feedback_questions
from eval.make.known_items import copy_without, item_lines, known_items
from eval.make.model_questions import write_questions
from rag.config import Config
from rag.files import write_json_lines
from rag.llm.prompts import load_prompt


def make_known_items(n: int, folder: Path, config: Config) -> int:
    """Known-item questions, and a library without their sentences."""
    from rag.assistant import Assistant

    with Assistant.open(config=config) as assistant:
        items = known_items(list(assistant.library.papers()), n)
    copy_without(config.library, items, folder / "library")
    write_json_lines(folder / "questions.jsonl", item_lines(items))
    print(folder / "questions.jsonl")
    fewer = "; the other abstracts are too short" if len(items) < n else ""
    _note(f"{len(items)} questions{fewer}, and a library without their sentences. Next: rag eval")
    _note(f"  --questions {folder / 'questions.jsonl'} --library {folder / 'library'}")
    return 0


def make_written(n: int, folder: Path, config: Config) -> int:
    """Questions a model writes, and what was rejected."""
    from rag.assistant import Assistant
    from rag.llm.client import LanguageModel

    prompt, llm = load_prompt("write_question", config.prompts), LanguageModel(config)
    with Assistant.open(config=config) as assistant:
        papers = list(assistant.library.papers())
        written = write_questions(papers, n, prompt, llm, assistant.gate)
    write_json_lines(folder / "questions.jsonl", written.lines)
    write_json_lines(
        folder / "rejected.jsonl", ({"paper": paper, "reason": why} for paper, why in written.rejected)
    )
    print(folder / "questions.jsonl")
    _note(
        f"{len(written.lines)} questions; {len(written.rejected)} rejected, see {folder / 'rejected.jsonl'}"
    )
    return 0


def make_from_feedback(path: Path, folder: Path) -> int:
    """Questions from the thumbs at `path`, and those that need a person's gold."""
    known, open_ = feedback_questions(read_feedback(path))
    write_json_lines(folder / "questions.jsonl", known)
    write_json_lines(folder / "needs_gold.jsonl", open_)
    print(folder / "questions.jsonl")
    _note(f"{len(known)} questions with gold; {len(open_)} in {folder / 'needs_gold.jsonl'} need a person's")
    return 0


def _note(text: str) -> None:
    print(text, file=sys.stderr)
