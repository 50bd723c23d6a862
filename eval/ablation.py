"""What each part of the ranking is worth: one set searched with parts left out, side by side.

Ranks papers only; the last row is the path as shipped. Each row's p is against that last row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from eval.data.questions import Dataset, Gold, GoldQuestion
from eval.measures.bootstrap import Estimate, estimate_mean, randomisation_p
from eval.measures.retrieval import DEPTH, score_retrieval
from eval.report.page import interval, shown
from eval.runs.runner import asking, searching

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.retrieval.ranking import FusionWeights

SHOWN = ("nDCG@10", "R@5", "Success@1")
FEEDBACK = 0.4
"""What likeness to the three best papers counts where it is tried for every question: .2 and .6 give the same
within .005 on questions_dev and questions_train, and .6 loses more on SciFact. Lists have it as shipped."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A row: means with intervals, and each measure's difference to the shipped path, with its p."""

    name: str
    measures: dict[str, Estimate]
    changes: dict[str, Estimate]
    p: dict[str, float]


def ablate(
    assistant: Assistant,
    dataset: Dataset,
    gold: Gold,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Variant]:
    """Every variant over the answerable questions of the set; follow-ups are searched as they are in use,
    made stand-alone."""
    questions = [question for question in dataset.questions if question.id in gold.qrels]
    qrels = {question.id: gold.qrels[question.id] for question in questions}
    variants = rankings(assistant, dataset)
    values: dict[str, dict[str, list[float]]] = {}
    for done, (name, ranked) in enumerate(variants.items()):
        run = {}
        for n, question in enumerate(questions, 1):
            run[question.id] = ranked(question)
            progress(done * len(questions) + n, len(variants) * len(questions))
        scored = score_retrieval(run, qrels)
        values[name] = {measure: [scored[q.id][measure] for q in questions] for measure in SHOWN}
    shipped = values[list(variants)[-1]]
    return [_variant(name, measured, shipped) for name, measured in values.items()]


def rankings(assistant: Assistant, dataset: Dataset) -> dict[str, Callable[[GoldQuestion], Sequence[str]]]:
    """The rows, in the order in which the path grew: from a question to paper ids, best first."""
    from rag.retrieval.ranking import LEGS

    whole = LEGS["hybrid"]
    rows = {
        "lexical (BM25)": LEGS["lexical"],
        "dense (passage vector)": LEGS["dense"],
        "fusion of both": replace(whole, late=0, title=0),
        "+ late interaction": replace(whole, title=0),
        "+ late interaction of titles": whole,
        "+ pseudo-relevance feedback (off)": replace(whole, similarity_to_top=FEEDBACK),
    }
    ranked: dict[str, Callable[[GoldQuestion], Sequence[str]]] = {
        name: partial(_ranking, assistant, weights) for name, weights in rows.items()
    }
    return ranked | {
        name: partial(_as_in_use, each, dataset.qrels is not None)
        for name, each in _in_use(assistant).items()
    }


def _in_use(assistant: Assistant) -> dict[str, Assistant]:
    """The rows that ask or search as in use, each with one setting changed; the last with none."""
    config = assistant.config
    rows = {
        "shipped, without a second hop": replace(config, second_hop="off"),
        "shipped, feedback behind its gate (off)": replace(config, expand="feedback"),
    }
    if config.sparse:
        rows["shipped, without the sparse leg"] = replace(config, sparse=None)
    if config.feedback != "off":
        rows["shipped, without readers' feedback"] = replace(config, feedback="off")
    changed = {name: assistant.with_config(each) for name, each in rows.items()}
    return changed | {"as shipped (+ lists, comparisons, second hop)": assistant}


def _as_in_use(assistant: Assistant, searches: bool, question: GoldQuestion) -> Sequence[str]:
    answerer = searching(assistant) if searches else asking(assistant, llm=False)
    return answerer(question).ranking


def ablation_table(dataset: Dataset, variants: Sequence[Variant]) -> str:
    """The rows as Markdown."""
    n = next(iter(variants[0].measures.values())).n
    head = " | ".join(f"{name} | p" for name in SHOWN) + f" | change of {SHOWN[0]}"
    lines = [f"{dataset.name}, {n} questions; 95% intervals by bootstrap; p against the last row", ""]
    lines += [f"| ranking | {head} |", "|---|" + "---|" * (2 * len(SHOWN) + 1)]
    for variant in variants:
        cells = []
        for name in SHOWN:
            value = variant.measures[name]
            p = "" if variant is variants[-1] else f"{variant.p[name]:.4f}"
            cells.append(f"{shown(value)} ({interval(value)}) | {p}")
        change = variant.changes[SHOWN[0]]
        is_last = variant is variants[-1]
        cells.append("" if is_last else _signed(change))
        lines.append(f"| {variant.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _signed(change: Estimate) -> str:
    if change.low is None or change.high is None:
        return f"{change.value:+.3f}"
    return f"{change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})"


def _variant(name: str, measured: dict[str, list[float]], shipped: dict[str, list[float]]) -> Variant:
    differences = {
        measure: [one - other for one, other in zip(measured[measure], shipped[measure], strict=True)]
        for measure in SHOWN
    }
    return Variant(
        name,
        {measure: estimate_mean(measured[measure]) for measure in SHOWN},
        {measure: estimate_mean(differences[measure]) for measure in SHOWN},
        {measure: randomisation_p(differences[measure]) for measure in SHOWN},
    )


def _ranking(assistant: Assistant, weights: FusionWeights, question: GoldQuestion) -> Sequence[str]:
    from rag.retrieval.ranking import rank
    from rag.retrieval.understanding import understand

    asked = understand(question.question, assistant.minilm, question.history)
    ranking = rank(
        assistant.library,
        assistant.encoder,
        asked.search_text,
        weights=weights,
        encoded=asked.encoded if assistant.minilm is assistant.encoder else None,
        top=DEPTH,
        sparse=assistant.sparse,
    )
    return [ranked.paper_id for ranked in ranking.ranked[:DEPTH]]
