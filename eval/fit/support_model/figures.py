"""What the out-of-fold logits amount to: calibration, thresholds, and the tables of docs/gate.md.

Needs no PyTorch: the logits of the folds are kept in eval/fit/data/support_model_folds.npz.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.fit.support_model.data import LABELS, Example
from eval.measures.bootstrap import Estimate, estimate_mean
from eval.measures.support_gate import estimate_auc

FOLD_LOGITS = Path("eval") / "fit" / "data" / "support_model_folds.npz"
PARAPHRASES_KEPT, PARAPHRASES_NOT_REFUSED = 0.93, 0.97
"""Shares of faithful paraphrases that the thresholds of "supported" and "weak" let pass. The gate's rules
take more: by the whole gate .87 are supported, and .07 weak (`python -m eval.fit.support`)."""
_CONTRADICTED_RIGHT = 0.9
"""Of the written pairs called contradicted: those that are not supported."""
_N_BINS = 10

Logits = NDArray[np.float64]
Chances = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """chances = softmax(scale logits + shift). Fitted by temperature and class shifts (Guo et al., 2017)."""

    scale: float
    shift: tuple[float, float, float]

    def chances(self, logits: Logits) -> Chances:
        """float64[n, 3], rows of sum 1."""
        raised = self.scale * logits + np.array(self.shift)
        powers = np.exp(raised - raised.max(axis=1, keepdims=True))
        found: Chances = powers / powers.sum(axis=1, keepdims=True)
        return found


def save_logits(
    examples: Sequence[Example],
    places: NDArray[np.int64],
    logits: NDArray[np.float32],
    path: Path | None = None,
) -> None:
    """Keep the logits float32[n, 3] of the examples at `places`, with what tells other examples apart.

    path: where; FOLD_LOGITS where none is named.
    """
    of = np.array(_key(examples))
    np.savez_compressed(
        path or FOLD_LOGITS, logits=logits.astype(np.float16), places=places.astype(np.int16), of=of
    )


def load_logits(examples: Sequence[Example], path: Path | None = None) -> tuple[Logits, list[Example]]:
    """The kept logits and their examples. Raises ValueError where they are of other examples."""
    path = path or FOLD_LOGITS
    with np.load(path) as file:
        if str(file["of"]) != _key(examples):
            raise ValueError(f"{path} is of other pairs; make it again: make train-gate")
        return file["logits"].astype(np.float64), [examples[place] for place in file["places"]]


def _key(examples: Sequence[Example]) -> str:
    text = "\n".join(f"{e.label}\t{e.claim}\t{e.evidence}" for e in examples)
    return hashlib.sha256(text.encode()).hexdigest()


def calibrate(logits: Logits, labels: NDArray[np.int64]) -> Calibration:
    """The scale and shifts of the least log loss, by gradient descent."""
    scale, shift = 1.0, np.zeros(3)
    hits = np.eye(3)[labels]
    for _ in range(3000):
        off = Calibration(scale, (shift[0], shift[1], shift[2])).chances(logits) - hits
        scale -= 0.05 * float((off * logits).sum(axis=1).mean())
        shift -= 0.2 * off.mean(axis=0)
    shift -= shift[2]
    return Calibration(scale, (float(shift[0]), float(shift[1]), float(shift[2])))


def choose_thresholds(chances: Chances, examples: Sequence[Example]) -> dict[str, float]:
    """The chances from which a claim is supported, weak, or contradicted: see the constants above."""
    kinds = np.array([example.kind for example in examples])
    paraphrases = chances[kinds == "support_para", 0]
    written = np.array([example.field != "scifact" for example in examples])
    against, false = chances[written, 1], np.array([e.label != 0 for e in examples])[written]
    order = np.argsort(-against)
    right = np.cumsum(false[order]) / np.arange(1, len(order) + 1)
    last = int(np.flatnonzero(right >= _CONTRADICTED_RIGHT)[-1])
    return {
        "supported": float(np.quantile(paraphrases, 1 - PARAPHRASES_KEPT)),
        "weak": float(np.quantile(paraphrases, 1 - PARAPHRASES_NOT_REFUSED)),
        "contradicted": float(max(against[order[last]], 0.5)),
    }


def areas(score: NDArray[np.float64], examples: Sequence[Example]) -> dict[str, Estimate]:
    """Areas under the curve of `score` (higher: supported), by what is told apart."""
    labels = np.array([example.label for example in examples])
    fields = np.array([example.field for example in examples])
    written = fields != "scifact"
    parts = {
        "written pairs, supported against the rest": (written, labels != 0),
        "the same without the contrasts": (written & (fields != "contrast"), labels != 0),
        "the contrasts alone": (fields == "contrast", labels != 0),
        "SciFact, support against contradiction": (~written, labels == 1),
        "SciFact, support against not enough": (~written, labels == 2),
    }
    return {
        name: estimate_auc(score[among & (labels == 0)].tolist(), score[among & others].tolist())
        for name, (among, others) in parts.items()
    }


def accepted(
    score: NDArray[np.float64], examples: Sequence[Example], threshold: float
) -> dict[str, Estimate]:
    """The share of each kind whose score reaches the threshold."""
    kinds = np.array([example.kind for example in examples])
    return {
        kind: estimate_mean((score[kinds == kind] >= threshold).astype(np.float64).tolist())
        for kind in sorted(set(kinds))
    }


def reliability(chances: Chances, examples: Sequence[Example]) -> list[tuple[float, float, int]]:
    """For tenths of the chance of support: its mean, the share that is supported, and how many."""
    labels = np.array([example.label for example in examples])
    bins = np.minimum((chances[:, 0] * _N_BINS).astype(np.int64), _N_BINS - 1)
    return [
        (float(chances[bins == k, 0].mean()), float((labels[bins == k] == 0).mean()), int((bins == k).sum()))
        for k in range(_N_BINS)
        if (bins == k).any()
    ]


def report(logits: Logits, examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Print the tables; return what the shipped file says of calibration and thresholds."""
    labels = np.array([example.label for example in examples])
    calibration = calibrate(logits, labels)
    chances = calibration.chances(logits)
    thresholds = choose_thresholds(chances, examples)
    print("Areas under the curve, on papers kept apart:")
    for name, area in areas(chances[:, 0], examples).items():
        print(f"  {name:48} {shown(area)}")
    print(f"\nSupported at the shipped threshold, {thresholds['supported']:.3f}:")
    for kind, share in accepted(chances[:, 0], examples, thresholds["supported"]).items():
        print(f"  {kind:20} {shown(share)}")
    print("\nChance of support, share supported, n:")
    for chance, right, n in reliability(chances, examples):
        print(f"  {chance:.2f}  {right:.2f}  {n}")
    print(f"\nthresholds: {thresholds}; accuracy over {LABELS}: {(chances.argmax(1) == labels).mean():.3f}")
    shift = dict(zip(("supported", "contradicted", "not_enough"), calibration.shift, strict=True))
    return {"calibration": {"scale": calibration.scale, **shift}, "thresholds": thresholds}


def report_own(chances: Chances, own: Sequence[Example], threshold: float) -> None:
    """Print how the shipped file does on pairs of other fields."""
    labels = np.array([example.label for example in own])
    area = estimate_auc(chances[labels == 0, 0].tolist(), chances[labels != 0, 0].tolist())
    print(f"\nThe shipped file on pairs of other fields, supported against the rest: {shown(area)}")
    for kind, share in accepted(chances[:, 0], own, threshold).items():
        print(f"  {kind:20} {shown(share)}")


def shown(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return f"{found.value:.3f} (n = {found.n})"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}] (n = {found.n})"
