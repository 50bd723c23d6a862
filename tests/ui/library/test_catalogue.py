from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import ui.library.catalogue
from rag.config import Config
from rag.library.library import Library
from rag.records import Paper
from rag.text.folding import strip_accents
from tests.helpers.fakes import FakeEncoder
from ui.library.catalogue import PAGE, SORTS, Catalogue, Listing, ListView

PAPERS = [
    Paper("a", "Zebra crossings", "...", ("Ångström, A.",), 2020, "Traffic"),
    Paper("b", "apples", "...", ("Bohr, N.", "Curie, M."), None, ""),
    Paper("c", "Éclairs", "...", (), 1999, "Baking"),
]


def ids(view: ListView, papers: list[Paper] = PAPERS) -> list[str]:
    return [line.paper_id for line in Listing(papers).page(view).lines]


@pytest.mark.parametrize(
    ("view", "order"),
    [
        (ListView(), "abc"),
        (ListView(descending=True), "cba"),
        (ListView(sort="title"), "bca"),  # case and accents aside
        (ListView(sort="title", descending=True), "acb"),
        (ListView(sort="year"), "cab"),  # without a year: last
        (ListView(sort="year", descending=True), "acb"),  # and here as well
        (ListView(sort="authors"), "abc"),
        (ListView(sort="venue"), "cab"),
        (ListView(words="angstrom"), "a"),
        (ListView(words="  ECLAIRS "), "c"),
        (ListView(words="curie bohr"), "b"),
        (ListView(words="curie zebra"), ""),
        (ListView(words="2020"), "a"),
        (ListView(page=99), "abc"),
    ],
)
def test_papers_are_found_and_sorted(view: ListView, order: str) -> None:
    assert "".join(ids(view)) == order


def test_pages_part_the_list_without_loss() -> None:
    papers = [replace(PAPERS[0], paper_id=str(n)) for n in range(2 * PAGE + 1)]
    pages = [Listing(papers).page(ListView(page=n)) for n in range(3)]
    assert [line.paper_id for page in pages for line in page.lines] == [str(n) for n in range(2 * PAGE + 1)]
    assert {(page.n_pages, page.n_found) for page in pages} == {(3, 2 * PAGE + 1)}


def test_all_that_is_found_is_ticked_only_if_each_of_it_is() -> None:
    for words, ticked, all_ticked in (
        ("", "", False),
        ("", "ab", False),
        ("", "abc", True),
        ("zebra", "bc", False),  # others are, and more than are found
        ("zebra", "a", True),
        ("nowhere", "abc", False),
    ):
        view = ListView(words=words, ticked=frozenset(ticked))
        assert Listing(PAPERS).page(view).all_ticked is all_ticked, (words, ticked)


def test_no_papers_are_one_empty_page() -> None:
    page = Listing([]).page(ListView())
    assert (page.lines, page.n_pages, page.n_found) == ([], 1, 0)


def test_years_are_counted_with_those_unknown() -> None:
    assert Listing(PAPERS).years() == {2020: 1, 0: 1, 1999: 1}


def test_the_list_follows_the_library(config: Config) -> None:
    with Library.open(config.library, config, create=True) as library:
        catalogue = Catalogue(library)
        assert catalogue.listing().lines == []
        library.add(PAPERS, FakeEncoder())
        before = catalogue.listing()
        assert [line.paper_id for line in before.lines] == ["a", "b", "c"]
        assert catalogue.listing() is before
        library.remove(["b"])
        assert [line.paper_id for line in catalogue.listing().lines] == ["a", "c"]


def test_a_list_can_be_looked_at_while_it_is_read(config: Config) -> None:
    with Library.open(config.library, config, create=True) as library:
        library.add(PAPERS, FakeEncoder())
        catalogue = Catalogue(library)
        assert catalogue.so_far().lines == []
        assert all(0 <= n_read <= 3 for n_read in catalogue.reading())
        assert catalogue.so_far() is catalogue.listing()
        library.remove(["b"])
        assert len(catalogue.so_far().lines) == 3  # the old list serves until the new one is there
        assert all(0 <= n_read <= 2 for n_read in catalogue.reading())
        assert len(catalogue.so_far().lines) == 2


def test_of_a_large_library_the_first_page_comes_at_once(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.library.catalogue, "LARGE", 60)
    papers = [Paper(f"p{i}", f"Title of {i}", "Abstract.") for i in range(140)]
    with Library.open(config.library, config, create=True) as library:
        library.add(papers, FakeEncoder())
        catalogue = Catalogue(library)
        reading = catalogue.reading()
        assert next(reading) == 50
        assert [line.paper_id for line in catalogue.so_far().lines] == [f"p{i}" for i in range(50)]
        assert all(n_read <= 140 for n_read in reading)
        assert len(catalogue.so_far().lines) == 140


@pytest.mark.parametrize("sort", SORTS)
def test_a_list_that_is_settled_has_the_orders_it_had(sort: str) -> None:
    growing, settled = Listing(PAPERS), Listing(PAPERS)
    settled.settle()
    assert growing.page(ListView(sort=sort)) == settled.page(ListView(sort=sort))


def test_a_change_by_another_opener_is_seen(config: Config, tmp_path: Path) -> None:
    with Library.open(config.library, config, create=True) as library:
        library.add(PAPERS[:1], FakeEncoder())
        catalogue = Catalogue(library)
        assert len(catalogue.listing().lines) == 1
        with Library.open(config.library, config) as other:
            other.add(PAPERS[1:], FakeEncoder())
        assert catalogue.listing().lines  # whatever is seen, it is read whole


def test_words_are_compared_without_case_and_accents() -> None:
    assert strip_accents("Nyströmformer ÉCLAIR ß") == "nystromformer eclair ss"


def test_a_misspelt_word_finds_what_is_like_it_and_says_so() -> None:
    listing = Listing([Paper("a", "Tokenization of code", ""), Paper("b", "Parsing", "")])
    page = listing.page(ListView("tokeniztion"))
    assert [line.paper_id for line in page.lines] == ["a"]
    assert page.read_as == "tokenization"
    assert listing.page(ListView("parsing")).read_as == ""
    assert listing.page(ListView("xylophone")).n_found == 0


def test_some_papers_alone_are_listed_in_their_own_order() -> None:
    listing = Listing([Paper(name, f"Title {name}", "") for name in "abc"])
    assert [line.paper_id for line in listing.found(ListView(only=("c", "a")))] == ["c", "a"]
    assert [line.paper_id for line in listing.found(ListView(only=("c", "a"), sort="title"))] == ["a", "c"]
