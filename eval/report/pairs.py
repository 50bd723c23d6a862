"""A checked set of pairs as people read it, in the same folder form as a run of questions.

Owns what is shown of the gate: the ROC curve, calibration, and every pair with its verdict.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.measures.bootstrap import Estimate
from eval.measures.support_gate import PAIR_MEASURES, Checked, KindShares, measure_pairs, shares_by_kind
from eval.report import charts
from eval.report.page import Plot, ReportPage, interval, made_by, render, shown, tile
from eval.runs.run_folder import RunManifest, write_manifest
from eval.runs.summary import calibrate
from rag.files import json_line, write_text

ACCEPTED, REFUSED = "accepted, though not supported", "refused, though supported"


def write_pairs_report(
    folder: Path, manifest: RunManifest, checked: Sequence[Checked]
) -> dict[str, Estimate]:
    """Write the whole run into its folder; returns the measures."""
    folder.mkdir(parents=True, exist_ok=True)
    measures = measure_pairs(checked)
    summary = {
        "n": len(checked),
        "measures": {name: asdict(value) for name, value in measures.items()},
        "by_kind": {each.kind: asdict(each) for each in shares_by_kind(checked)},
        "reliability": calibrate([(c.support, c.pair.label == "SUPPORT") for c in checked]),
    }
    write_text(folder / "results.jsonl", "".join(map(json_line, map(_result, checked))))
    write_text(folder / "scores.jsonl", "".join(map(json_line, map(_scores, checked))))
    write_text(folder / "summary.json", json.dumps(summary, indent=2) + "\n")
    write_text(folder / "report.md", pairs_markdown(manifest.dataset["name"], checked, measures))
    write_text(folder / "report.html", pairs_html(manifest, checked, measures))
    write_manifest(folder, manifest)
    return measures


def pairs_markdown(name: str, checked: Sequence[Checked], measures: Mapping[str, Estimate]) -> str:
    lines = [
        f"# {name}: {_counts(checked)}",
        "",
        "| measure | value | 95% interval | n | |",
        "|---|---|---|---|---|",
    ]
    for measure, value in measures.items():
        lines.append(
            f"| {measure} | {shown(value)} | {interval(value)} | {value.n} | {PAIR_MEASURES[measure]} |"
        )
    lines += _kinds_table(shares_by_kind(checked)) + _reliability_table(checked)
    return "\n".join(lines) + "\n"


def _kinds_table(kinds: Sequence[KindShares]) -> list[str]:
    if not kinds:
        return []
    rows = [
        f"| {each.kind} | {each.label} | {shown(each.supported)} | {interval(each.supported)} |"
        f" {each.weak:.3f} | {each.contradicted:.3f} | {each.supported.n} |"
        for each in kinds
    ]
    head = "| kind | label | supported | 95% interval | weak | contradicted | n |"
    return ["", head, "|---|---|---|---|---|---|---|", *rows]


def _reliability_table(checked: Sequence[Checked]) -> list[str]:
    """The support in tenths beside the share that is SUPPORT."""
    bins = calibrate([(c.support, c.pair.label == "SUPPORT") for c in checked])
    rows = [f"| {each['predicted']:.2f} | {each['held']:.2f} | {each['n']:.0f} |" for each in bins]
    return ["", "| support, mean | share that is SUPPORT | n |", "|---|---|---|", *rows]


def pairs_html(manifest: RunManifest, checked: Sequence[Checked], measures: Mapping[str, Estimate]) -> str:
    """The page: one self-contained file."""
    return render(
        "pairs.html",
        ReportPage(
            name=manifest.dataset["name"],
            lead=f"The support gate on {len(checked):,} pairs: {_counts(checked)}. "
            "Intervals are 95%, by bootstrap over pairs.",
            notices=(),
            tiles=[tile(name, PAIR_MEASURES[name], value) for name, value in measures.items()],
            plots=list(_plots(checked)),
            measures=measures,
            about=PAIR_MEASURES,
            what="pairs",
            kind_name="Label",
            types=Counter(c.pair.label for c in checked),
            kinds=(ACCEPTED, REFUSED),
            rows=[{"checked": c, "misses": _misses(c)} for c in checked],
            made=made_by(manifest),
        ),
    )


def roc(positive: Sequence[float], negative: Sequence[float]) -> list[tuple[float, float]]:
    """(share of negatives, share of positives) at or above each threshold, from none to all."""
    points = [(0.0, 0.0)]
    for threshold in sorted({*positive, *negative}, reverse=True):
        false = sum(score >= threshold for score in negative) / len(negative)
        true = sum(score >= threshold for score in positive) / len(positive)
        points.append((false, true))
    return points


def _plots(checked: Sequence[Checked]) -> Iterator[Plot]:
    supported = [c.support for c in checked if c.pair.label == "SUPPORT"]
    others = [c.support for c in checked if c.pair.label != "SUPPORT"]
    if not supported or not others:
        return
    x = charts.Axis(0, 1, charts.UNIT_TICKS, "other pairs at or above")
    y = charts.Axis(0, 1, charts.UNIT_TICKS, "SUPPORT pairs at or above")
    curve = charts.line_chart(_thinned(roc(supported, others)), x, y, area=True)
    yield Plot("ROC", "SUPPORT against the rest, over all thresholds", curve)
    bins = calibrate([(c.support, c.pair.label == "SUPPORT") for c in checked])
    discs = charts.calibration_chart(bins, "support", "share that is SUPPORT")
    yield Plot("Calibration", "pairs by their support; a disc's area is its share", discs)


def _thinned(points: list[tuple[float, float]], most: int = 200) -> list[tuple[float, float]]:
    step = max(1, len(points) // most)
    return [*points[:-1:step], points[-1]]


def _misses(checked: Checked) -> tuple[str, ...]:
    if checked.right:
        return ()
    return (ACCEPTED,) if checked.accepted else (REFUSED,)


def _counts(checked: Sequence[Checked]) -> str:
    return ", ".join(f"{n} {label}" for label, n in sorted(Counter(c.pair.label for c in checked).items()))


def _result(checked: Checked) -> dict[str, Any]:
    found = {"support": checked.support, "status": checked.status, "reasons": checked.reasons}
    about = {"label": checked.pair.label, "kind": checked.pair.kind, "found": checked.label}
    return {"id": checked.pair.id, **about, **found}


def _scores(checked: Checked) -> dict[str, Any]:
    scores = {"verdict_right": float(checked.right)}
    return {
        "id": checked.pair.id,
        "type": checked.pair.label,
        "question": checked.pair.claim,
        "scores": scores,
    }
