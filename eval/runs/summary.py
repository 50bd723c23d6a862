"""The measures of a run: each question's measures, and their means with intervals, overall and by type.

Owns the list of measures, in the order they are shown. Retrieval counts answerable questions; a failed
one counts at its default. Latency is separate (`latency`), so that equal runs have equal summaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from eval.data.questions import Dataset, Gold, GoldQuestion
from eval.measures.abstention import estimate_abstention, estimate_risk_area, risk_coverage
from eval.measures.answers import score_answer
from eval.measures.bootstrap import Estimate, estimate_mean
from eval.measures.retrieval import Scores, recall_by_depth, score_retrieval
from eval.runs.run_folder import Result
from rag.files import json_line

Better = Literal["higher", "lower", ""]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a measure means, for people, and which way is better ("" where neither is)."""

    about: str
    better: Better = "higher"


MEASURES: Mapping[str, Measure] = {
    "nDCG@10": Measure("ranking of the gold papers among the first ten"),
    "R@5": Measure("gold papers among the first five: hits / min(5, gold)"),
    "R@10": Measure("gold papers among the first ten"),
    "R@50": Measure("gold papers among the first fifty"),
    "RR": Measure("one over the rank of the first gold paper"),
    "Success@1": Measure("the first paper is a gold one"),
    "fact_recall": Measure("expected facts that the answer states"),
    "facts_per_100_words": Measure("expected facts stated, for 100 words of answer"),
    "citation_precision": Measure("cited papers that are gold"),
    "citation_precision_no_list": Measure("the same, questions for a list aside"),
    "citation_recall": Measure("gold papers cited, of those an answer needs"),
    "evidence_recall": Measure("gold sentences that the answer quotes"),
    "quote_fidelity": Measure("quotes that are verbatim at their offsets; must be 1"),
    "abstention_right": Measure("refused what cannot be answered, and nothing else"),
    "abstention_precision": Measure("refusals that were right"),
    "abstention_recall": Measure("unanswerable questions that were refused"),
    "abstention_f1": Measure("harmonic mean of the two"),
    "risk_area": Measure("area under risk-coverage: errors among the answers it was surest of", "lower"),
    "faithfulness": Measure("judge model: the answer follows from what it quotes"),
    "correctness": Measure("judge model: the answer agrees with the reference answer"),
    "supported": Measure("answer sentences the gate found supported"),
    "weak": Measure("answer sentences the gate found weak", "lower"),
    "unsupported": Measure("answer sentences the gate found unsupported", "lower"),
    "verdict_right": Measure("pairs called supported where they are, and no others"),
    "abstained": Measure("questions refused", ""),
    "answer_words": Measure("words in an answer", ""),
    "prompt_tokens": Measure("tokens sent to the model, for a question", "lower"),
    "completion_tokens": Measure("tokens the model wrote, for a question", "lower"),
    "cost_usd": Measure("US dollars, for a question", "lower"),
}
GROUPINGS = ("type", "style", "intent")
"""Keys of a question by which its measures are also reported."""
_N_BINS = 10


@dataclass(frozen=True, slots=True)
class Scored:
    """A question, its result, and its measures."""

    question: GoldQuestion
    result: Result
    scores: Scores


def score_questions(dataset: Dataset, results: Sequence[Result], gold: Gold) -> list[Scored]:
    """Every question with its measures, in the set's order."""
    by_id = {result.id: result for result in results}
    judged = {question.id for question in dataset.questions}
    qrels = {question_id: grades for question_id, grades in gold.qrels.items() if question_id in judged}
    retrieval = score_retrieval({result.id: result.ranking for result in results}, qrels)
    scored = []
    for question in dataset.questions:
        result = by_id.get(question.id, Result(question.id, error="not run"))
        scores = retrieval.get(question.id, {})
        if dataset.qrels is None:
            scores = scores | score_answer(question, result.answer, gold)
        scores |= {name: v.score for name, v in result.verdicts.items() if v.score is not None}
        scored.append(Scored(question, result, scores))
    return scored


def summarise(scored: Sequence[Scored], gold: Gold) -> dict[str, Any]:
    """The summary as it is written: JSON-ready, the same for equal runs."""
    qrels = {s.question.id: gold.qrels[s.question.id] for s in scored if s.question.id in gold.qrels}
    run = {s.question.id: s.result.ranking for s in scored}
    return {
        "n": len(scored),
        "failed": {s.question.id: s.result.error for s in scored if s.result.error is not None},
        "notices": {
            s.question.id: s.result.answer.notice
            for s in scored
            if s.result.answer and s.result.answer.notice
        },
        "unscored": {
            f"{s.question.id}/{name}": verdict.reason
            for s in scored
            for name, verdict in s.result.verdicts.items()
            if verdict.score is None
        },
        "missing_gold": list(gold.missing),
        "measures": {name: asdict(value) for name, value in _estimates(scored).items()},
        **_groups(scored),
        "recall_by_depth": recall_by_depth(run, qrels),
        "risk_coverage": risk_coverage(*_confidence_and_loss(scored)) if _has_confidence(scored) else [],
        "calibration": _calibration(scored, gold),
        "confidence": _reliability(scored, gold),
        "intent_confusion": _intent_confusion(scored),
    }


def _groups(scored: Sequence[Scored]) -> dict[str, Any]:
    """For each of GROUPINGS: how many questions each group has ("types"), and their means ("by_type").
    Questions without a style or an intent are in no group of it."""
    summary: dict[str, Any] = {}
    for grouping in GROUPINGS:
        groups: dict[str, list[Scored]] = {}
        for s in scored:
            if name := getattr(s.question, grouping):
                groups.setdefault(name, []).append(s)
        summary[f"{grouping}s"] = {name: len(members) for name, members in groups.items()}
        summary[f"by_{grouping}"] = {
            name: {measure: asdict(value) for measure, value in _means(members)}
            for name, members in groups.items()
        }
    return summary


