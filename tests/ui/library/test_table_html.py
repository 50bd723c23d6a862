from __future__ import annotations

from dataclasses import replace

import pytest

from rag.records import IngestReport, Progress, RankedPaper, Skip
from tests.helpers.ui_samples import HOSTILE, OTHER, PAPER, assert_harmless, parse
from ui.library import table_html
from ui.library.catalogue import PAGE, Listing, ListView
from ui.library.table_html import FileResult

FIRST = ListView()


def page_of(n: int, view: ListView = FIRST) -> str:
    papers = [replace(PAPER, paper_id=str(i)) for i in range(n)]
    return table_html.render_table(view, Listing(papers).page(view))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_papers_and_files_are_only_text(text: str) -> None:
    paper = replace(
        PAPER, paper_id=text, title=text, abstract=text, authors=(text,), venue=text, keywords=(text,)
    )
    listing, view = Listing([paper]), ListView(words="")
    page = listing.page(view)
    report = IngestReport(skipped=1, reasons=(Skip(text, text),))
    for html in (
        table_html.render_table(view, page),
        table_html.render_tools(ListView(words=text, ticked=frozenset({text})), page),
        table_html.render_detail(paper, [RankedPaper(paper, 1.0)]),
        table_html.render_progress(text, Progress(1, 2, 3.0)),
        table_html.render_results([FileResult(text, report), FileResult(text, error=text)]),
        table_html.render_files([text]),
    ):
        assert_harmless(html, text)


def test_a_page_has_a_row_a_paper_and_says_which_it_is() -> None:
    found = parse(page_of(PAGE + 1))
    assert found.tags.count("tr") == PAGE + 1  # and the head
    assert "Page 1 of 2" in found.text


@pytest.mark.parametrize(("page", "disabled"), [(0, ["0", "-1"]), (1, []), (2, ["3", "2"])])
def test_there_is_no_way_before_the_first_page_or_after_the_last(page: int, disabled: list[str]) -> None:
    html = page_of(2 * PAGE + 1, ListView(page=page))
    off = [part.partition('data-number="')[2].split('"')[0] for part in html.split(" disabled")[1:]]
    assert off == disabled


@pytest.mark.parametrize(
    ("view", "orders"),
    [
        (ListView(), ["none"] * 4),
        (ListView(sort="title"), ["ascending", "none", "none", "none"]),
        (ListView(sort="year", descending=True), ["none", "none", "descending", "none"]),
    ],
)
def test_the_order_is_told_to_screen_readers(view: ListView, orders: list[str]) -> None:
    assert parse(page_of(1, view)).values("aria-sort") == orders


def test_ticked_papers_can_be_exported_and_removed() -> None:
    page = Listing([PAPER]).page(ListView())
    assert "remove" not in parse(table_html.render_tools(ListView(), page)).values("data-event")
    ticked = table_html.render_tools(ListView(ticked=frozenset({"p1"})), page)
    assert "Export 1 ticked" in ticked
    assert "Remove 1 paper" in ticked


def test_an_empty_list_says_what_to_do() -> None:
    nothing = Listing([]).page(ListView())
    assert "add files" in table_html.render_table(ListView(), nothing)
    assert "No paper here has these words" in table_html.render_table(ListView(words="x"), nothing)


def test_a_paper_is_shown_whole_with_its_neighbours() -> None:
    found = parse(table_html.render_detail(PAPER, [RankedPaper(OTHER, 1.0)]))
    for text in (PAPER.title, PAPER.abstract, "Karen Spärck Jones", "SIGIR", "page.txt", OTHER.title):
        assert text in found.text
    assert list(dict.fromkeys(found.values("data-paper"))) == ["p1", "p2"]  # itself, and near
    assert found.values("data-title") == [PAPER.title]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (FileResult("a.bib", IngestReport(added=3)), "a.bib 3 added"),
        (
            FileResult("a.bib", IngestReport(added=1, updated=1, unchanged=2)),
            "1 added, 1 updated, 2 unchanged",
        ),
        (FileResult("a.bib", IngestReport()), "no papers in it"),
        (FileResult("a.bib", error="it is locked"), "a.bib it is locked"),
        (
            FileResult("a.bib", IngestReport(skipped=7, reasons=(Skip("line 3", "no title"),) * 7)),
            "7 skippedline 3: no title" + "line 3: no title" * 4 + "and 2 more",
        ),
    ],
)
def test_each_file_has_its_line(result: FileResult, said: str) -> None:
    assert said in parse(table_html.render_results([result])).text


def test_progress_fills_or_moves() -> None:
    known = parse(table_html.render_progress("a", Progress(5, 10, 60.0)))
    assert ("progress", "max", "10") in known.attributes
    assert "5 papers read, 60 a second" in known.text
    assert not parse(table_html.render_progress("a", Progress(5, None, 0.0))).values("max")
