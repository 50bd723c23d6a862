"""The table of what the papers say, as HTML: a row a paper, a sentence a cell. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ui.ask.evidence_html import star
from ui.library.catalogue import ListPage, ListView
from ui.library.cells import COLUMNS, Cell, PaperRow
from ui.library.table_html import (
    STAR_HEAD,
    render_count,
    render_head,
    render_pager,
    render_tick,
    render_tick_all,
)
from ui.widgets.markup import attributes, button, esc
from ui.widgets.readable import readable

SORTED = {"year": "year", "venue": "venue"}
"""Columns that the list can be sorted by, and by what."""


def render_columns(view: ListView) -> str:
    """What the table shows: a box a column; without any it is the plain list."""
    boxes = "".join(
        f'<label class="check"><input type="checkbox" name="column"{attributes(event="column", column=name)}'
        f"{' checked' if name in view.columns else ''}>{words}</label>"
        for name, words in COLUMNS.items()
    )
    return f'<fieldset class="columns"><legend>Columns</legend>{boxes}</fieldset>'


def render_cells(view: ListView, page: ListPage, rows: Sequence[PaperRow]) -> str:
    """One page of the table, and the way to the others."""
    heads = render_head("title", view) + "".join(
        render_head(SORTED[name], view) if name in SORTED else f'<th scope="col">{COLUMNS[name]}</th>'
        for name in view.columns
    )
    body = "".join(_row(row, view) for row in rows)
    return (
        f'{render_columns(view)}{render_count(view, page)}<div class="scroll"><table class="papers cells">'
        f"<thead><tr>{render_tick_all(page)}{heads}{STAR_HEAD}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>{render_pager(page)}"
    )


def _row(row: PaperRow, view: ListView) -> str:
    paper = row.paper
    title = button(readable(paper.title), "open", event="open", paper=paper.paper_id)
    cells = "".join(_cell(row.cells.get(name), paper.paper_id) for name in view.columns)
    tick = render_tick(paper.paper_id, paper.title, paper.paper_id in view.ticked)
    starred = star(paper.paper_id, paper.paper_id in view.starred)
    return (
        f'<tr><td class="tick">{tick}</td><th class="title" scope="row">{title}</th>{cells}'
        f'<td class="tick">{starred}</td></tr>'
    )


def _cell(cell: Cell | None, paper_id: str) -> str:
    if cell is None:
        return "<td></td>"
    if cell.start < 0:
        return f"<td>{esc(cell.text)}</td>"
    inner = button(readable(cell.text), "said", event="open", paper=paper_id, start=cell.start, end=cell.end)
    return f"<td>{inner}</td>"
