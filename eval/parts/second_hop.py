"""`python -m eval.parts second_hop`: a second search for questions with two links, beside none.

Forty questions over the pages, written for this (two_hop.jsonl), each describe one paper and
ask of another that speaks of it; thresholds and weights were set on the 26 marked "fit" alone. The other sets
have one link, so a second search can only do harm there. No model is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from time import perf_counter

from eval.data.questions import GoldQuestion, load_questions
from eval.measures.answers import found_facts
from eval.measures.bootstrap import estimate_mean
from eval.measures.retrieval import DEPTH, score_retrieval
from eval.parts.sets import QuestionSet, question_set, shown_difference, shown_mean, table
from rag.assistant import Assistant
from rag.config import SecondHop

TWO_HOP = Path(__file__).with_name("two_hop.jsonl")
MARKS = ("fit", "apart")


@dataclass(frozen=True, slots=True)
class HopOutcome:
    """Of one question: nDCG@10, whether all gold papers are in the first five, the share of its facts that
    the answer says (None where none are set down), whether it was refused, and the time it took."""

    ndcg: float
    all_found: float
    facts: float | None
    refused: float
    seconds: float


def measure(sets: list[QuestionSet]) -> str:
    """One table: the two-hop questions by their mark, then the sets."""
    rows = []
    for questions in [*_two_hop(sets[0].assistant), *sets]:
        without, with_hop = (_ask_all(questions, second_hop) for second_hop in ("off", "on"))
        rows.append(_row(questions, without, with_hop))
    head = ("set", "n", "nDCG@10 without", "with, change (95%)", "all papers in the first 5",
            "with, change", "facts in the answer", "with, change", "refused", "with",
            "median ms", "with")  # fmt: skip
    return table(head, rows)


def _two_hop(assistant: Assistant) -> list[QuestionSet]:
    """The two-hop questions whose papers the library holds, those set apart by themselves."""
    dataset = load_questions(TWO_HOP)
    found = []
    for mark in MARKS:
        marked = tuple(each for each in dataset.questions if each.extra["part"] == mark)
        held = question_set(assistant, replace(dataset, name=f"two hops, {mark}", questions=marked))
        found += [held] if held else []
    return found


def _ask_all(questions: QuestionSet, second_hop: SecondHop) -> list[HopOutcome]:
    assistant = questions.assistant
    asking = assistant.with_config(replace(assistant.config, second_hop=second_hop))
    return [_asked(asking, questions, question) for question in questions.questions]


def _asked(assistant: Assistant, questions: QuestionSet, question: GoldQuestion) -> HopOutcome:
    started = perf_counter()
    answer = assistant.ask(question.question, history=question.history, llm=False, top=DEPTH)
    seconds = perf_counter() - started
    gold = questions.gold.qrels[question.id]
    found = [each.paper_id for each in answer.retrieved]
    scored = score_retrieval({question.id: found}, {question.id: gold})
    return HopOutcome(
        scored[question.id]["nDCG@10"],
        float(set(gold) <= set(found[:5])),
        fmean(found_facts(question, answer)) if question.patterns else None,
        float(answer.abstained),
        seconds,
    )


def _row(
    questions: QuestionSet, without: Sequence[HopOutcome], with_hop: Sequence[HopOutcome]
) -> list[object]:
    cells: list[object] = [questions.name, len(without)]
    for name in ("ndcg", "all_found", "facts"):
        pairs = [(getattr(a, name), getattr(b, name)) for a, b in zip(without, with_hop, strict=True)]
        before, after = ([pair[side] for pair in pairs if pair[0] is not None] for side in (0, 1))
        cells += (
            [shown_mean(estimate_mean(before)), shown_difference(after, before)] if before else ["–", "–"]
        )
    for name in ("refused", "seconds"):
        sides = [[getattr(each, name) for each in side] for side in (without, with_hop)]
        if name == "refused":
            cells += [f"{fmean(side):.3f}" for side in sides]
        else:
            cells += [f"{1000 * sorted(side)[len(side) // 2]:.0f}" for side in sides]
    return cells
