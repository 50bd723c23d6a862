"""The Library tab as HTML: the table and its tools, one paper in full, and what an ingest did. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.records import IngestReport, Paper, Progress, RankedPaper
from rag.text.authors import authors_line
from ui.ask.evidence_html import paper_link
from ui.library.catalogue import SORTS, ListedPaper, ListPage, ListView
from ui.widgets.markup import attributes, button, byline, esc, icon, menu, plural

EXPORTS = {"bibtex": "BibTeX", "ris": "RIS", "csv": "CSV", "markdown": "Markdown"}
REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file: a report, or why there is none."""

    name: str
    report: IngestReport | None = None
    error: str = ""


def render_tools(view: ListView, page: ListPage) -> str:
    """The line above the table: search, how many, and what can be done with those ticked."""
    ticked = len(view.ticked)
    items = "".join(button(esc(words), event="export", format=key) for key, words in EXPORTS.items())
    which = f"{ticked:,} ticked" if ticked else "those found"
    export = menu(f"{icon('export')}Export {which}", "quiet", f'<div class="sheet list">{items}</div>')
    remove = ""
    if ticked:
        sure = button(f"Remove {plural(ticked, 'paper')} for good", "danger", event="remove")
        remove = menu(f"{icon('bin')}Remove", "quiet", f'<div class="sheet list">{sure}</div>')
        remove += button("Untick all", "quiet", event="untick")
    return (
        f'<div class="tools-line"><form class="find"{attributes(event="find")}>{icon("search")}'
        '<input name="words" type="search" aria-label="Find papers" autocomplete="off" '
        f'placeholder="Find by title, author, year, venue" value="{esc(view.words)}"></form>'
        f'<span class="count">{plural(page.n_found, "paper")}</span>{export}{remove}</div>'
    )


def render_table(view: ListView, page: ListPage) -> str:
    """One page of the list, and the way to the others."""
    if not page.n_found:
        none = "No paper here has these words." if view.words else "No papers yet: add files above."
        return f'<p class="hint">{none}</p>'
    heads = "".join(_head(name, view) for name in SORTS)
    rows = "".join(_row(line, line.paper_id in view.ticked) for line in page.lines)
    tick = '<th class="tick"><span class="hidden">Ticked</span></th>'
    return (
        f'<div class="scroll"><table class="papers"><thead><tr>{tick}{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{_pager(page)}"
    )


def render_detail(paper: Paper, near: Sequence[RankedPaper]) -> str:
    """One paper: all that is known of it, and the papers nearest to it."""
    facts = [("Keywords", ", ".join(paper.keywords)), ("DOI", paper.doi), ("arXiv", paper.arxiv_id)]
    facts += [("Read from", ", ".join(paper.sources)), ("Id", paper.paper_id)]
    rows = "".join(f"<dt>{name}</dt><dd>{esc(value)}</dd>" for name, value in facts if value)
    line = byline(paper.authors, paper.year, paper.venue, at_most=40)
    others = "".join(f"<li>{_near(found.paper)}</li>" for found in near)
    return (
        f'<article class="detail"><h2 dir="auto">{esc(paper.title)}</h2><p class="byline">{esc(line)}</p>'
        f'<p class="abstract" dir="auto">{esc(paper.abstract) or "No abstract."}</p>'
        f'<p class="links">{button("Ask about this paper", "quiet", event="about", title=paper.title)}'
        f"{paper_link(paper)}</p><dl>{rows}</dl>"
        + (f'<h3 class="rest">Nearest papers</h3><ul class="nearest">{others}</ul>' if others else "")
        + "</article>"
    )


def render_nothing() -> str:
    return '<p class="hint pad">Choose a paper to read its abstract and see its neighbours.</p>'


