"""`python -m eval.parts cascade`: a small model first, a large one where its answer is in doubt.

No model is asked. Two scripted ones write a question's reference answer with a marker of its paper, or err
with a set chance, each kind as often: another question's answer, a number or name altered, a refusal. The
gate and the rule of rag/answering/attempts.py are the real ones; a context holds the papers that a question
finds. An answer is right where nothing was altered. A small call costs 1, a large one LARGE.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import product
from statistics import fmean

from eval.data.questions import GoldQuestion
from eval.measures.bootstrap import estimate_mean
from eval.parts.readings import QuestionReading, read_set
from eval.parts.sets import QuestionSet, shown_difference, shown_mean, table
from eval.runs.swapped_papers import other_figure
from rag.answering.attempts import Attempt, doubt
from rag.answering.context import Context
from rag.answering.writer import REFUSAL, Writer
from rag.llm.client import Reply
from rag.records import Answer, Usage

SMALL_ERRORS = (0.1, 0.2, 0.3)
LARGE_ERRORS = (0.0, 0.1)
LARGE = 10
"""What a call of the large model costs, in calls of the small one."""
MOST = 60
"""Questions of a set: each is checked with the gate five times."""
KINDS = ("another answer", "altered", "refusal")


@dataclass(frozen=True, slots=True)
class ScriptedReply:
    """A reply, whether it is right, and what the rule makes of it."""

    right: bool
    doubted: bool


def measure(sets: list[QuestionSet]) -> str:
    """One table, for the sets whose questions have a reference answer."""
    rows: list[list[object]] = []
    for questions in sets:
        readings = [r for r in read_set(questions) if r.gold.answer and r.gold.type != "list"][:MOST]
        if readings:
            rows += _rows(questions, readings)
    head = ("set", "n", "small errs", "large errs", "small alone", "large alone", "small first",
            "small first less large", "large asked", "cost (small 1, large 10)")  # fmt: skip
    return table(head, rows)


def _rows(questions: QuestionSet, readings: list[QuestionReading]) -> list[list[object]]:
    config = replace(questions.assistant.config, base_url="http://127.0.0.1:9/v1", model="none", judge="off")
    writer = Writer(config, questions.assistant.gate)
    kinds = ("right", *KINDS)
    made = [[_reply(writer, questions, reading, readings, kind) for kind in kinds] for reading in readings]
    rows = []
    for small_errs, large_errs in product(SMALL_ERRORS, LARGE_ERRORS):
        small = [_drawn(each, small_errs, f"small {n}") for n, each in enumerate(made)]
        large = [_drawn(each, large_errs, f"large {n}") for n, each in enumerate(made)]
        both = [b if a.doubted else a for a, b in zip(small, large, strict=True)]
        right = [[float(each.right) for each in side] for side in (small, large, both)]
        asked = fmean(each.doubted for each in small)
        rows.append([
            questions.name, len(made), f"{small_errs:.0%}", f"{large_errs:.0%}",
            *(shown_mean(estimate_mean(side)) for side in right),
            shown_difference(right[2], right[1]), f"{asked:.2f}", f"{1 + LARGE * asked:.1f}",
        ])  # fmt: skip
    writer.close()
    return rows


def _drawn(made: list[ScriptedReply], errs: float, seed: str) -> ScriptedReply:
    chance = random.Random(seed)
    return made[0] if chance.random() >= errs else chance.choice(made[1:])


def _reply(
    writer: Writer, questions: QuestionSet, reading: QuestionReading, others: list[QuestionReading], kind: str
) -> ScriptedReply:
    context, _ = writer.messages(reading.asked, reading.papers, Attempt(writer.llm))
    text = _text(reading.gold, others, kind)
    marked = text if text == REFUSAL else f"{text.rstrip('.')} [{_number(questions, reading.gold, context)}]."
    reply = Reply(marked, Usage(0, 0, None))
    draft = Answer(reading.gold.question, "llm", "", False, None, (), (), ())
    answer = writer.checked(draft, reply, context)
    return ScriptedReply(kind == "right", doubt(answer, reply) is not None)


def _number(questions: QuestionSet, gold: GoldQuestion, context: Context) -> int:
    """The marker of the question's paper in the context; 1 where it is not there."""
    ids = {questions.gold.ids.get(name, name) for name in gold.gold}
    return next((entry.n for entry in context.entries if entry.paper.paper_id in ids), 1)


def _text(gold: GoldQuestion, others: list[QuestionReading], kind: str) -> str:
    """The reference answer, or what a model writes that errs in this way."""
    if kind == "refusal":
        return REFUSAL
    chance = random.Random(gold.id)
    other = chance.choice([each.gold for each in others if each.gold.id != gold.id])
    if kind == "another answer":
        return other.answer
    if kind == "right":
        return gold.answer
    return _altered(gold.answer, other.answer)


def _altered(text: str, other: str) -> str:
    """The text with its last number, or else its longest word, another."""
    words = text.split()
    numbers = [i for i, word in enumerate(words) if any(map(str.isdigit, word))]
    if numbers:
        words[numbers[-1]] = other_figure(words[numbers[-1]], text)
    else:
        place = max(range(len(words)), key=lambda i: len(words[i]))
        words[place] = max(other.split(), key=len)
    return " ".join(words)
