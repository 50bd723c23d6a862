"""CSV: a row a paper, or a row for each claim of an answer and sentence it cites.

Every cell a spreadsheet would run as a formula is made text by a leading apostrophe (OWASP, "CSV
Injection"): an abstract is somebody else's text, and a spreadsheet is a programming language. A cell whose
own apostrophes stand before such a sign gets one more, so that rag/readers/csv.py, which takes one off,
gives every text back as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields

from rag.records import Answer, AnswerSentence, Citation, Paper

PAPER_COLUMNS = tuple(field.name for field in fields(Paper))
CLAIM_COLUMNS = (
    "question", "claim_n", "claim", "status", "support", "reasons", "citation",
    "paper_id", "title", "authors", "year", "venue", "url", "quote", "start", "end",
)  # fmt: skip
_NO_EVIDENCE: list[object] = [None] * (len(CLAIM_COLUMNS) - CLAIM_COLUMNS.index("citation"))
_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff0b\uff0d\uff1d\uff20])")
"""What a spreadsheet would run, or would if its apostrophes were taken off."""


def write_papers(papers: Iterable[Paper], notes: Mapping[str, str] | None = None) -> Iterator[str]:
    """A header, then a row a paper; authors, keywords and sources are joined by "; ". A last column has
    the notes, where there are any."""
    yield _row([*PAPER_COLUMNS, *["note"] * bool(notes)])
    for paper in papers:
        note = [_cell(notes.get(paper.paper_id, ""))] if notes else []
        yield _row([*(_cell(getattr(paper, column)) for column in PAPER_COLUMNS), *note])


def write_claims(answers: Iterable[Answer]) -> Iterator[str]:
    """A header, then a row for each sentence and citation; a sentence that cites nothing has one row."""
    yield _row(CLAIM_COLUMNS)
    for answer in answers:
        by_n = {citation.n: citation for citation in answer.citations}
        for claim_n, sentence in enumerate(answer.sentences, 1):
            claim = [answer.question, claim_n, *_claim(sentence)]
            cited = [by_n[n] for n in sentence.citations if n in by_n]
            for evidence in [_evidence(citation) for citation in cited] or [_NO_EVIDENCE]:
                yield _row([_cell(value) for value in [*claim, *evidence]])


def neutralise(text: str) -> str:
    """The text, with an apostrophe before it where it would be read as a formula, now or after another."""
    return "'" + text if _FORMULA.match(text) else text


def _claim(sentence: AnswerSentence) -> list[object]:
    return [sentence.text, sentence.status, f"{sentence.support:.3f}", sentence.reasons]


def _evidence(citation: Citation) -> list[object]:
    return [
        citation.n, citation.paper_id, citation.title, citation.authors, citation.year, citation.venue,
        citation.url, citation.quote, citation.start, citation.end,
    ]  # fmt: skip


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        value = "; ".join(value)
    return neutralise("" if value is None else str(value))


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
