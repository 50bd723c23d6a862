"""The Library tab as HTML: the table and its tools, one paper in full, and what an ingest did. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.records import IngestReport, Paper, Progress, RankedPaper
from rag.text.authors import authors_line
from ui.ask.evidence_html import Span, lit, paper_link, star
from ui.library.catalogue import SORTS, ListedPaper, ListPage, ListView
from ui.widgets.markup import attributes, button, byline, esc, icon, menu, plural
from ui.widgets.readable import readable, readable_line

EXPORTS = {"bibtex": "BibTeX", "ris": "RIS", "csv": "CSV", "markdown": "Markdown"}
REASONS_SHOWN = 5
STAR_HEAD = '<th class="tick" scope="col"><span class="sr-only">On your reading list</span></th>'


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
    if view.columns:
        items = (
            button("Table as CSV", event="export", format="table-csv")
            + button("Table as Markdown", event="export", format="table-md")
            + items
        )
    export = menu(f"{icon('export')}Export {which}", "quiet", f'<div class="sheet list">{items}</div>')
    chosen = ""
    if view.only and not ticked:
        chosen = button("Ask only these", "quiet", event="scope")
    if ticked:
        chosen = button(f"Ask only {'this' if ticked == 1 else 'these'}", "quiet", event="scope")
        chosen += button(f"{icon('bin')}Remove {plural(ticked, 'paper')}", "quiet danger", event="remove")
        chosen += button("Untick all", "quiet", event="untick")
    words = "Plain list" if view.columns else "Table of what they say"
    shape = button(f"{icon('cards')}{words}", "quiet", event="shape")
    shape += button(f"{icon('star')}Reading list", "quiet", event="reading")
    if view.only:
        inner = f"<span>{esc(view.only_name)}</span>{icon('close')}"
        shape = button(inner, "chip on", f"List all papers. Now: {view.only_name}", event="all") + shape
    undo = ""
    if view.removed:
        words = f"{plural(len(view.removed), 'paper')} removed."
        undo = (
            f'<p class="undo" role="status"><span>{words}</span>{button("Undo", "quiet", event="undo")}</p>'
        )
    return (
        f'<div class="tools-line"><form class="find"{attributes(event="find")}>{icon("search")}'
        '<input name="words" type="search" aria-label="Find papers" autocomplete="off" '
        f'placeholder="Find by title, author, year, venue" value="{esc(view.words)}"></form>'
        f"{shape}{export}{chosen}{undo}</div>"
    )


def render_table(view: ListView, page: ListPage) -> str:
    """One page of the list, and the way to the others."""
    if not page.n_found:
        none = "No paper here has these words." if view.words else "No papers yet: add files above."
        return f'<p class="hint" role="status">{none}</p>'
    heads = "".join(render_head(name, view) for name in SORTS)
    rows = "".join(
        _row(line, line.paper_id in view.ticked, line.paper_id in view.starred) for line in page.lines
    )
    tick = render_tick_all(page)
    return (
        f'{render_count(view, page)}<div class="scroll"><table class="papers">'
        f"<thead><tr>{tick}{heads}{STAR_HEAD}</tr></thead><tbody>{rows}</tbody></table></div>{render_pager(page)}"
    )


def render_count(view: ListView, page: ListPage) -> str:
    """How many papers there are, and what was read where the words typed are nowhere."""
    words = plural(page.n_found, "paper") + (f" · {esc(view.only_name)}" if view.only else "")
    read_as = f" with “{esc(page.read_as)}”; none has what you typed" if page.read_as else ""
    return f'<p class="count" role="status">{words}{read_as}</p>'


def render_tick_all(page: ListPage) -> str:
    """The head of the column of ticks, which ticks all that is found, on every page."""
    which = f"Tick all {plural(page.n_found, 'paper')}"
    checked = " checked" if page.all_ticked else ""
    return (
        f'<th class="tick" scope="col"><input type="checkbox" aria-label="{which}" title="{which}"'
        f"{checked}{attributes(event='tickall')}></th>"
    )


def render_tick(paper_id: str, title: str, ticked: bool) -> str:
    """The box that ticks one paper."""
    return (
        f'<input type="checkbox" aria-label="Tick {esc(readable_line(title))}"{" checked" if ticked else ""}'
        f"{attributes(event='tick', paper=paper_id)}>"
    )


def render_detail(
    paper: Paper,
    near: Sequence[RankedPaper],
    lit_part: tuple[int, int] | None = None,
    note: str | None = None,
) -> str:
    """One paper: all that is known of it, and the papers nearest to it. `lit_part` is lit in its abstract;
    `note` is the reader's, None where the paper is not on their list."""
    spans = [Span(*lit_part)] if lit_part else []
    facts = [("Keywords", ", ".join(paper.keywords)), ("DOI", paper.doi), ("arXiv", paper.arxiv_id)]
    facts += [("Read from", ", ".join(paper.sources)), ("Id", paper.paper_id)]
    rows = "".join(f"<dt>{name}</dt><dd>{esc(value)}</dd>" for name, value in facts if value)
    line = byline(paper.authors, paper.year, paper.venue, at_most=40)
    others = "".join(f"<li>{_near(found.paper)}</li>" for found in near)
    ask = "Ask about this paper"
    about = button(ask, "quiet", event="about", paper=paper.paper_id, title=paper.title)
    return (
        f'<article class="detail"><h2 dir="auto" tabindex="-1">{readable(paper.title)}</h2>'
        f'<p class="byline">{esc(line)}</p>'
        f'<p class="abstract" dir="auto">{lit(paper.abstract, spans) or "No abstract."}</p>'
        f'<p class="links">{about}{star(paper.paper_id, note is not None)}'
        f"{paper_link(paper)}</p>{_note(paper.paper_id, note)}<dl>{rows}</dl>"
        + (f'<h3 class="rest">Nearest papers</h3><ul class="nearest">{others}</ul>' if others else "")
        + "</article>"
    )


def _note(paper_id: str, note: str | None) -> str:
    """The reader's own words on a paper of their reading list."""
    if note is None:
        return ""
    return (
        f'<form class="note-form"{attributes(event="note", paper=paper_id)}><input name="text" '
        f'aria-label="Your note" placeholder="Your note" value="{esc(note)}" autocomplete="off">'
        '<button type="submit">Keep</button></form>'
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


def render_head(name: str, view: ListView) -> str:
    here = view.sort == name
    order = ("descending" if view.descending else "ascending") if here else "none"
    arrow = (" ↓" if view.descending else " ↑") if here else ""
    inner = f'{name.capitalize()}<span aria-hidden="true">{arrow}</span>'
    return (
        f'<th class="{name}" scope="col" aria-sort="{order}">{button(inner, event="sort", column=name)}</th>'
    )


def _row(line: ListedPaper, ticked: bool, starred: bool) -> str:
    tick = render_tick(line.paper_id, line.title, ticked)
    return (
        f'<tr><td class="tick">{tick}</td>'
        f'<td class="title">{button(readable(line.title), "open", event="open", paper=line.paper_id)}</td>'
        f"<td>{esc(_short(line.authors))}</td><td>{line.year or ''}</td><td>{esc(line.venue)}</td>"
        f'<td class="tick">{star(line.paper_id, starred)}</td></tr>'
    )


def _short(authors: str) -> str:
    return authors_line(authors.split(", "), 2, 1)


def render_pager(page: ListPage) -> str:
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
    return button(readable(paper.title), "near", event="open", paper=paper.paper_id)


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
