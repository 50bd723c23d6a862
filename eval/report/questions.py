"""A finished run as people read it: report.html (one file, no network), report.md, and scores beside.

Owns what is shown and in what order; numbers come from `eval.runs.summary`, plots from `eval.report.charts`,
the page's frame from `eval.report.page`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.data.questions import Gold
from eval.measures.answers import found_facts, is_verbatim, quoted_evidence
from eval.report import charts
from eval.report.misses import KINDS, misses
from eval.report.page import Plot, ReportPage, Tile, estimates, interval, made_by, render, shown, tile
from eval.runs.run_folder import RunManifest
from eval.runs.summary import GROUPINGS, MEASURES, Scored, latency, scores_lines, summarise
from rag.files import write_text

HEADLINES = (
    "nDCG@10", "R@5", "fact_recall", "citation_precision", "evidence_recall", "quote_fidelity",
    "abstention_f1",
)  # fmt: skip
BY_TYPE = ("nDCG@10", "R@5", "fact_recall", "citation_precision", "evidence_recall", "abstention_right")
SHOWN = 10
"""Retrieved papers the page lists for a question."""
LISTED = 450
"""Questions the page lists, so that it stays under 3 MB."""
NAMED = 30
"""Questions the Markdown names of each kind of failure."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a page about a run of questions is made from."""

    manifest: RunManifest
    summary: Mapping[str, Any]
    latency: Mapping[str, Mapping[str, float]]
    scored: Sequence[Scored]
    gold: Gold


def write_report(folder: Path, manifest: RunManifest, scored: Sequence[Scored], gold: Gold) -> Report:
    """Write summary.json, scores.jsonl, latency.json, report.md and report.html into the run's folder."""
    times = latency([s.result for s in scored])
    report = Report(manifest, summarise(scored, gold), times, scored, gold)
    write_text(folder / "summary.json", json.dumps(report.summary, indent=2, ensure_ascii=False) + "\n")
    write_text(folder / "latency.json", json.dumps(times, indent=2) + "\n")
    write_text(folder / "scores.jsonl", scores_lines(scored))
    write_text(folder / "report.md", markdown(report))
    write_text(folder / "report.html", html(report))
    return report


def markdown(report: Report) -> str:
    """The report without its plots and questions."""
    summary, dataset = report.summary, report.manifest.dataset
    lines = [
        f"# {dataset['name']}: {summary['n']} questions, {report.manifest.library['n_papers']} papers",
        "",
    ]
    lines += notices(summary)
    lines += ["", "| measure | mean | 95% interval | n | |", "|---|---|---|---|---|"]
    for name, value in estimates(summary["measures"]).items():
        lines.append(f"| {name} | {shown(value)} | {interval(value)} | {value.n} | {MEASURES[name].about} |")
    names = [name for name in BY_TYPE if name in summary["measures"]]
    for grouping in GROUPINGS:
        lines += _group_table(summary, grouping, names)
    lines += _confusion_table(summary["intent_confusion"]) + _reliability_table(summary["confidence"])
    lines += ["", "| stage | median ms | p95 | p99 |", "|---|---|---|---|"]
    for stage, t in report.latency.items():
        lines.append(f"| {stage} | {t['p50']:.1f} | {t['p95']:.1f} | {t['p99']:.1f} |")
    lines += ["", *_misses_in_words(report.scored), ""]
    return "\n".join(lines)


