"""Two runs of one set, question by question: what changed, by how much, how surely, and for which questions.

Owns what may be compared. Differences are B minus A over the questions both runs scored.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.measures.bootstrap import Estimate, estimate_mean, randomisation_p
from eval.runs.run_folder import RunManifest, read_manifest
from eval.runs.summary import MEASURES
from rag.errors import InputError

LIKE = ("dataset", "library")
"""Parts of a manifest that two runs must share: the same questions asked of the same papers."""
FLIPPED = ("Success@1", "R@5", "fact_recall", "citation_precision", "abstention_right")
"""Measures whose questions are listed when they cross one half."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of two runs: means over the shared questions, B - A with interval, and its p."""

    name: str
    a: float
    b: float
    difference: Estimate
    p: float


@dataclass(frozen=True, slots=True)
class Flip:
    """Questions that crossed one half of a measure, as (id, question)."""

    name: str
    gained: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    a: str
    b: str
    n: int
    """Questions in both."""
    changed: tuple[str, ...]
    """What made the runs differ: "settings.model: None -> 'x'"."""
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare_runs(a: Path, b: Path, *, anyway: bool = False) -> Comparison:
    """Raises InputError where a folder holds no finished run, or the two are unlike (unless `anyway`)."""
    manifests = [_finished(folder) for folder in (a, b)]
    unlike = [part for part in manifests[0].differences(manifests[1]) if part in LIKE]
    if unlike and not anyway:
        raise InputError(
            f"{a} and {b} differ in {' and '.join(unlike)}, so their means are of different things; "
            "compare the questions they share all the same with --anyway"
        )
    rows_a, rows_b = (_scores(folder) for folder in (a, b))
    shared = [question_id for question_id in rows_a if question_id in rows_b]
    if not shared:
        raise InputError(f"{a} and {b} share no question")
    pairs = [(rows_a[question_id], rows_b[question_id]) for question_id in shared]
    return Comparison(
        a=str(a),
        b=str(b),
        n=len(shared),
        changed=tuple(_changes(*manifests)),
        differences=tuple(d for name in MEASURES if (d := _difference(name, pairs)) is not None),
        flips=tuple(flip for name in FLIPPED if (flip := _flip(name, pairs)) is not None),
    )


def comparison_text(comparison: Comparison) -> str:
    """The comparison as Markdown."""
    lines = [
        f"A = {comparison.a}",
        f"B = {comparison.b}",
        "",
        f"{comparison.n} questions in both. What differs:",
    ]
    lines += [f"- {change}" for change in comparison.changed] or ["- nothing"]
    lines += ["", "| measure | A | B | B - A | 95% interval | p | n |", "|---|---|---|---|---|---|---|"]
    for d in comparison.differences:
        e = d.difference
        between = "" if e.low is None or e.high is None else f"{e.low:+.3f} to {e.high:+.3f}"
        lines.append(f"| {d.name} | {d.a:.3f} | {d.b:.3f} | {e.value:+.3f} | {between} | {d.p:.4f} | {e.n} |")
    for flip in comparison.flips:
        for word, questions in (("gained", flip.gained), ("lost", flip.lost)):
            if questions:
                lines += ["", f"{flip.name} {word} ({len(questions)}):"]
                lines += [f"- {question_id}: {text}" for question_id, text in questions]
    return "\n".join(lines)


Row = dict[str, Any]


def _difference(name: str, pairs: Sequence[tuple[Row, Row]]) -> Difference | None:
    both = [
        (a["scores"][name], b["scores"][name])
        for a, b in pairs
        if name in a["scores"] and name in b["scores"]
    ]
    if not both:
        return None
    changes = [after - before for before, after in both]
    mean_a, mean_b = (sum(values) / len(both) for values in zip(*both, strict=True))
    return Difference(name, mean_a, mean_b, estimate_mean(changes), randomisation_p(changes))


def _flip(name: str, pairs: Sequence[tuple[Row, Row]]) -> Flip | None:
    gained: list[tuple[str, str]] = []
    lost: list[tuple[str, str]] = []
    for a, b in pairs:
        before, after = a["scores"].get(name), b["scores"].get(name)
        if before is not None and after is not None and (before >= 0.5) != (after >= 0.5):
            (gained if after >= 0.5 else lost).append((a["id"], a["question"]))
    return Flip(name, tuple(gained), tuple(lost)) if gained or lost else None


def _finished(folder: Path) -> RunManifest:
    manifest = read_manifest(folder)
    if manifest.state != "finished" or not (folder / "scores.jsonl").exists():
        raise InputError(f"{folder}: the run is not finished; the same command again continues it")
    return manifest


def _scores(folder: Path) -> dict[str, Row]:
    lines = (folder / "scores.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, lines)}


def _changes(a: RunManifest, b: RunManifest) -> list[str]:
    changes = []
    before, after = asdict(a), asdict(b)
    for part in before:
        one, other = before[part], after[part]
        if not isinstance(one, dict):
            one, other = {"": one}, {"": other}
        for key in one | other:
            if one.get(key) != other.get(key):
                name = f"{part}.{key}".rstrip(".")
                changes.append(f"{name}: {one.get(key)!r} -> {other.get(key)!r}")
    return changes
