"""Claim/evidence pairs: how well the support gate tells supported claims from others.

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
from rag.records import SupportLabel
from rag.support.gate import CheckRequest

Label = Literal["SUPPORT", "CONTRADICT", "NEI"]

PAIR_MEASURES = {
    "auc": "SUPPORT against NEI: the supported claim has the higher support",
    "auc_contradict": "SUPPORT against CONTRADICT",
    "auc_rest": "SUPPORT against all others",
    "accuracy": "SUPPORT and the rest told apart at the shipped threshold",
    "label_right": "supported, contradicted or not enough: the label is right",
    "accepted_support": "SUPPORT pairs the gate calls supported",
    "accepted_nei": "NEI pairs the gate calls supported (lower is better)",
    "accepted_contradict": "CONTRADICT pairs the gate calls supported (lower is better)",
}
LABELS: dict[SupportLabel, Label] = {
    "supported": "SUPPORT",
    "contradicted": "CONTRADICT",
    "not enough information": "NEI",
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
    kind: str = ""
    """How the claim was made ("reversed", "overclaim"), where the file says so."""
    title: str = ""
    """Of the abstract, where the file says so."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A pair with the gate's verdict."""

    pair: LabelledPair
    support: float
    status: str
    reasons: tuple[str, ...] = ()
    label: SupportLabel = "not enough information"

    @property
    def accepted(self) -> bool:
        """Shown as supported without a doubt."""
        return self.status == "supported"

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
    @property
    def label(self) -> SupportLabel: ...


class PairChecker(Protocol):
    """The part of the gate that is needed."""

    def check_all(self, requests: Iterable[CheckRequest]) -> Sequence[GateVerdict]: ...


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
    kind, title = str(record.get("kind") or ""), str(record.get("title") or "")
    return LabelledPair(str(pair_id), claim, sentences, label, kind, title)


def check_pairs(
    pairs: Sequence[LabelledPair],
    gate: PairChecker,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Checked]:
    """Every pair through the gate, in order."""
    checked: list[Checked] = []
    for start in range(0, len(pairs), _BLOCK):
        block = pairs[start : start + _BLOCK]
        found = gate.check_all([_request(pair) for pair in block])
        for pair, verdict in zip(block, found, strict=True):
            reasons = tuple(verdict.reasons)
            checked.append(Checked(pair, float(verdict.support), verdict.status, reasons, verdict.label))
        progress(len(checked), len(pairs))
    return checked


def _request(pair: LabelledPair) -> CheckRequest:
    return CheckRequest(pair.claim, pair.evidence, (pair.title,) if pair.title else ())


def measure_pairs(checked: Sequence[Checked]) -> dict[str, Estimate]:
    """The measures of PAIR_MEASURES that the labels present allow."""
    by_label: dict[str, list[Checked]] = {}
    for c in checked:
        by_label.setdefault(c.pair.label, []).append(c)
    supported, nei = by_label.get("SUPPORT", []), by_label.get("NEI", [])
    contradicted = by_label.get("CONTRADICT", [])
    found = {}
    for name, others in (
        ("auc", nei),
        ("auc_contradict", contradicted),
        ("auc_rest", [*nei, *contradicted]),
    ):
        if supported and others:
            found[name] = estimate_auc([c.support for c in supported], [c.support for c in others])
    if supported and (nei or contradicted):
        found["accuracy"] = estimate_mean([float(c.right) for c in checked])
        found["label_right"] = estimate_mean([float(LABELS[c.label] == c.pair.label) for c in checked])
    for label, members in by_label.items():
        accepted = [float(c.accepted) for c in members]
        found[f"accepted_{label.lower()}"] = estimate_mean(accepted)
    return {name: found[name] for name in PAIR_MEASURES if name in found}


@dataclass(frozen=True, slots=True)
class KindShares:
    """What the gate says of the claims of one kind, as shares of them."""

    kind: str
    label: Label
    supported: Estimate
    weak: float
    contradicted: float


def shares_by_kind(checked: Sequence[Checked]) -> list[KindShares]:
    """The shares of every kind there is, supported kinds first; none where the pairs name no kinds."""
    by_kind: dict[tuple[str, Label], list[Checked]] = {}
    for c in checked:
        if c.pair.kind:
            by_kind.setdefault((c.pair.kind, c.pair.label), []).append(c)
    order: list[Label] = ["SUPPORT", "CONTRADICT", "NEI"]
    listed = sorted(by_kind.items(), key=lambda item: (order.index(item[0][1]), item[0]))
    return [
        KindShares(
            kind,
            label,
            estimate_mean([float(c.accepted) for c in members]),
            sum(c.status == "weak" for c in members) / len(members),
            sum(c.label == "contradicted" for c in members) / len(members),
        )
        for (kind, label), members in listed
    ]


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
