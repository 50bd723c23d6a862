"""What an abstract says under the headings of a table of papers: a sentence each, verbatim, or nothing.

Pure. The sentence for a column is chosen by rag/answering/plans/paper_parts.py; a column without one
stays blank.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.answering.plans.paper_parts import ReadSentences, paper_parts
from rag.export.markdown import escape
from rag.export.tables import neutralise
from rag.export.text import one_line
from rag.records import Paper

COLUMNS = {
    "task": "Task",
    "method": "Method",
    "data": "Data",
    "result": "Result",
    "limitation": "Limitation",
    "code": "Code",
    "year": "Year",
    "venue": "Venue",
}
"""Columns by key, with their headings."""
DEFAULT = ("task", "method", "result")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column: a sentence of the abstract, with its place there; or a fact of the record."""

    text: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper and its cells by column; a column of which the abstract is silent is missing."""

    paper: Paper
    cells: Mapping[str, Cell]


def read_row(paper: Paper, read: ReadSentences) -> PaperRow:
    """The cells of all COLUMNS; `read` are the abstract's sentences."""
    parts = paper_parts(read).items()
    cells = {name: Cell(sentence.text, sentence.start, sentence.end) for name, sentence in parts}
    if paper.year:
        cells["year"] = Cell(str(paper.year))
    if paper.venue:
        cells["venue"] = Cell(paper.venue)
    return PaperRow(paper, cells)


def write_csv(
    rows: Iterable[PaperRow], columns: Sequence[str], notes: Mapping[str, str] | None = None
) -> str:
    """The table as CSV: title, the columns, the reader's notes where there are any, and the paper's id and
    address."""
    out = io.StringIO()
    writer = csv.writer(out)
    heads = ["Title", *(COLUMNS[name] for name in columns), *["Note"] * bool(notes)]
    writer.writerow([*heads, "Paper id", "Address"])
    for row in rows:
        told = [row.cells[name].text if name in row.cells else "" for name in columns]
        note = [notes.get(row.paper.paper_id, "")] if notes else []
        fields = [row.paper.title, *told, *note, row.paper.paper_id, row.paper.url]
        writer.writerow([neutralise(field) for field in fields])
    return out.getvalue()


def write_markdown(
    rows: Iterable[PaperRow], columns: Sequence[str], notes: Mapping[str, str] | None = None
) -> str:
    """The table as Markdown, with the papers as numbered references below it."""
    heads = ["Paper", *(COLUMNS[name] for name in columns), *["Note"] * bool(notes)]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    references = []
    for n, row in enumerate(rows, 1):
        told = [_line(row.cells[name].text) if name in row.cells else "" for name in columns]
        told += [_line(notes.get(row.paper.paper_id, ""))] if notes else []
        lines.append(f"| {_line(row.paper.title)} \\[{n}\\] | {' | '.join(told)} |")
        who = ", ".join(row.paper.authors)
        facts = [who, str(row.paper.year or ""), row.paper.title, row.paper.venue, row.paper.url]
        references.append(f"\\[{n}\\] {escape('. '.join(filter(None, facts)))}")
    return "\n".join(lines) + "\n\n" + "\n\n".join(references) + "\n"


def _line(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\|", escape(one_line(text)))
