from __future__ import annotations

from argparse import ArgumentParser

import pytest

from rag.commands.filter_options import add_filter_arguments, filters_from
from rag.errors import InputError
from rag.papers.filters import matches, parse_years
from rag.records import Filters, Paper

PAPER = Paper(
    paper_id="2004.12832",
    title="ColBERT",
    abstract="Late interaction.",
    authors=("Omar Khattab", "Matei Zaharia", "Ágnes Szűcs"),
    year=2020,
    venue="SIGIR",
    doi="10.1145/3397271.3401075",
    keywords=("retrieval", "BERT"),
    sources=("papers/list.html",),
)


def parsed(*argv: str) -> Filters | None:
    parser = ArgumentParser()
    add_filter_arguments(parser)
    return filters_from(parser.parse_args(argv))


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2020", (2020, 2020)),
        ("2020..2024", (2020, 2024)),
        ("2020..", (2020, None)),
        ("..2024", (None, 2024)),
        (" 1999..1999 ", (1999, 1999)),
    ],
)
def test_years_are_read_as_they_are_written(text: str, years: tuple[int | None, int | None]) -> None:
    assert parse_years(text) == years


@pytest.mark.parametrize("text", ["", "..", "20", "2020-2024", "2024..2020", "2020..x", "new", "20201"])
def test_years_that_cannot_be_used_are_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="--year"):
        parse_years(text)


def test_no_filter_is_none() -> None:
    assert parsed() is None


def test_every_option_reaches_the_filters() -> None:
    assert parsed(
        "--year", "2019..", "--author", "Khattab", "--author", "Zaharia", "--venue", "SIGIR",
        "--source", "list", "--where", "doi=10.1145", "--where", "keywords=a=b",
    ) == Filters(
        year_from=2019,
        authors=("Khattab", "Zaharia"),
        venue="SIGIR",
        source="list",
        where=(("doi", "10.1145"), ("keywords", "a=b")),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["venue", "venue=", "=ACL", "colour=red", "Venue=ACL"])
def test_where_needs_a_field_of_a_paper_and_a_text(text: str) -> None:
    with pytest.raises(InputError, match="--where"):
        parsed("--where", text)


def test_an_empty_author_is_refused() -> None:
    with pytest.raises(InputError, match="--author"):
        parsed("--author", " ")


def test_half_a_character_is_refused() -> None:
    with pytest.raises(InputError, match="author"):
        parsed("--author", "Szu\udcc3cs")


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (Filters(), True),
        (Filters(year_from=2020, year_to=2020), True),
        (Filters(year_from=2021), False),
        (Filters(year_to=2019), False),
        (Filters(authors=("khattab",)), True),
        (Filters(authors=("khattab", "SZUCS")), True),
        (Filters(authors=("khattab", "devlin")), False),
        (Filters(venue="sigir"), True),
        (Filters(venue="acl"), False),
        (Filters(source="list"), True),
        (Filters(source="scopus"), False),
        (Filters(where=(("keywords", "bert"), ("doi", "10.1145"))), True),
        (Filters(where=(("keywords", "bert"), ("doi", "10.9999"))), False),
        (Filters(where=(("year", "2020"),)), True),
    ],
)
def test_a_paper_must_pass_every_filter(filters: Filters, passes: bool) -> None:
    assert matches(PAPER, filters) is passes


def test_a_paper_without_a_year_passes_no_year_filter() -> None:
    undated = Paper("p", "t", "a")
    assert not matches(undated, Filters(year_from=1))
    assert not matches(undated, Filters(year_to=9999))
    assert not matches(undated, Filters(where=(("year", "20"),)))
