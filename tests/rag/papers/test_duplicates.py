"""Which records are one paper, on a labelled set of pairs, and what becomes of those that are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from rag.papers.duplicates import compare_records, merge, near_duplicates, resolve
from rag.papers.identifiers import clean_doi, paper_id, title_key
from rag.readers import read_papers
from rag.records import Paper

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "fixtures" / "duplicate_pairs.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def record(fields: dict[str, Any], source: str) -> Paper:
    """A paper as a reader makes it of the fields that a pair tells."""
    title, doi, arxiv_id = fields["title"], fields.get("doi", ""), fields.get("arxiv_id", "")
    return Paper(
        paper_id(title, doi=doi, arxiv_id=arxiv_id),
        title,
        fields.get("abstract", ""),
        tuple(fields.get("authors", ())),
        fields.get("year"),
        fields.get("venue", ""),
        clean_doi(doi),
        arxiv_id,
        sources=(source,),
    )


def records(pair: dict[str, Any]) -> tuple[Paper, Paper]:
    return record(pair["a"], "a"), record(pair["b"], "b")


def test_no_pair_of_two_papers_is_made_one_and_few_of_one_paper_stay_two() -> None:
    found = Counter((pair["same"], compare_records(*records(pair)).verdict == "same") for pair in PAIRS)
    assert len(PAIRS) >= 150
    assert found[False, True] == 0
    assert found[True, True] / (found[True, True] + found[True, False]) >= 0.95


def test_judging_is_symmetric() -> None:
    for pair in PAIRS:
        one, other = records(pair)
        assert compare_records(one, other) == compare_records(other, one)


class Shelf:
    """Stored papers, found as a library finds them: by id, DOI, arXiv id and title."""

    def __init__(self) -> None:
        self.papers: dict[str, Paper] = {}

    def add(self, paper: Paper) -> None:
        stored = resolve(paper, [held for held in self.papers.values() if self.is_candidate(held, paper)])
        self.papers[stored.paper_id] = stored

    @staticmethod
    def is_candidate(held: Paper, paper: Paper) -> bool:
        return (
            held.paper_id == paper.paper_id
            or title_key(held.title) == title_key(paper.title)
            or bool(paper.doi and held.doi == paper.doi)
            or bool(paper.arxiv_id and held.arxiv_id == paper.arxiv_id)
        )


def test_adding_records_again_changes_nothing_in_any_order() -> None:
    for pair in PAIRS:
        for order in permutations(records(pair)):
            shelf = Shelf()
            for paper in order:
                shelf.add(paper)
            once = dict(shelf.papers)
            for paper in (*order, *reversed(order)):
                shelf.add(paper)
            assert shelf.papers == once


def test_two_papers_stay_two_even_where_only_their_title_names_them() -> None:
    for pair in PAIRS:
        one, other = records(pair)
        if not pair["same"] and not (one.doi and one.doi == other.doi):
            shelf = Shelf()
            shelf.add(one)
            shelf.add(other)
            assert len(shelf.papers) == 2, pair["kind"]


def test_near_duplicates_of_the_pages_stay_apart(shared_dir: Path) -> None:
    papers = [
        paper
        for page in sorted((shared_dir / "corpus").glob("*.txt"))
        for paper in read_papers(page)
        if isinstance(paper, Paper)
    ]
    near_titles = (
        "SPLADE",
        "PROP:",
        "SPAR: ",
        "SPAR:",
        "InfoDiffusion",
        "Multi-Head Mixture-of-Experts",
        "Vocabulary-free",
    )
    near = {paper.paper_id: paper for paper in papers if any(title in paper.title for title in near_titles)}
    assert len(near) >= 9
    for one in near.values():
        for other in near.values():
            assert (compare_records(one, other).verdict == "same") == (one.paper_id == other.paper_id)


LONG = (
    "We sketch lanterns with landmarks. On three corpora the sketch keeps most of the light at half the cost."
)
PREPRINT = Paper(
    "2103.09999",
    "Sparse lanterns for k-NN search",
    LONG,
    ("A. Møller",),
    2020,
    "arXiv",
    "10.48550/arxiv.2103.09999",
    "2103.09999",
    "https://arxiv.org/abs/2103.09999",
    ("cs.IR",),
    ("arxiv.jsonl",),
)
PUBLISHED = Paper(
    "10.5555/jir.17",
    "Sparse Lanterns for k-NN Search",
    "A sketch of lanterns keeps the light.",
    ("Ada Møller", "Jürgen van den Berg"),
    2021,
    "Journal of Imaginary Retrieval",
    "10.5555/jir.17",
    keywords=("sketching",),
    sources=("zotero.bib",),
)


@pytest.mark.parametrize("order", [(PREPRINT, PUBLISHED), (PUBLISHED, PREPRINT)])
def test_a_merged_paper_keeps_its_first_id_and_the_published_version(order: tuple[Paper, Paper]) -> None:
    held, new = order
    merged = merge(held, new)
    assert merged == Paper(
        held.paper_id,
        PUBLISHED.title,
        PUBLISHED.abstract,
        PUBLISHED.authors,
        2021,
        PUBLISHED.venue,
        "10.5555/jir.17",
        "2103.09999",
        PREPRINT.url,
        (*held.keywords, *new.keywords),
        (*held.sources, *new.sources),
    )
    assert merge(merged, new) == merge(merged, held) == merged


def test_of_two_unpublished_records_the_longer_abstract_counts() -> None:
    page = Paper("h", PREPRINT.title, LONG + " We say why.", sources=("page.txt",))
    assert merge(PREPRINT, page).abstract == page.abstract
    assert merge(page, PREPRINT).abstract == page.abstract
    assert merge(page, PREPRINT).authors == PREPRINT.authors


def test_a_record_from_the_only_source_of_a_paper_brings_it_up_to_date() -> None:
    revised = Paper(PUBLISHED.doi, PUBLISHED.title, "Short.", doi=PUBLISHED.doi, sources=("zotero.bib",))
    assert resolve(revised, [PUBLISHED]) is revised
    assert resolve(revised, [merge(PUBLISHED, PREPRINT)]).abstract == PUBLISHED.abstract


def test_under_an_id_that_a_file_gave_the_last_record_counts() -> None:
    one = Paper("7", "On Tides", LONG, sources=("a.jsonl",))
    for other in (
        Paper("7", "Kettles at Noon", "Quite another abstract about kettles at noon.", sources=("b.jsonl",)),
        Paper("7", "On Tides", LONG[:60], sources=("b.jsonl",)),
    ):
        assert resolve(other, [one]) == other


def test_doubt_has_its_reason() -> None:
    volume = [Paper(title, title, "", doi="10.5555/v") for title in ("Merging Streams", "Moss on Walls")]
    decision = compare_records(volume[0], volume[1])
    assert (decision.verdict, decision.reason) == ("doubtful", "one DOI, but other titles")


def test_nearly_all_pairs_that_are_one_paper_are_suspected() -> None:
    same = [records(pair) for pair in PAIRS if pair["same"]]
    found = [
        near_duplicates([one, replace(other, paper_id="other")]) == [(one.paper_id, "other")]
        for one, other in same
    ]
    assert sum(found) / len(found) >= 0.95


def namesake(
    author: str, year: int | None, text: str, title: str = "Editorial", source: str = "a.bib"
) -> Paper:
    authors = (author,) if author else ()
    return Paper(paper_id(title), title, text, authors, year, sources=(source,))


LAMPS = (
    "This issue is about lamps and the people who light them, year after year, in every street of a town. "
)
TIDES = (
    "Tides come twice a day. Harbours plan by them, and so did the papers that are collected in this part. "
)
NAMESAKES = {
    "other authors and years": [namesake("Ada Moss", 2001, LAMPS), namesake("Bo Reed", 2002, TIDES)],
    "one author, other years": [namesake("Ada Moss", 2001, LAMPS), namesake("Ada Moss", 2002, TIDES)],
    "one author, one year": [namesake("Ada Moss", 2001, LAMPS), namesake("Ada Moss", 2001, TIDES)],
    "neither author nor year": [namesake("", None, LAMPS), namesake("", None, TIDES)],
    "short texts": [namesake("Ada Moss", 2001, "On lamps."), namesake("Bo Reed", 2002, "On tides.")],
    "no texts": [namesake("Ada Moss", 2001, ""), namesake("Bo Reed", 2002, "")],
    "one boilerplate text": [
        namesake("Ada Moss", 2001, "No abstract."),
        namesake("Bo Reed", 2002, "No abstract."),
    ],
    "one of them in two files": [
        namesake("", None, LAMPS, "Introduction"),
        namesake("", None, TIDES, "Introduction"),
        namesake("", None, LAMPS, "Introduction", "b.bib"),
    ],
    "replies": [
        namesake("Ada Moss", 2001, LAMPS, "Reply to the comment on harbour clocks"),
        namesake("Ada Moss", 2003, TIDES, "Reply to the comment on harbour clocks"),
    ],
    "reports of a series": [
        namesake("Water Board", 2001, LAMPS, "Annual report of the northern water board"),
        namesake("Water Board", 2002, TIDES, "Annual report of the northern water board"),
    ],
    "yearly, over one formula": [
        namesake("Ada Moss", 2001, f"{LAMPS} This year we print nine papers on wicks and one on oil."),
        namesake("Ada Moss", 2002, f"{LAMPS} There are eleven papers about glass and two about moths."),
    ],
    "a telling title": [
        namesake("Ada Moss", 2001, LAMPS, "Harbour clocks and the tides they follow"),
        namesake("Bo Reed", 2002, TIDES, "Harbour clocks and the tides they follow"),
    ],
}


def names(papers: Iterable[Paper]) -> set[tuple[object, ...]]:
    return {(paper.title, paper.authors, paper.year, paper.abstract) for paper in papers}


@pytest.mark.parametrize("papers", NAMESAKES.values(), ids=NAMESAKES)
def test_two_papers_of_one_title_stay_two_in_any_order_however_often_they_come(papers: list[Paper]) -> None:
    for order in permutations(papers):
        shelf = Shelf()
        for paper in order:
            shelf.add(paper)
        assert names(shelf.papers.values()) == names(papers)
        assert order[0].paper_id in shelf.papers
        once = dict(shelf.papers)
        for paper in (*order, *reversed(order)):
            shelf.add(paper)
        assert shelf.papers == once


def test_the_id_of_a_second_paper_depends_on_that_paper_alone() -> None:
    one, other = NAMESAKES["other authors and years"]
    third = namesake("Cy Fell", 2003, LAMPS)
    assert resolve(other, [one]).paper_id == resolve(other, [third, one]).paper_id
    assert resolve(other, [one]).paper_id == resolve(replace(other, abstract=LAMPS), [one]).paper_id


def test_the_second_paper_of_a_title_is_brought_up_to_date_though_what_its_id_was_made_of_changed() -> None:
    one, other = NAMESAKES["other authors and years"]
    stored = resolve(other, [one])
    for year in (1990, 1991):
        corrected = replace(other, year=year)
        changed = resolve(corrected, [one, stored])
        assert changed == replace(corrected, paper_id=stored.paper_id)
        stored = changed
