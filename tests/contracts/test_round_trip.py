"""What is exported reads back as the same papers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.export import PAPER_FORMATS, SUFFIXES, export_papers
from rag.papers.identifiers import paper_id
from rag.readers import read_papers
from rag.records import Paper

CITABLE = ("bibtex", "ris", "csv", "jsonl")
"""Formats that hold all of a paper; Markdown is for people, and keeps its title and abstract."""

SIGNS = st.sampled_from(
    [*"abzAB01 .,;:-'`\"?!(){}[]<>\\%&#_^~@=+*/|éßØ“”—×αλ漢", " $x_1$ ", "--", "``", " and "]
)
TEXTS = (
    st.lists(SIGNS, min_size=1, max_size=40)
    .map(lambda signs: " ".join("".join(signs).split()))
    .filter(lambda text: any(char.isalnum() for char in text))
)
NAMES = st.sampled_from(
    [
        "Ada Lovelace",
        "Ludwig van Beethoven",
        "Martin King Jr.",
        "Plato",
        "The ATLAS Collaboration",
        "李 小龙",
        "J.-P. O'B",
    ]
)


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    title = draw(TEXTS)
    doi, arxiv_id = draw(
        st.sampled_from([("", ""), ("10.1234/a_b(c)%d", ""), ("", "2004.12832"), ("", "cs/0112017")])
    )
    return Paper(
        paper_id=paper_id(title, doi=doi, arxiv_id=arxiv_id),
        title=title,
        abstract=draw(TEXTS),
        authors=tuple(draw(st.lists(NAMES, max_size=3))),
        year=draw(st.one_of(st.none(), st.integers(1800, 2030))),
        venue=draw(
            st.sampled_from(["", "SIGIR", "Proceedings of the 1st Workshop on R&D {in} IR", "J. 50% Off"])
        ),
        doi=doi,
        arxiv_id=arxiv_id,
        url=draw(st.sampled_from(["", "https://example.org/a_b?c=1&d=%20~e#f"])),
        keywords=tuple(draw(st.lists(st.sampled_from(["late interaction", "C++", "R&D"]), max_size=3))),
    )


def there_and_back(every: list[Paper], format: str, folder: Path) -> list[Paper]:
    """The papers as they come back, without where they were read from."""
    path = folder / f"papers.{SUFFIXES[format]}"
    encoding = "utf-8-sig" if format == "csv" else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        file.writelines(export_papers(every, format))
    back = list(read_papers(path))
    assert all(isinstance(each, Paper) for each in back), back
    return [replace(each, sources=()) for each in back if isinstance(each, Paper)]


@pytest.mark.parametrize("format", CITABLE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paper=papers())
def test_any_paper_comes_back_whole(tmp_path: Path, format: str, paper: Paper) -> None:
    assert there_and_back([paper], format, tmp_path) == [paper]


@pytest.mark.parametrize("format", PAPER_FORMATS)
def test_real_papers_come_back(shared_dir: Path, tmp_path: Path, format: str) -> None:
    page = sorted((shared_dir / "corpus").glob("0*.txt"))[0]
    read = [replace(each, sources=()) for each in read_papers(page) if isinstance(each, Paper)]
    plain = [replace(paper, abstract=" ".join(paper.abstract.split())) for paper in read]
    back = there_and_back(plain, format, tmp_path)
    if format in CITABLE:
        assert back == plain
    else:
        assert [(paper.title, paper.abstract) for paper in back] == [(p.title, p.abstract) for p in plain]


def test_a_spreadsheets_mark_is_taken_off_again(tmp_path: Path) -> None:
    paper = Paper(paper_id("=1+1"), "=1+1", "-cmd|' /C calc'!A0 is an attack.", ("@me",), venue="+1")
    assert there_and_back([paper], "csv", tmp_path) == [paper]


@pytest.mark.parametrize("text", ["'@a", "''=1", "'+1 and more", "' -1", "'Tis the season", "''", "'", "@'a"])
def test_an_apostrophe_of_the_texts_own_comes_back(tmp_path: Path, text: str) -> None:
    paper = Paper(paper_id(f"{text} title"), f"{text} title", text, venue=text)
    assert there_and_back([paper], "csv", tmp_path) == [paper]


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_librarys_own_ids_come_back(tmp_path: Path, format: str) -> None:
    paper = Paper("note-7", "Engines", "We weave.", doi="10.1234/x")
    assert there_and_back([paper], format, tmp_path) == [paper]
