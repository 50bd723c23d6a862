"""Measures that only a whole set has: abstention precision, recall and F1, and the risk-coverage curve.

Positive is "cannot be answered from this library". Risk-coverage after El-Yaniv & Wiener, On the
Foundations of Noise-free Selective Classification (JMLR 2010).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.measures.bootstrap import Estimate, Statistic, Values, estimate


def estimate_abstention(abstained: Sequence[bool], unanswerable: Sequence[bool]) -> dict[str, Estimate]:
    """Precision, recall and F1 of abstaining. Empty where no question is unanswerable: then recall has no
    meaning, and false refusals are counted by the mean of `abstained`."""
    refused, true = np.asarray(abstained, dtype=bool), np.asarray(unanswerable, dtype=bool)
    if not true.any():
        return {}

    def counts(rows: NDArray[np.intp]) -> tuple[Values, Values, Values]:
        hits = (refused & true)[rows].sum(axis=1)
        return (
            hits.astype(float),
            refused[rows].sum(axis=1).astype(float),
            true[rows].sum(axis=1).astype(float),
        )

    def precision(rows: NDArray[np.intp]) -> Values:
        hits, n_said, _ = counts(rows)
        return hits / np.maximum(n_said, 1)

    def recall(rows: NDArray[np.intp]) -> Values:
        hits, _, n_true = counts(rows)
        return np.where(n_true > 0, hits / np.maximum(n_true, 1), np.nan)

    def f1(rows: NDArray[np.intp]) -> Values:
        hits, n_said, n_true = counts(rows)
        return np.where(n_true > 0, 2 * hits / np.maximum(n_said + n_true, 1), np.nan)

    statistics: dict[str, Statistic] = {
        "abstention_precision": precision,
        "abstention_recall": recall,
        "abstention_f1": f1,
    }
    return {name: estimate(statistic, refused.size) for name, statistic in statistics.items()}


def risk_coverage(confidence: Sequence[float], loss: Sequence[float]) -> list[tuple[float, float]]:
    """(coverage, risk) after answering the 1, 2, ... n questions with the highest confidence: the share
    answered and their mean loss. Equal confidences are answered together, each at their mean loss."""
    order, losses = _ordered(np.asarray(confidence, dtype=float), np.asarray(loss, dtype=float))
    risks = np.cumsum(losses[order]) / np.arange(1, order.size + 1)
    return [((k + 1) / order.size, float(risk)) for k, risk in enumerate(risks)]


def estimate_risk_area(confidence: Sequence[float], loss: Sequence[float]) -> Estimate:
    """Mean of the curve's risks (AURC). Lower is better; 0 only where nothing is lost."""
    conf = np.asarray(confidence, dtype=float)
    _, losses = _ordered(conf, np.asarray(loss, dtype=float))

    def area(rows: NDArray[np.intp]) -> Values:
        ranked = np.take_along_axis(losses[rows], np.argsort(-conf[rows], axis=1, kind="stable"), axis=1)
        risks = np.cumsum(ranked, axis=1) / np.arange(1, rows.shape[1] + 1)
        return np.asarray(risks.mean(axis=1), dtype=np.float64)

    return estimate(area, conf.size)


def _ordered(confidence: Values, loss: Values) -> tuple[NDArray[np.intp], Values]:
    """Most confident first, and losses with each tie's mean in the place of its members'."""
    _, group = np.unique(confidence, return_inverse=True)
    means = np.bincount(group, weights=loss) / np.bincount(group)
    return np.argsort(-confidence, kind="stable"), means[group]
