"""Multinomial logistic regression, for the small heads that read questions and sentences.

Owns the fitting and its cross-validation; what the features are is the business of who calls.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
N_STEPS = 120


def fit_softmax(features: Rows, labels: NDArray[np.int64], n_classes: int, ridge: float) -> Rows:
    """Weights of a softmax with a ridge on all but the intercept, by Nesterov's accelerated gradient (1983).

    features: float32[n, k]. labels: int64[n], below `n_classes`. Returns float32[k + 1, n_classes], the
    intercepts last.
    """
    mean = features.mean(axis=0)  # about their mean the features are better conditioned: fewer steps
    design = np.column_stack([features - mean, np.ones(len(features))]).astype(np.float32)
    wanted = np.eye(n_classes, dtype=np.float32)[labels]
    shrink = np.full((design.shape[1], 1), ridge / len(design), np.float32)
    shrink[-1] = 0
    step = np.float32(1) / (_largest_eigenvalue(design) / (2 * len(design)) + ridge / len(design))
    weights: Rows = np.zeros((design.shape[1], n_classes), np.float32)
    ahead: Rows = weights
    for i in range(N_STEPS):
        slope = design.T @ (softmax(design @ ahead) - wanted) / len(design) + shrink * ahead
        moved = ahead - step * slope
        ahead = np.asarray(moved + i / (i + 3) * (moved - weights), np.float32)
        weights = np.asarray(moved, np.float32)
    weights[-1] -= mean @ weights[:-1]
    return weights


def softmax(logits: Rows) -> Rows:
    """Rows of logits as probabilities."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def held_out(
    features: Rows,
    labels: NDArray[np.int64],
    n_classes: int,
    ridge: float,
    groups: Sequence[str],
    n_folds: int,
) -> Rows:
    """Probabilities of each row by a fit that saw nothing of its group. float32[n, n_classes]"""
    names = sorted(set(groups))
    order = np.random.default_rng(0).permutation(len(names))
    number = {name: int(order[i]) % n_folds for i, name in enumerate(names)}
    fold = np.array([number[group] for group in groups])
    found = np.empty((len(features), n_classes), np.float32)
    for k in range(n_folds):
        weights = fit_softmax(features[fold != k], labels[fold != k], n_classes, ridge)
        found[fold == k] = softmax(features[fold == k] @ weights[:-1] + weights[-1])
    return found


def macro_f1(truth: NDArray[np.int64], said: NDArray[np.int64], n_classes: int) -> tuple[float, list[float]]:
    """The mean over classes of F1, and each class's."""
    scores = []
    for each in range(n_classes):
        both = np.sum((truth == each) & (said == each))
        scores.append(float(2 * both / max(1, np.sum(truth == each) + np.sum(said == each))))
    return float(np.mean(scores)), scores


def confusion_table(truth: Sequence[str], said: Sequence[str], names: Sequence[str]) -> str:
    """Rows of what is true, columns of what was said, for print."""
    width = max(map(len, names)) + 1
    head = " " * width + "".join(f"{name[:6]:>7}" for name in names)
    rows = [
        f"{one:<{width}}"
        + "".join(
            f"{sum(t == one and s == other for t, s in zip(truth, said, strict=True)):>7}" for other in names
        )
        for one in names
    ]
    return "\n".join([head, *rows])


def _largest_eigenvalue(design: Rows) -> float:
    vector = np.ones(design.shape[1], np.float32)
    for _ in range(15):
        vector = design.T @ (design @ vector)
        vector /= np.linalg.norm(vector)
    return float(np.linalg.norm(design @ vector) ** 2) * 1.05
