"""Small charts as SVG, and the frame that the map is drawn in. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ui.widgets.markup import attributes, button, esc, plural
from ui.widgets.readable import readable

WIDTH, HEIGHT, FOOT = 320, 110, 18
MOST_BARS = 40
NEWEST = 5
MIDDLE = 12
"""Papers of a group shown before the rest of them is asked for."""


def render_years(years: Mapping[int, int]) -> str:
    """Papers a year as bars; under 0 are those without one. Each bar tells its year and number."""
    known = {year: n for year, n in years.items() if year}
    if not known:
        return '<p class="hint">No paper here tells its year.</p>'
    first, last = max(min(known), max(known) - MOST_BARS + 1), max(known)
    counts = {year: known.get(year, 0) for year in range(first, last + 1)}
    step, tallest = WIDTH / len(counts), max(counts.values())
    bars = "".join(
        _bar(i * step, step, (HEIGHT - FOOT - 4) * n / tallest, f"{year}: {plural(n, 'paper')}")
        for i, (year, n) in enumerate(counts.items())
        if n
    )
    earlier = sum(n for year, n in known.items() if year < first)
    notes = [f"{earlier:,} earlier"] * bool(earlier) + [f"{years.get(0, 0):,} without a year"] * bool(
        years.get(0)
    )
    return (
        '<figure class="years"><figcaption>Papers by year</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Papers by year, {first} to {last}; most in one year: {tallest}">{bars}'
        f'<text x="0" y="{HEIGHT - 3}">{first}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 3}" text-anchor="end">{last}</text></svg>'
        f"<small>{', '.join(notes)}</small>{_brush(min(known), last)}</figure>"
    )


def render_legend(names: Sequence[str], sizes: Sequence[int], drawn: int, n_papers: int) -> str:
    """The groups of the map with their colours: each lights its points, and lists its papers."""
    groups = "".join(
        f"<li>{button(_group(g, name, size), 'group', event='group', group=g)}</li>"
        for g, (name, size) in enumerate(zip(names, sizes, strict=True))
    )
    sampled = f"<small>A sample of {drawn:,} of {n_papers:,} papers.</small>" if drawn < n_papers else ""
    head = f'<h2 class="rest">{plural(len(names), "group")}</h2>'
    return f'<div class="legend">{head}<ul>{groups}</ul>{sampled}</div>'


@dataclass(frozen=True, slots=True)
class MappedPaper:
    """A paper as the map knows it."""

    paper_id: str
    title: str
    year: int | None


def render_group(name: str, papers: Sequence[MappedPaper]) -> str:
    """All papers of a group, as given: those nearest its middle first. Its newest, and what can be done."""
    ids = json.dumps([paper.paper_id for paper in papers], ensure_ascii=False)
    actions = "".join(
        button(words, "chip", event=event, papers=ids, name=name)
        for event, words in (
            ("survey", "Overview"),
            ("scope", "Ask only these"),
            ("table", "As a table"),
            ("star", "Add to reading list"),
        )
    )
    dated = sorted((paper for paper in papers if paper.year), key=lambda paper: -(paper.year or 0))
    newest = f'<h3 class="rest">Newest</h3>{_listed(dated[:NEWEST])}' if len(dated) > NEWEST else ""
    middle, more = papers[:MIDDLE], papers[MIDDLE:]
    others = (
        f'<details class="more"><summary>{plural(len(more), "more paper")}</summary>{_listed(more)}</details>'
        if more
        else ""
    )
    return (
        f'<article class="detail"><h2 tabindex="-1">{esc(name)}</h2>'
        f'<p class="byline">{plural(len(papers), "paper")}</p><p class="chips">{actions}</p>{newest}'
        f'<h3 class="rest">Nearest the middle</h3>{_listed(middle)}{others}</article>'
    )


def _listed(papers: Sequence[MappedPaper]) -> str:
    items = "".join(
        f"<li>{button(_titled(paper), 'near', event='open', paper=paper.paper_id)}</li>" for paper in papers
    )
    return f'<ul class="nearest">{items}</ul>'


def _titled(paper: MappedPaper) -> str:
    return readable(paper.title) + (f" <small>{paper.year}</small>" if paper.year else "")


def _brush(first: int, last: int) -> str:
    """Two sliders that leave the papers of some years lit on the map; the canvas listens."""
    if first == last:
        return ""
    sliders = "".join(
        f'<label>{words}<input type="range" min="{first}" max="{last}" value="{value}" '
        f"{attributes(brush=name)}><output>{value}</output></label>"
        for name, words, value in (("from", "From", first), ("to", "To", last))
    )
    return f'<div class="brush" role="group" aria-label="Years shown on the map">{sliders}</div>'


def _bar(left: float, step: float, height: float, words: str) -> str:
    return (
        f'<rect x="{left + step * 0.1:.1f}" y="{HEIGHT - FOOT - height:.1f}" width="{step * 0.8:.1f}" '
        f'height="{height:.1f}" rx="1.5"><title>{words}</title></rect>'
    )


def _group(g: int, name: str, size: int) -> str:
    return f'<i class="g{g}"></i><span>{esc(name)}</span><small>{size:,}</small>'
