"""Papers and answers as files other programs read. One module a format; this one only picks it.

Writes text, never a file: callers choose the place (`rag export`, the page's download button).
CSV wants `newline=""`, and a byte-order mark (encoding "utf-8-sig") where Excel is to open it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.errors import InputError
from rag.export import bibtex, html, markdown, ris, tables
from rag.export.bibliography import cited_papers
from rag.files import json_line
from rag.records import Answer, Paper

PAPER_FORMATS = ("bibtex", "ris", "csv", "jsonl", "markdown")
ANSWER_FORMATS = ("markdown", "html", "bibtex", "ris", "csv")
SUFFIXES = {"bibtex": "bib", "ris": "ris", "csv": "csv", "jsonl": "jsonl", "markdown": "md", "html": "html"}
"""File name endings, by format."""


def export_papers(
    papers: Iterable[Paper], format: str, notes: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The papers as pieces of text, in their order; JSONL, CSV, RIS and Markdown stream in constant memory.

    notes: a reader's own words by paper_id, put with their papers as each format has it: BibTeX's
    `annote`, RIS's `N1`, a last column, a key, a paragraph. Raises InputError for a format not in
    PAPER_FORMATS.
    """
    if format == "bibtex":
        return bibtex.write(papers, notes or {})
    if format == "ris":
        return ris.write(papers, notes or {})
    if format == "csv":
        return tables.write_papers(papers, notes)
    if format == "jsonl":
        return (json_line(_with_note(paper, notes or {})) for paper in papers)
    if format == "markdown":
        return markdown.write_papers(papers, notes or {})
    raise InputError(f"papers are not exported as {format!r}; choose from {', '.join(PAPER_FORMATS)}")


def _with_note(paper: Paper, notes: Mapping[str, str]) -> dict[str, Any]:
    note = notes.get(paper.paper_id)
    return {**paper.to_dict(), "note": note} if note else paper.to_dict()


def export_answers(answers: Iterable[Answer], format: str, papers: Iterable[Paper] = ()) -> str:
    """One answer, or a conversation's answers oldest first, with what they cite.

    `papers` are full records of cited papers, for a fuller bibliography and, in HTML, whole abstracts
    with the cited sentences lit; a cited paper not among them is written from its citation.
    Raises InputError for a format not in ANSWER_FORMATS.
    """
    answers, known = tuple(answers), {paper.paper_id: paper for paper in papers}
    if format == "markdown":
        return markdown.write_answers(answers)
    if format == "html":
        return html.write_answers(answers, known)
    if format == "bibtex":
        return "".join(bibtex.write(cited_papers(answers, known)))
    if format == "ris":
        return "".join(ris.write(cited_papers(answers, known)))
    if format == "csv":
        return "".join(tables.write_claims(answers))
    raise InputError(f"answers are not exported as {format!r}; choose from {', '.join(ANSWER_FORMATS)}")
