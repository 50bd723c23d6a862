from __future__ import annotations

import csv
import io

import pytest

from rag.records import Paper, Role, Sentence, SentenceTraits
from tests.helpers.answer_samples import sentences_of_roles
from tests.helpers.ui_samples import HOSTILE, assert_harmless, parse
from ui.library.catalogue import Listing, ListView
from ui.library.cells import COLUMNS, DEFAULT, read_row, write_csv, write_markdown
from ui.library.cells_html import render_cells

SENTENCES = {
    "background": "Migraine is common among nurses who work at night.",
    "task": "This study aims to find whether magnesium shortens attacks.",
    "method": "We propose a crossover protocol with two washout weeks.",
    "data": "It was run with 212 patients of four clinics.",
    "result": "Magnesium shortened attacks by 21% against placebo.",
    "limitation": "This protocol cannot tell sleep from dose.",
    "code": "The analysis scripts are publicly available at https://example.org/m.",
}
PAPER = Paper("m1", "Magnesium at night", " ".join(SENTENCES.values()), ("A. Nurse",), 2021, "J. Sleep")

BLANK = Paper("b", "Blank", "Bees dance.")
ROLES: list[Role] = ["background", "objective", "method", "other", "result", "other", "resource"]


def read(paper: Paper) -> list[tuple[Sentence, SentenceTraits]]:
    return sentences_of_roles(paper, ROLES)


def test_a_cell_is_a_sentence_of_the_abstract_with_its_place() -> None:
    row = read_row(PAPER, read(PAPER))
    for name, cell in row.cells.items():
        assert name in ("year", "venue") or PAPER.abstract[cell.start : cell.end] == cell.text
    told = {name: cell.text for name, cell in row.cells.items()}
    assert told["code"] == SENTENCES["code"]
    assert told["data"] == SENTENCES["data"]
    for name in ("task", "method", "result", "limitation"):
        assert told[name] == SENTENCES[name]
    assert (told["year"], told["venue"]) == ("2021", "J. Sleep")


def test_where_the_abstract_is_silent_the_cell_is_blank() -> None:
    row = read_row(BLANK, read(BLANK))
    assert set(row.cells) & {"code", "limitation", "data", "year", "venue"} == set()
    assert read_row(Paper("e", "Empty", ""), []).cells == {}


def test_the_table_goes_out_as_csv_and_markdown_with_its_references() -> None:
    rows = [read_row(PAPER, read(PAPER))]
    (head, line) = csv.reader(io.StringIO(write_csv(rows, ("result", "year"))))
    assert head == ["Title", "Result", "Year", "Paper id", "Address"]
    assert line[0] == PAPER.title
    assert line[2:4] == ["2021", "m1"]
    text = write_markdown(rows, ("year",))
    assert "| Magnesium at night \\[1\\] | 2021 |" in text
    assert "A. Nurse" in text.split("\n\n")[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_cells_are_only_text(text: str) -> None:
    paper = Paper("h", text, f"We propose {text} here.", venue=text)
    view = ListView(columns=tuple(COLUMNS))
    assert_harmless(render_cells(view, Listing([paper]).page(view), [read_row(paper, read(paper))]), text)
    assert "=cmd" not in write_csv([read_row(Paper("f", "=cmd|x", ""), [])], DEFAULT).split("\r\n")[1][:4]


def test_a_cell_opens_its_sentence_and_the_columns_can_be_chosen() -> None:
    view = ListView(columns=("code", "year"))
    found = parse(render_cells(view, Listing([PAPER]).page(view), [read_row(PAPER, read(PAPER))]))
    start = PAPER.abstract.index(SENTENCES["code"])
    assert found.values("data-start") == [str(start)]
    assert found.values("data-column")[: len(COLUMNS)] == list(COLUMNS)
    assert not found.open
