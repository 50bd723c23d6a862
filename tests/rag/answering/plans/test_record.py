"""What is recorded of a paper: who wrote it, when it came out and where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answering.plans.record import answer_record, asks_record, names_paper
from rag.records import RankedPaper
from tests.helpers.answer_samples import asked, ranked


def lamps() -> list[RankedPaper]:
    lux = ranked("a", 9.0, {"LUX burns oil.": 1.0}, "LUX: A Lamp")
    second = ranked("b", 8.0, {"LUX v2 burns less oil.": 1.0}, "LUX v2: A Better Lamp")
    paper = replace(second.paper, authors=("Ada Wick", "Bo Tallow"), year=1893, venue="Journal of Lamps")
    return [lux, replace(second, paper=paper)]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("Who wrote LUX?", "authors"),
        ("Who are the authors of “A Lamp”?", "authors"),
        ("When was LUX v2 published?", "year"),
        ("Which journal did LUX appear in?", "venue"),
        ("Who wrote about lamps?", None),
        ("What did the authors of LUX find?", None),
        ("When did lamps begin to burn oil?", None),
        ("Where is the wick?", None),
    ],
)
def test_a_record_is_asked_for_only_in_words_of_publishing(question: str, field: str | None) -> None:
    assert asks_record(question) == field


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who wrote LUX v2?", "“LUX v2: A Better Lamp” is by Ada Wick, Bo Tallow, 1893."),
        ("Who wrote the paper on a better lamp?", "“LUX v2: A Better Lamp” is by Ada Wick, Bo Tallow, 1893."),
        ("Who wrote LUX?", "No authors are recorded for “LUX: A Lamp”."),
        ("When was LUX v2 published?", "“LUX v2: A Better Lamp” is of 1893."),
        ("Where was LUX v2 published?", "“LUX v2: A Better Lamp” is in Journal of Lamps, 1893."),
    ],
)
def test_the_record_of_the_named_paper_is_told_and_what_is_missing(question: str, said: str) -> None:
    written = answer_record(asked(question), lamps())
    assert not isinstance(written, str)
    assert written.text == said
    assert written.citations == ()


def test_a_paper_that_is_not_there_is_refused_with_the_nearest() -> None:
    told = answer_record(asked("Who wrote Candelux?"), lamps())
    assert isinstance(told, str)
    assert "no title of a paper found names “Candelux”" in told
    assert "LUX: A Lamp" in told


def test_these_name_no_paper() -> None:
    assert not names_paper("who wrote these papers?")
    assert names_paper("who wrote LUX?")
