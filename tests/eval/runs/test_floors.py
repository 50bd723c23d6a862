"""Floors and the baseline; and that the demo set's gate goes red when the pipeline gets worse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

import rag.answering.plans.composer
import rag.retrieval.finding
import rag.retrieval.ranking
from eval.data.questions import Dataset, load_questions, sha256
from eval.evaluation import evaluate
from eval.measures.support_gate import check_pairs, load_pairs, measure_pairs
from eval.runs.floors import Floor, baseline_text, parse_floor, read_baseline, shortfalls
from rag.demo import demo_pairs_path, demo_questions_path
from rag.errors import InputError
from rag.records import Citation, Evidence, Paper
from rag.support.gate import Gate
from rag.support.support_model import Thresholds
from tests.conftest import ROOT

if TYPE_CHECKING:
    from rag.assistant import Assistant

SUMMARY: dict[str, Any] = {
    "measures": {"nDCG@10": {"value": 0.87}, "fact_recall": {"value": 0.6}},
    "by_type": {"list": {"fact_recall": {"value": 0.3}}},
    "by_style": {"lay": {"fact_recall": {"value": 0.2}}},
    "by_intent": {"list": {"fact_recall": {"value": 0.1}}},
}


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("nDCG@10=0.87", Floor("nDCG@10", 0.87)),
        ("ndcg@10=.87", Floor("nDCG@10", 0.87)),
        ("Recall@5=0.9", Floor("R@5", 0.9)),
        ("mrr=1", Floor("RR", 1.0)),
        ("citation-precision = 0.8", Floor("citation_precision", 0.8)),
        ("abstained/unanswerable_far=1", Floor("abstained", 1.0, "unanswerable_far")),
    ],
)
def test_a_floor_is_read(text: str, floor: Floor) -> None:
    assert parse_floor(text) == floor


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ndcg@10", "write it like"),
        ("ndcg@10=high", "write it like"),
        ("ndcg@11=0.5", "did you mean 'nDCG@10'"),
        ("speed=1", "which is not a measure; there are nDCG@10"),
        ("risk_area=0.1", "lower is better"),
    ],
)
def test_a_bad_floor_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_floor(text)


def test_what_falls_short_is_named() -> None:
    floors = [
        Floor("nDCG@10", 0.87),
        Floor("fact_recall", 0.61),
        Floor("fact_recall", 0.3, "list"),
        Floor("fact_recall", 0.3, "fact"),
        Floor("fact_recall", 0.3, "style:lay"),
        Floor("fact_recall", 0.1, "intent:list"),
        Floor("R@5", 0.1),
    ]
    assert shortfalls(SUMMARY, floors) == [
        "fact_recall is 0.6000, under 0.61",
        "fact_recall/fact was not measured; at least 0.3 is required",
        "fact_recall/style:lay is 0.2000, under 0.3",
        "R@5 was not measured; at least 0.1 is required",
    ]


def test_a_baseline_holds_its_own_run_and_allows_its_tolerance(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(baseline_text(SUMMARY, "hash", ["nDCG@10"]))
    floors = read_baseline(path, "hash")
    assert [(floor.measure, round(floor.least, 6)) for floor in floors] == [("nDCG@10", 0.86)]
    assert shortfalls(SUMMARY, floors) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("{", "is not a baseline"),
        ("{}", "is not a baseline"),
        (json.dumps({"dataset_sha256": "other", "tolerance": 0, "measures": {}}), "is for other questions"),
    ],
)
def test_a_bad_baseline_is_told(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "baseline.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_baseline(path, "hash")


@pytest.fixture
def demo_set() -> Dataset:
    return load_questions(demo_questions_path())


def demo_shortfalls(assistant: Assistant, demo_set: Dataset, folder: Path) -> list[str]:
    """What the demo set's gate says of the pipeline as it now is."""
    report = evaluate(assistant, demo_set, folder)
    return shortfalls(report.summary, read_baseline(ROOT / "eval" / "baseline.json", demo_set.sha256))


def test_the_demo_set_meets_its_baseline(
    demo_assistant: Assistant, demo_set: Dataset, tmp_path: Path
) -> None:
    assert demo_shortfalls(demo_assistant, demo_set, tmp_path) == []


def test_the_gate_goes_red_without_late_interaction(
    demo_assistant: Assistant, demo_set: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = {"late": 0, "title": 0}
    monkeypatch.setitem(
        rag.retrieval.ranking.LEGS, "hybrid", replace(rag.retrieval.ranking.LEGS["hybrid"], **without)
    )
    monkeypatch.setattr(rag.retrieval.finding, "LISTING", replace(rag.retrieval.ranking.LISTING, **without))
    short = demo_shortfalls(demo_assistant, demo_set, tmp_path)
    assert any(line.startswith(("nDCG@10 is ", "Success@1 is ")) for line in short)


def test_the_gate_goes_red_when_quotes_are_one_character_off(
    demo_assistant: Assistant, demo_set: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cite = rag.answering.plans.composer.cite

    def shifted(n: int, paper: Paper, evidence: Evidence, n_cut: int = 0) -> Citation:
        right = cite(n, paper, evidence, n_cut)
        return replace(right, start=right.start + 1, end=right.end + 1)

    monkeypatch.setattr(rag.answering.plans.composer, "cite", shifted)
    floors = read_baseline(ROOT / "eval" / "baseline.json", demo_set.sha256)
    short = shortfalls(evaluate(demo_assistant, demo_set.head(8), tmp_path).summary, floors)
    assert "quote_fidelity is 0.0000, under 0.99" in short


def pair_shortfalls(gate: Gate) -> list[str]:
    """What the demo pairs say of a gate."""
    path = demo_pairs_path()
    measures = measure_pairs(check_pairs(load_pairs(path), gate))
    summary = {"measures": {name: asdict(value) for name, value in measures.items()}}
    return shortfalls(
        summary, read_baseline(ROOT / "eval" / "baseline_pairs.json", sha256(path.read_bytes()))
    )


def test_the_demo_pairs_meet_their_baseline(shipped_gate: Gate) -> None:
    assert pair_shortfalls(shipped_gate) == []


def test_the_demo_pairs_go_red_where_everything_is_accepted(shipped_gate: Gate) -> None:
    class Credulous:
        thresholds = Thresholds(0.5, 0.4, 0.9)

        def judge(
            self, pairs: Sequence[tuple[str, str]], titles: Sequence[str] | None = None
        ) -> NDArray[np.float32]:
            return np.tile(np.array([0.9, 0.05, 0.05], np.float32), (len(pairs), 1))

    assert any(line.startswith("accuracy is ") for line in pair_shortfalls(Gate(Credulous())))
