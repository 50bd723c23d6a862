"""Small charts as SVG, and the frame that the map is drawn in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ui.widgets.markup import button, esc, plural

WIDTH, HEIGHT, FOOT = 320, 110, 18
MOST_BARS = 40


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
        f"<small>{', '.join(notes)}</small></figure>"
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


def render_group(name: str, papers: Sequence[tuple[str, str]]) -> str:
    """The (paper_id, title) pairs of a group, nearest its middle first."""
    items = "".join(
        f"<li>{button(esc(title), 'near', event='open', paper=pid)}</li>" for pid, title in papers
    )
    return f'<article class="detail"><h2>{esc(name)}</h2><ul class="nearest">{items}</ul></article>'


def _bar(left: float, step: float, height: float, words: str) -> str:
    return (
        f'<rect x="{left + step * 0.1:.1f}" y="{HEIGHT - FOOT - height:.1f}" width="{step * 0.8:.1f}" '
        f'height="{height:.1f}" rx="1.5"><title>{words}</title></rect>'
    )


def _group(g: int, name: str, size: int) -> str:
    return f'<i class="g{g}"></i><span>{esc(name)}</span><small>{size:,}</small>'