def latency(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Stage -> n and the percentiles of its milliseconds; "total" first."""
    stages: dict[str, list[float]] = {"total": []}
    for result in results:
        for stage, ms in result.timings_ms.items():
            stages.setdefault(stage, []).append(ms)
    return {stage: percentiles(values) for stage, values in stages.items() if values}


def percentiles(values: Sequence[float]) -> dict[str, float]:
    p50, p95, p99 = (float(value) for value in np.percentile(values, [50, 95, 99]))
    return {"n": len(values), "p50": p50, "p95": p95, "p99": p99}


def scores_lines(scored: Sequence[Scored]) -> str:
    """scores.jsonl: what two runs are compared by. A question's further keys pass through."""
    return "".join(json_line(_scores_row(s)) for s in scored)


def _scores_row(s: Scored) -> dict[str, Any]:
    question = s.question
    groups = {name: group for name in GROUPINGS if (group := getattr(question, name))}
    return {
        **question.extra,
        "id": question.id,
        **groups,
        "question": question.question,
        "scores": s.scores,
    }


def _estimates(scored: Sequence[Scored]) -> dict[str, Estimate]:
    """Overall, in the order of MEASURES."""
    values = dict(_means(scored))
    answered = [s for s in scored if "abstained" in s.scores]
    if answered:
        refused = [s.scores["abstained"] == 1 for s in answered]
        values |= estimate_abstention(refused, [not s.question.answerable for s in answered])
    if _has_confidence(scored):
        values["risk_area"] = estimate_risk_area(*_confidence_and_loss(scored))
    return {name: values[name] for name in MEASURES if name in values}


def _means(scored: Sequence[Scored]) -> list[tuple[str, Estimate]]:
    values: dict[str, list[float]] = {}
    for s in scored:
        for name, value in s.scores.items():
            values.setdefault(name, []).append(value)
    return [(name, estimate_mean(values[name])) for name in MEASURES if name in values]


def _has_confidence(scored: Sequence[Scored]) -> bool:
    return any(s.result.answer is not None and s.result.answer.confidence is not None for s in scored)


def _confidence_and_loss(scored: Sequence[Scored]) -> tuple[list[float], list[float]]:
    """How sure, and what an answer would cost. Any answer to an unanswerable question is wrong; an
    answerable one loses the facts (where none are listed, the gold papers) that its answer lacks, and a
    refusal lacks them all. A refusal is less sure than any answer, whatever it was refused for."""
    confidence, loss = [], []
    for s in scored:
        known = (s.result.answer.confidence if s.result.answer else None) or 0.0
        confidence.append(known - s.scores.get("abstained", 1.0))
        stated = s.scores.get("fact_recall", s.scores.get("citation_recall", 0.0))
        loss.append(1.0 - stated if s.question.answerable else 1.0)
    return confidence, loss


def _calibration(scored: Sequence[Scored], gold: Gold) -> list[dict[str, float]]:
    """Answer sentences by their support, in tenths: how many, their mean support, and how many of them cite
    gold papers alone."""
    rows = []
    for s in scored:
        answer = s.result.answer
        if answer is None or answer.abstained or not s.question.answerable:
            continue
        relevant = set(gold.qrels.get(s.question.id, ()))
        paper_of = {citation.n: citation.paper_id for citation in answer.citations}
        for sentence in answer.sentences:
            cited = {paper_of.get(n) for n in sentence.citations}
            rows.append((sentence.support, bool(cited) and cited <= relevant))
    return calibrate(rows)


def _reliability(scored: Sequence[Scored], gold: Gold) -> list[dict[str, float]]:
    """Questions by the confidence shown, in tenths: how many, their mean confidence, and how many of them can
    be answered and are rightly: the answer cites a gold paper, or, of a refusal, one is found first."""
    rows = []
    for s in scored:
        answer = s.result.answer
        if answer is None or answer.confidence is None:
            continue
        relevant = set(gold.qrels.get(s.question.id, ()))
        shown = s.result.ranking[:1] if answer.abstained else [c.paper_id for c in answer.citations]
        rows.append((answer.confidence, s.question.answerable and not relevant.isdisjoint(shown)))
    return calibrate(rows)


def _intent_confusion(scored: Sequence[Scored]) -> dict[str, dict[str, int]]:
    """How questions were taken: for each intent that a question names, else its type, the intents of the
    answers and how many have them. Refusals are counted, for the intent is read before."""
    table: dict[str, dict[str, int]] = {}
    for s in scored:
        asked = s.question.intent or s.question.type
        if s.result.answer is not None and asked:
            row = table.setdefault(asked, {})
            row[s.result.answer.intent] = row.get(s.result.answer.intent, 0) + 1
    return {asked: dict(sorted(row.items())) for asked, row in sorted(table.items())}


def calibrate(rows: Sequence[tuple[float, bool]]) -> list[dict[str, float]]:
    """(predicted, is right) pairs in tenths of the prediction; empty tenths are left out."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for predicted, held in rows:
        bins.setdefault(min(_N_BINS - 1, int(predicted * _N_BINS)), []).append((predicted, held))
    return [
        {
            "n": len(members),
            "predicted": sum(predicted for predicted, _ in members) / len(members),
            "held": sum(held for _, held in members) / len(members),
        }
        for _, members in sorted(bins.items())
    ]
