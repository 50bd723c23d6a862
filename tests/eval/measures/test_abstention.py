from __future__ import annotations

import pytest

from eval.measures.abstention import estimate_abstention, estimate_risk_area, risk_coverage


@pytest.mark.parametrize(
    ("abstained", "unanswerable", "precision", "recall", "f1"),
    [
        ("1100", "1100", 1, 1, 1),
        ("1110", "1000", 1 / 3, 1, 1 / 2),
        ("1001", "1110", 1 / 2, 1 / 3, 2 / 5),
        ("0000", "1000", 0, 0, 0),
    ],
)
def test_abstention(abstained: str, unanswerable: str, precision: float, recall: float, f1: float) -> None:
    found = estimate_abstention([c == "1" for c in abstained], [c == "1" for c in unanswerable])
    assert [estimate.value for estimate in found.values()] == pytest.approx([precision, recall, f1])
    assert list(found) == ["abstention_precision", "abstention_recall", "abstention_f1"]


def test_without_an_unanswerable_question_there_is_nothing_to_measure() -> None:
    assert estimate_abstention([True, False], [False, False]) == {}


@pytest.mark.parametrize(
    ("confidence", "loss", "risks"),
    [
        ([0.9, 0.5, 0.1], [0, 0, 1], [0, 0, 1 / 3]),
        ([0.1, 0.5, 0.9], [0, 0, 1], [1, 1 / 2, 1 / 3]),
        # Equally sure of all: whatever the order of the file, the mean.
        ([0.5, 0.5], [0, 1], [0.5, 0.5]),
        ([0.5, 0.5], [1, 0], [0.5, 0.5]),
    ],
)
def test_risk_coverage(confidence: list[float], loss: list[float], risks: list[float]) -> None:
    curve = risk_coverage(confidence, loss)
    n = len(loss)
    assert [coverage for coverage, _ in curve] == pytest.approx([(k + 1) / n for k in range(n)])
    assert [risk for _, risk in curve] == pytest.approx(risks)
    assert estimate_risk_area(confidence, loss).value == pytest.approx(sum(risks) / n)


def test_the_area_has_an_interval_around_it() -> None:
    confidence = [i / 20 for i in range(20)]
    found = estimate_risk_area(confidence, [float(i % 3 == 0) for i in range(20)])
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