def _group_table(summary: Mapping[str, Any], grouping: str, names: Sequence[str]) -> list[str]:
    """The measures `names` of each type, style or intent; nothing where there is only one."""
    sizes = summary[f"{grouping}s"]
    if len(sizes) < 2:
        return []
    lines = ["", f"| {grouping} | n | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for group, n in sizes.items():
        values = estimates(summary[f"by_{grouping}"][group])
        cells = [shown(values[name]) if name in values else "" for name in names]
        lines.append(f"| {group} | {n} | " + " | ".join(cells) + " |")
    return lines


def _confusion_table(confusion: Mapping[str, Mapping[str, int]]) -> list[str]:
    """What was asked, a row each, by what it was taken for."""
    taken = sorted({intent for row in confusion.values() for intent in row})
    if not taken:
        return []
    lines = ["", "| asked, taken for | " + " | ".join(taken) + " |", "|---|" + "---|" * len(taken)]
    for asked, row in confusion.items():
        lines.append(f"| {asked} | " + " | ".join(str(row.get(intent, "")) for intent in taken) + " |")
    return lines


def _reliability_table(bins: Sequence[Mapping[str, float]]) -> list[str]:
    """Confidence shown beside the share that was right."""
    if not bins:
        return []
    lines = ["", "| confidence | right | n |", "|---|---|---|"]
    return lines + [f"| {row['predicted']:.2f} | {row['held']:.2f} | {row['n']} |" for row in bins]


def notices(summary: Mapping[str, Any]) -> list[str]:
    """What a reader must know before the figures, one line each."""
    lines = []
    if summary["failed"]:
        first = next(iter(summary["failed"].values()))
        lines.append(
            f"{len(summary['failed'])} questions failed and count at their default; the first: {first}"
        )
    if summary["missing_gold"]:
        names = "; ".join(summary["missing_gold"])
        lines.append(
            f"{len(summary['missing_gold'])} gold papers are not in this library and count as missed: {names}"
        )
    if summary["notices"]:
        first = next(iter(summary["notices"].values()))
        lines.append(f"{len(summary['notices'])} answers carry a notice; the first: {first}")
    if summary["unscored"]:
        first = next(iter(summary["unscored"].values()))
        lines.append(f"{len(summary['unscored'])} verdicts of the judge are unscored; the first: {first}")
    return lines


def html(report: Report) -> str:
    """The page: one self-contained file."""
    summary, manifest = report.summary, report.manifest
    measures = estimates(summary["measures"])
    tiles = [tile(name, MEASURES[name].about, measures[name]) for name in HEADLINES if name in measures]
    if total := report.latency.get("total"):
        median, p95 = f"{total['p50']:.0f}", f"p95 {total['p95']:.0f} ms"
        tiles.append(Tile("median latency", "time of a question", median, p95, unit="ms"))
    lower = {
        name: " (lower is better)" if measure.better == "lower" else "" for name, measure in MEASURES.items()
    }
    mode = manifest.settings["mode"]
    return render(
        "report.html",
        ReportPage(
            name=manifest.dataset["name"],
            lead=f"{summary['n']} questions over {manifest.library['n_papers']:,} papers, {mode}. "
            "Intervals are 95%, by bootstrap over questions.",
            notices=notices(summary) + _left_out(len(report.scored)),
            tiles=tiles,
            plots=plots(report),
            measures=measures,
            about={name: measure.about + lower[name] for name, measure in MEASURES.items()},
            what="questions",
            kind_name="Type",
            types=summary["types"],
            kinds=KINDS,
            rows=[question_row(scored, report.gold) for scored in _listed(report.scored)],
            made=made_by(manifest),
        ),
    )


def plots(report: Report) -> list[Plot]:
    """Every plot the run has numbers for."""
    summary = report.summary
    drawn: list[Plot] = []
    for grouping in GROUPINGS:
        groups = {group: estimates(values) for group, values in summary[f"by_{grouping}"].items()}
        for name in BY_TYPE:
            rows = [(group, values[name]) for group, values in groups.items() if name in values]
            if len(rows) > 1:
                drawn.append(Plot(f"{name} by {grouping}", MEASURES[name].about, charts.interval_chart(rows)))
    if summary["recall_by_depth"]:
        points = [(float(k), recall) for k, recall in enumerate(summary["recall_by_depth"], 1)]
        x = charts.Axis(1, len(points), (1, 2, 5, 10, 20, 50), "papers retrieved (k)", log=True)
        curve = charts.line_chart(points, x, charts.Axis(0, 1, charts.UNIT_TICKS, "recall"), area=True)
        drawn.append(Plot("Retrieval depth", "share of the gold papers among the first k", curve))
    if summary["risk_coverage"]:
        x, y = (charts.Axis(0, 1, charts.UNIT_TICKS, label) for label in ("coverage", "risk"))
        curve = charts.line_chart(summary["risk_coverage"], x, y, area=True)
        drawn.append(
            Plot("Risk and coverage", "errors, if only the questions it is surest of were answered", curve)
        )
    if summary["confidence"]:
        disc = charts.calibration_chart(
            summary["confidence"], "confidence shown", "answered from a gold paper"
        )
        drawn.append(
            Plot("Reliability of the confidence", "questions by the confidence shown with their answer", disc)
        )
    if len(summary["calibration"]) > 1:  # quotes alone all have support 1
        disc = charts.calibration_chart(
            summary["calibration"], "support of a sentence", "cites gold papers alone"
        )
        drawn.append(
            Plot(
                "Calibration of support",
                "answer sentences by their support; a disc's area is its share",
                disc,
            )
        )
    if report.latency:
        rows3 = [(stage, t["p50"], t["p95"]) for stage, t in report.latency.items()]
        drawn.append(
            Plot("Latency by stage", "median and 95th percentile", charts.bar_chart(rows3, "milliseconds"))
        )
    return drawn


def question_row(scored: Scored, gold: Gold) -> dict[str, Any]:
    """What the page shows of one question."""
    question, answer = scored.question, scored.result.answer
    relevant = {paper for paper, grade in gold.qrels.get(question.id, {}).items() if grade > 0}
    ranks = {paper: rank for rank, paper in enumerate(scored.result.ranking, 1)}
    titles = {gold.ids[name]: name for name in question.gold}
    titles |= {paper: gold.papers[paper].title for paper in relevant if paper in gold.papers}
    facts = (
        question.nuggets
        if len(question.nuggets) == len(question.patterns)
        else [p.pattern for p in question.patterns]
    )
    return {
        "question": question,
        "error": scored.result.error,
        "answer": answer,
        "citations": [(c, c.paper_id in relevant, is_verbatim(c, gold.papers)) for c in answer.citations]
        if answer
        else [],
        "gold": [(titles[paper], ranks.get(paper)) for paper in titles],
        "evidence": list(zip(question.evidence, quoted_evidence(question, answer, gold), strict=True)),
        "facts": list(zip(facts, found_facts(question, answer), strict=True)),
        "retrieved": [(paper, paper.paper_id in relevant) for paper in scored.result.retrieved[:SHOWN]],
        "verdicts": scored.result.verdicts,
        "misses": misses(scored),
        "scores": {name: scored.scores[name] for name in HEADLINES if name in scored.scores},
    }


def _misses_in_words(scored: Sequence[Scored]) -> list[str]:
    by_kind = {kind: [s.question.id for s in scored if kind in misses(s)] for kind in KINDS}
    return [f"- {kind} ({len(ids)}): {_first(ids)}" for kind, ids in by_kind.items() if ids]


def _first(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def _listed(scored: Sequence[Scored]) -> Sequence[Scored]:
    """All questions in their order; where there are too many for a page, those with a failure first."""
    return scored if len(scored) <= LISTED else sorted(scored, key=lambda s: not misses(s))[:LISTED]


def _left_out(n: int) -> list[str]:
    if n <= LISTED:
        return []
    return [f"{LISTED} of {n} questions are listed, those with a failure first; results.jsonl has them all"]
