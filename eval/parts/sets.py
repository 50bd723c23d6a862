"""The sets that parts are measured on, each with the library its questions are put to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.data.beir import load_beir
from eval.data.questions import Dataset, Gold, GoldQuestion, load_questions, resolve_gold
from eval.measures.bootstrap import Estimate, estimate_mean
from rag.assistant import Assistant
from rag.errors import InputError


@dataclass(frozen=True, eq=False)
class QuestionSet:
    """Answerable questions whose papers the library holds."""

    name: str
    assistant: Assistant
    questions: tuple[GoldQuestion, ...]
    gold: Gold


@contextmanager
def open_sets(
    shared: Path, library: Path, science: Path | None, most: int | None = None
) -> Iterator[list[QuestionSet]]:
    """questions_dev and questions_train over `library`, and SciFact's queries over `science`."""
    with ExitStack() as stack:
        pages = stack.enter_context(Assistant.open(library))
        files = [shared / "eval" / f"{name}.jsonl" for name in ("questions_dev", "questions_train")]
        pairs = [(pages, load_questions(file)) for file in files]
        if science:
            pairs.append(
                (stack.enter_context(Assistant.open(science)), load_beir(shared / "eval" / "scifact"))
            )
        found = [question_set(assistant, dataset, most) for assistant, dataset in pairs]
        yield [each for each in found if each]


def question_set(assistant: Assistant, dataset: Dataset, most: int | None = None) -> QuestionSet | None:
    """The questions whose papers the library holds, all of them; None where there is no such question."""
    try:
        gold = resolve_gold(dataset, assistant.library.papers())
    except InputError:
        return None
    missing = set(gold.missing)
    asked = [
        each
        for each in dataset.questions
        if each.id in gold.qrels and not missing.intersection(each.gold or gold.qrels[each.id])
    ]
    name = "SciFact" if dataset.qrels is not None else dataset.name
    return QuestionSet(name, assistant, tuple(asked[:most]), gold) if asked else None


def shown_difference(part: Sequence[float], without: Sequence[float]) -> str:
    """The mean of paired differences with its 95% interval: "+.041 (+.020 to +.063)"."""
    return shown_change(estimate_mean([a - b for a, b in zip(part, without, strict=True)]))


def shown_change(change: Estimate) -> str:
    """A change with its interval, three digits after the point."""
    return _with_interval(change, "+")


def shown_mean(value: Estimate) -> str:
    """A mean with its 95% interval: ".941 (.920 to .958)"."""
    return _with_interval(value, "")


def _with_interval(value: Estimate, sign: str) -> str:
    """The value and both ends; where there is no interval, all three are the value."""
    low = value.value if value.low is None else value.low
    high = value.value if value.high is None else value.high
    shown = [f"{each:{sign}.3f}" for each in (value.value, low, high)]
    shown = [text.replace("0.", ".", 1) if text.lstrip("+-").startswith("0.") else text for text in shown]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
