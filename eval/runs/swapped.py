"""`rag eval --swapped`: questions asked of papers whose names and figures were swapped for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from eval.data.questions import Dataset, resolve_gold
from eval.measures.swapped_facts import SwappedAnswer, judge_swapped, outcome_shares, swaps_of
from eval.report.page import interval, shown
from eval.runs.runner import Progress
from eval.runs.swapped_papers import swap_papers, swapped_library
from rag.assistant import Assistant
from rag.files import json_line, write_text

MEANING = {
    "follows": "says a swapped value and no old one",
    "reverts": "says an old value that no quoted sentence has",
    "neither": "says none of the values",
    "abstained": "refused",
}


def run_swapped(
    assistant: Assistant,
    dataset: Dataset,
    *,
    llm: bool | None,
    progress: Progress = lambda done, total: None,
) -> list[SwappedAnswer]:
    """Every answerable question whose gold quotes hold a value that could be swapped, in order.

    Raises InputError where the set has no gold quotes.
    """
    gold = resolve_gold(dataset, assistant.library.papers())
    swapped = swap_papers(dataset, gold)
    asked = [(q, swaps) for q in dataset.questions if (swaps := swaps_of(q, gold, swapped))]
    answers = []
    with swapped_library(assistant, swapped) as copy:
        for n, (question, swaps) in enumerate(asked, 1):
            answer = copy.ask(question.question, history=question.history, llm=llm)
            answers.append(judge_swapped(question.id, answer, swaps))
            progress(n, len(asked))
    return answers


def swapped_table(dataset: Dataset, answers: Sequence[SwappedAnswer]) -> str:
    """The outcomes as Markdown."""
    lines = [f"{dataset.name}: {len(answers)} questions whose answer was swapped in the papers", ""]
    lines += ["| outcome | what the answer does | share (95% interval) |", "|---|---|---|"]
    for name, value in outcome_shares(answers).items():
        lines.append(f"| {name} | {MEANING[name]} | {shown(value)} ({interval(value)}) |")
    return "\n".join(lines) + "\n"


def write_swapped(path: Path, answers: Sequence[SwappedAnswer]) -> None:
    """One line a question."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "".join(json_line(asdict(answer)) for answer in answers))
