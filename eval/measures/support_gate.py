"""Claim/evidence pairs: how well the support gate separates supported claims from others.

Owns the pair form and the measures on pairs. AUC is the chance that a supported claim gets the higher
support (Hanley & McNeil, Radiology 1982; ties count half); accuracy is at the gate's shipped threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from eval.measures.bootstrap import Estimate, Values, estimate, estimate_mean
from rag.files import read_json_lines, refuse_duplicate_ids

Label = Literal["SUPPORT", "CONTRADICT", "NEI"]

PAIR_MEASURES = {
    "auc": "SUPPORT against NEI: the supported claim has the higher support",
    "auc_contradict": "SUPPORT against CONTRADICT",
    "accuracy": "SUPPORT and NEI classified rightly at the shipped threshold",
    "accepted_support": "SUPPORT pairs the gate accepts",
    "accepted_nei": "NEI pairs the gate accepts (lower is better)",
    "accepted_contradict": "CONTRADICT pairs the gate accepts (lower is better)",
}
_BLOCK = 64
"""Pairs whose texts are encoded together."""
FORM = '{"id": "1", "claim": "...", "evidence": "...", "label": "SUPPORT"}'


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A claim, sentences of one abstract, and whether they support it."""

    id: str
    claim: str
    evidence: tuple[str, ...]
    label: Label


@dataclass(frozen=True, slots=True)
class Checked:
    """A pair with the gate's verdict."""

    pair: LabelledPair
    support: float
    status: str
    reasons: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the gate shows it as supported, if weakly."""
        return self.status != "unsupported"

    @property
    def right(self) -> bool:
        return self.accepted == (self.pair.label == "SUPPORT")


class GateVerdict(Protocol):
    @property
    def support(self) -> float: ...
    @property
    def status(self) -> str: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


class PairChecker(Protocol):
    """The part of the gate that is needed."""

    def check_all(self, pairs: Iterable[tuple[str, Sequence[str]]]) -> Sequence[GateVerdict]: ...


def load_pairs(path: Path) -> tuple[LabelledPair, ...]:
    """The claim/evidence pairs of a JSONL file, in order. Raises InputError naming the bad lines."""
    pairs = [
        pair if pair.id else replace(pair, id=f"line {n}")
        for n, pair in enumerate(read_json_lines(path, _pair, FORM, needed=True), start=1)
    ]
    refuse_duplicate_ids(path, [pair.id for pair in pairs])
    return tuple(pairs)


def _pair(record: dict[str, Any]) -> LabelledPair:
    """A pair; its id is empty where it has none."""
    evidence, label = record.get("evidence"), record.get("label")
    sentences = (evidence,) if isinstance(evidence, str) else tuple(evidence or ())
    claim, pair_id = record.get("claim"), record.get("id", record.get("_id", ""))
    if label not in ("SUPPORT", "CONTRADICT", "NEI"):
        raise ValueError(f"label is SUPPORT, CONTRADICT or NEI, not {label!r}")
    if not isinstance(claim, str) or not sentences or not all(isinstance(s, str) for s in sentences):
        raise ValueError("a pair needs a claim (text) and evidence (text, or a list of them)")
    return LabelledPair(str(pair_id), claim, sentences, label)


def check_pairs(
    pairs: Sequence[LabelledPair],
    gate: PairChecker,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Checked]:
    """Every pair through the gate, in order."""
    checked: list[Checked] = []
    for start in range(0, len(pairs), _BLOCK):
        block = pairs[start : start + _BLOCK]
        verdicts = gate.check_all([(pair.claim, pair.evidence) for pair in block])
        for pair, verdict in zip(block, verdicts, strict=True):
            checked.append(Checked(pair, float(verdict.support), verdict.status, tuple(verdict.reasons)))
        progress(len(checked), len(pairs))
    return checked


def measure_pairs(checked: Sequence[Checked]) -> dict[str, Estimate]:
    """The measures of PAIR_MEASURES that the labels present allow."""
    by_label: dict[str, list[Checked]] = {}
    for c in checked:
        by_label.setdefault(c.pair.label, []).append(c)
    supported, nei = by_label.get("SUPPORT", []), by_label.get("NEI", [])
    measures = {}
    for name, others in (("auc", nei), ("auc_contradict", by_label.get("CONTRADICT", []))):
        if supported and others:
            measures[name] = estimate_auc([c.support for c in supported], [c.support for c in others])
    if supported and nei:
        measures["accuracy"] = estimate_mean([float(c.right) for c in [*supported, *nei]])
    for label, members in by_label.items():
        accepted = [float(c.accepted) for c in members]
        measures[f"accepted_{label.lower()}"] = estimate_mean(accepted)
    return {name: measures[name] for name in PAIR_MEASURES if name in measures}


def estimate_auc(positive: Sequence[float], negative: Sequence[float]) -> Estimate:
    """Area under the ROC curve of scores meant to be higher for `positive`."""
    scores = np.asarray([*positive, *negative], dtype=np.float64)
    is_positive = np.arange(scores.size) < len(positive)
    groups, group_of = np.unique(scores, return_inverse=True)

    def auc(rows: NDArray[np.intp]) -> Values:
        # Pairs won = for each positive, the negatives in lower groups and half of those in its own.
        cell = np.arange(len(rows))[:, None] * groups.size + group_of[rows]
        shape, n_cells = (len(rows), groups.size), len(rows) * groups.size
        pos = np.bincount(cell[is_positive[rows]], minlength=n_cells).reshape(shape)
        neg = np.bincount(cell[~is_positive[rows]], minlength=n_cells).reshape(shape)
        won = (pos * (np.cumsum(neg, axis=1) - neg / 2)).sum(axis=1)
        possible = pos.sum(axis=1) * neg.sum(axis=1)
        return np.where(possible > 0, won / np.maximum(possible, 1), np.nan)

    return estimate(auc, scores.size)