def render_progress(name: str, step: Progress) -> str:
    """A bar that fills, or moves to and fro where it is not known how many papers are to come."""
    share = f' value="{step.done}" max="{step.total}"' if step.total else ""
    rate = f", {step.papers_per_s:,.0f} a second" if step.papers_per_s else ""
    words = f"{plural(step.done, 'paper')} read{rate}"
    return (
        f'<div class="progress" role="status"><span>{esc(name)}</span><progress{share} aria-label="Reading">'
        f"</progress><small>{words}</small></div>"
    )


def render_results(results: Sequence[FileResult]) -> str:
    """A line a file: what was taken, and what was not and why."""
    lines = "".join(f"<li>{_result(result)}</li>" for result in results)
    return f'<ul class="results" role="status">{lines}</ul>' if lines else ""


def render_files(names: Sequence[str]) -> str:
    """The files added on this page, each to be read again."""
    lines = "".join(
        f"<li><span>{esc(name)}</span>{button('Read again', 'quiet', event='again', name=name)}</li>"
        for name in names
    )
    if not lines:
        return ""
    return menu(
        f"Files<span class='count'>{len(names)}</span>", "quiet", f'<ul class="sheet files">{lines}</ul>'
    )


def _head(name: str, view: ListView) -> str:
    here = view.sort == name
    order = ("descending" if view.descending else "ascending") if here else "none"
    arrow = (" ↓" if view.descending else " ↑") if here else ""
    inner = f'{name.capitalize()}<span aria-hidden="true">{arrow}</span>'
    return (
        f'<th class="{name}" scope="col" aria-sort="{order}">{button(inner, event="sort", column=name)}</th>'
    )


def _row(line: ListedPaper, ticked: bool) -> str:
    tick = (
        f'<input type="checkbox" aria-label="Tick {esc(line.title)}"{" checked" if ticked else ""}'
        f"{attributes(event='tick', paper=line.paper_id)}>"
    )
    return (
        f'<tr><td class="tick">{tick}</td>'
        f'<td class="title">{button(esc(line.title), "open", event="open", paper=line.paper_id)}</td>'
        f"<td>{esc(_short(line.authors))}</td><td>{line.year or ''}</td><td>{esc(line.venue)}</td></tr>"
    )


def _short(authors: str) -> str:
    return authors_line(authors.split(", "), 2, 1)


def _pager(page: ListPage) -> str:
    first, last = page.number == 0, page.number + 1 == page.n_pages
    steps = [("First", 0, first), ("Previous", page.number - 1, first)]
    steps += [("Next", page.number + 1, last), ("Last", page.n_pages - 1, last)]
    buttons = [
        f'<button type="button" class="quiet"{" disabled" if off else ""}'
        f"{attributes(event='leaf', number=number)}>{words}</button>"
        for words, number, off in steps
    ]
    where = f"<span>Page {page.number + 1:,} of {page.n_pages:,}</span>"
    return f'<nav class="pager" aria-label="Pages">{"".join(buttons[:2])}{where}{"".join(buttons[2:])}</nav>'


def _near(paper: Paper) -> str:
    return button(esc(paper.title), "near", event="open", paper=paper.paper_id)


def _result(result: FileResult) -> str:
    if result.report is None:
        return f'<b>{esc(result.name)}</b> <span class="bad">{esc(result.error)}</span>'
    report = result.report
    counts = [(report.added, "added"), (report.updated, "updated"), (report.unchanged, "unchanged")]
    counts.append((report.skipped, "skipped"))
    said = ", ".join(f"{n:,} {word}" for n, word in counts if n) or "no papers in it"
    why = "".join(
        f"<li>{esc(skip.where)}: {esc(skip.reason)}</li>" for skip in report.reasons[:REASONS_SHOWN]
    )
    more = report.skipped - REASONS_SHOWN
    why += f"<li>and {more:,} more</li>" if why and more > 0 else ""
    return f"<b>{esc(result.name)}</b> <span>{said}</span>" + (f"<ul>{why}</ul>" if why else "")
