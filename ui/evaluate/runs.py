"""Evaluation runs kept in a library's folder: which there are, and how the Evaluate tab shows them.

What a run measures and how its report looks is eval/'s; here it is only listed and framed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.widgets.markup import attributes, button, esc, plural, select

if TYPE_CHECKING:
    from eval.runs.compare import Comparison

RUNS = "runs"
QUESTIONS = "questions"
"""The folders of runs and of question files, in the library's."""
DEMO = "demo"
SHOWN = ("nDCG@10", "fact_recall", "citation_precision")
"""Measures told in the list of runs, where a run has them."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder below RUNS, and what its summary says."""

    name: str
    summary: Mapping[str, Any]


def finished_runs(library: Path) -> list[Run]:
    """The finished runs, the newest first."""
    folder = library / RUNS
    reports = sorted(folder.glob("*/*/summary.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [
        Run(path.parent.relative_to(folder).as_posix(), json.loads(path.read_text(encoding="utf-8")))
        for path in reports
    ]


def run_folder(library: Path, name: str) -> Path | None:
    """The folder of the run `name`, None where there is no such run. Never one outside RUNS."""
    known = {run.name for run in finished_runs(library)}
    return library / RUNS / name if name in known else None


def question_sets(library: Path) -> list[str]:
    """The demo set and the question files that were uploaded, by name."""
    folder = library / QUESTIONS
    return [DEMO, *sorted(path.name for path in folder.glob("*.jsonl"))] if folder.is_dir() else [DEMO]


def render_form(sets: Sequence[str], chosen: str, has_model: bool) -> str:
    """What is to be measured."""
    names = {name: "Demo questions" if name == DEMO else name for name in sets}
    modes = {"quotes": "Quotes"} | ({"model": "Written by the model"} if has_model else {})
    return (
        f'<form class="measure"{attributes(event="measure")}>{select("set", "Questions", names, chosen)}'
        f'{select("mode", "Answers", modes)}<button type="submit">Measure</button></form>'
    )


def render_runs(runs: Sequence[Run], shown: str = "") -> str:
    """The list of runs: each opens its report; two that are ticked can be compared."""
    if not runs:
        return '<p class="hint">No run yet. One asks every question of a set, and marks the answers.</p>'
    lines = "".join(
        f'<li><input type="checkbox" name="run" value="{esc(run.name)}" aria-label="Tick {esc(run.name)}">'
        + button(_words(run), "past here" if run.name == shown else "past", event="report", run=run.name)
        + "</li>"
        for run in runs
    )
    compare = '<button type="submit">Compare two</button>' if len(runs) > 1 else ""
    return f'<form class="runs"{attributes(event="compare")}><ul>{lines}</ul>{compare}</form>'


def render_no_report() -> str:
    return (
        '<p class="hint">The report of a run appears here: how well the papers are found, how well the '
        "answers are supported, and how sure that is.</p>"
    )


def render_report(html: str) -> str:
    """A report in a frame of its own, which can neither reach this page nor fetch anything."""
    return f'<iframe class="report" title="Report" sandbox="allow-scripts" srcdoc="{esc(html)}"></iframe>'


def render_comparison(comparison: Comparison) -> str:
    """Two runs, measure by measure, and the questions that changed sides."""
    changed = "".join(f"<li>{esc(change)}</li>" for change in comparison.changed) or "<li>nothing</li>"
    rows = "".join(
        f"<tr><td>{esc(d.name)}</td><td>{d.a:.3f}</td><td>{d.b:.3f}</td><td>{d.difference.value:+.3f}</td>"
        f"<td>{_interval(d.difference.low, d.difference.high)}</td><td>{d.p:.4f}</td></tr>"
        for d in comparison.differences
    )
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("Measure", "A", "B", "B − A", "95% interval", "p")
    )
    flips = "".join(
        f'<h3 class="rest">{esc(flip.name)}, {words} ({len(questions)})</h3><ul>'
        + "".join(f"<li>{esc(text)}</li>" for _, text in questions)
        + "</ul>"
        for flip in comparison.flips
        for words, questions in (("gained", flip.gained), ("lost", flip.lost))
        if questions
    )
    return (
        f'<article class="detail comparison"><h2>{plural(comparison.n, "question")} in both</h2>'
        f"<p>A is {esc(comparison.a)}<br>B is {esc(comparison.b)}</p><p>What differs:</p><ul>{changed}</ul>"
        f'<div class="scroll"><table class="papers"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{flips}</article>"
    )


def render_asking(done: int, total: int) -> str:
    return (
        f'<div class="progress" role="status"><span>Asking</span><progress value="{done}" max="{total}" '
        f'aria-label="Questions asked"></progress><small>{done:,} of {total:,}</small></div>'
    )


def _words(run: Run) -> str:
    measures = run.summary.get("measures", {})
    told = [f"{name.replace('_', ' ')} {measures[name]['value']:.2f}" for name in SHOWN if name in measures]
    return f"<span>{esc(run.name)}</span><small>{esc(' · '.join(told))}</small>"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:+.3f} to {high:+.3f}"
