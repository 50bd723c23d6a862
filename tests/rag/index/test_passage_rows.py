from __future__ import annotations

from dataclasses import replace

import pytest

from rag.index.passage_rows import PassageRow, content_hash, to_paper, to_rows, whole
from rag.papers.passages import split_passages
from rag.records import Paper
from tests.helpers.fakes import FakeEncoder

FULL = Paper(
    paper_id="10.1/a#b c",
    title="Nyströmformer {\\alpha}\n$x$",
    abstract="One sentence. " * 600,
    authors=("Jane Q. Public", "李, 明"),
    year=2021,
    venue="AAAI",
    doi="10.1/a",
    arxiv_id="2102.03902",
    url="https://example.org/?a=b",
    keywords=("attention",),
    sources=("a.bib", "b.ris"),
)
BARE = Paper("p", "Title", "")


def rows_of(paper: Paper) -> list[PassageRow]:
    return to_rows(paper, split_passages(paper, FakeEncoder().n_tokens))


@pytest.mark.parametrize("paper", [FULL, BARE])
def test_a_paper_comes_back_from_its_rows_as_it_was(paper: Paper) -> None:
    rows = rows_of(paper)
    assert to_paper(rows) == paper
    assert [row.passage for row in rows] == split_passages(paper, FakeEncoder().n_tokens)


def test_metadata_is_what_chroma_takes_and_nothing_empty() -> None:
    for row in rows_of(FULL) + rows_of(BARE):
        assert all(isinstance(value, str | int) and value != "" for value in row.metadata.values())


@pytest.mark.parametrize("change", [{"year": 2022}, {"title": "T"}, {"abstract": "A"}, {"authors": ("X",)}])
def test_the_hash_is_over_all_that_a_paper_says(change: dict[str, object]) -> None:
    assert content_hash(replace(FULL, **change)) != content_hash(FULL)  # type: ignore[arg-type]


def test_the_hash_is_not_over_where_it_was_read() -> None:
    assert content_hash(replace(FULL, sources=("c.csv",))) == content_hash(FULL)


def test_only_whole_papers_count() -> None:
    rows, n = rows_of(FULL), len(rows_of(FULL))
    assert n > 2
    assert whole(reversed(rows)) == {FULL.paper_id: rows}
    for missing in range(n):
        assert whole(rows[:missing] + rows[missing + 1 :]) == {}


def test_rows_left_by_an_older_longer_version_are_passed_over() -> None:
    shorter = rows_of(replace(FULL, abstract="One sentence."))
    assert whole(shorter + rows_of(FULL)[1:]) == {FULL.paper_id: shorter}


def test_rows_of_two_versions_are_no_paper() -> None:
    other = rows_of(replace(FULL, year=1999))
    assert whole([other[0], *rows_of(FULL)[1:]]) == {}
