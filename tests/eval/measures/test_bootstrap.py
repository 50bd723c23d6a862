from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from eval.measures.bootstrap import estimate_mean, randomisation_p
from eval.measures.support_gate import estimate_auc

SAMPLE = [0.1, 0.5, 0.9, 0.4, 0.4, 1.0, 0.0, 0.7, 0.8, 0.2]


def test_mean_and_interval_agree_with_scipy() -> None:
    found = estimate_mean(SAMPLE)
    theirs = stats.bootstrap((SAMPLE,), np.mean, n_resamples=20_000, method="percentile", rng=1)
    assert found.value == pytest.approx(0.5)
    assert found.n == 10
    assert (found.low, found.high) == pytest.approx(theirs.confidence_interval, abs=0.015)


def test_the_same_values_give_the_same_interval() -> None:
    assert estimate_mean(SAMPLE) == estimate_mean(list(SAMPLE))


@pytest.mark.parametrize(
    ("values", "expected"), [([1.0, 1.0, 1.0], (1.0, 1.0, 1.0)), ([0.25], (0.25, None, None))]
)
def test_little_to_go_on(values: list[float], expected: tuple[float, float | None, float | None]) -> None:
    found = estimate_mean(values)
    assert (found.value, found.low, found.high) == expected


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no values"):
        estimate_mean([])


def test_randomisation_agrees_with_all_sign_flips() -> None:
    differences = np.array([0.3, -0.1, 0.2, 0.4, 0.1, -0.2, 0.5, 0.0])
    flips = np.array(list(product([-1, 1], repeat=8))) @ differences
    exact = np.mean(np.abs(flips) >= abs(differences.sum()) - 1e-9)
    assert randomisation_p(differences.tolist()) == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize(("differences", "p"), [([0.0] * 5, 1.0), ([1.0] * 20, 1 / 10_001)])
def test_randomisation_at_its_ends(differences: list[float], p: float) -> None:
    assert randomisation_p(differences) == pytest.approx(p)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5], [0.5], 0.5),
        ([0.9, 0.4], [0.4, 0.1], (1 + 1 + 0.5 + 1) / 4),
    ],
)
def test_auc_counts_pairs_won_and_half_the_ties(
    positive: list[float], negative: list[float], expected: float
) -> None:
    assert estimate_auc(positive, negative).value == pytest.approx(expected)


def test_auc_is_mann_whitney() -> None:
    rng = np.random.default_rng(3)
    positive, negative = rng.normal(0.6, 0.2, 80).round(1), rng.normal(0.4, 0.2, 120).round(1)
    u = stats.mannwhitneyu(positive, negative).statistic / (80 * 120)
    found = estimate_auc(positive.tolist(), negative.tolist())
    assert found.value == pytest.approx(u)
    assert found.low is not None
    assert found.high is not None
    assert found.low < u < found.high
    # Hanley and McNeil's standard error, for the width.
    q1, q2 = u / (2 - u), 2 * u * u / (1 + u)
    error = np.sqrt((u * (1 - u) + 79 * (q1 - u * u) + 119 * (q2 - u * u)) / (80 * 120))
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.2)
