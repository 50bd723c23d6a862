from __future__ import annotations

from dataclasses import replace

import pytest

from rag.records import AnswerSentence, Evidence, RankedPaper, Sentence
from tests.helpers.ui_samples import (
    HOSTILE,
    OTHER,
    PAPER,
    an_abstention,
    an_answer,
    assert_harmless,
    citation,
    parse,
)
from ui.ask.evidence_html import Span, lit, paper_link, render_evidence, render_found, render_nothing

PAPERS = {"p1": PAPER, "p2": OTHER}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_papers_are_only_text(text: str) -> None:
    paper = replace(PAPER, title=text, abstract=text, authors=(text,), venue=text, url=text, doi="")
    answer = replace(an_answer(), citations=(citation(1, paper, text),))
    assert_harmless(render_evidence(answer, {"p1": paper}, 0), text)
    assert_harmless(render_evidence(answer, {}, 0), text)
    assert_harmless(render_found([RankedPaper(paper, 1.0)], 0), text)


@pytest.mark.parametrize(
    ("spans", "marked"),
    [
        ([], []),
        ([Span(0, 5)], ["First"]),
        ([Span(6, 14), Span(0, 5)], ["First", "sentence"]),
        ([Span(0, 8), Span(3, 14)], ["First sentence"]),  # overlapping: one mark
        ([Span(0, 5), Span(5, 14)], ["First", " sentence"]),  # touching: two
    ],
)
def test_spans_are_lit_in_place(spans: list[Span], marked: list[str]) -> None:
    html = lit(PAPER.abstract, spans)
    assert parse(html).text == PAPER.abstract
    assert [part.split("</mark>")[0].partition(">")[2] for part in html.split("<mark")[1:]] == marked


def test_the_cited_sentence_is_lit_under_its_number() -> None:
    html = render_evidence(an_answer(), PAPERS, 3)
    assert '>Recall rises by 9%.<sup class="num">1</sup></mark>' in html
    assert parse(html).values("data-n") == ["1"]
    assert parse(html).values("data-turn") == ["3"]


def test_a_card_tells_which_sentences_cite_it() -> None:
    sentences = [AnswerSentence(f"S{i}.", (1,) if i != 1 else (), 0.9, "supported") for i in range(3)]
    assert parse(render_evidence(an_answer(*sentences), PAPERS, 0)).values("data-sentence") == [
        "s-0-0",  # from the sentence lit
        "s-0-0",
        "s-0-2",
    ]


def test_citations_of_one_paper_share_a_card() -> None:
    cited = (citation(1, PAPER, "First sentence."), citation(2, PAPER, "Last sentence."))
    found = parse(render_evidence(replace(an_answer(), citations=cited), PAPERS, 0))
    assert found.with_class("cited") == 1
    assert found.values("data-n") == ["1", "2"]


def test_found_papers_that_are_not_cited_follow() -> None:
    html = render_evidence(an_answer(), PAPERS, 0)
    assert html.index("Also found, not cited") < html.index("Dense Vectors")


@pytest.mark.parametrize("papers", [{}, {"p1": replace(PAPER, abstract="It was rewritten.")}])
def test_a_paper_gone_or_changed_since_is_shown_by_its_quote(papers: dict[str, object]) -> None:
    html = render_evidence(an_answer(), papers, 0)  # type: ignore[arg-type]
    assert "Recall rises by 9%." in html
    assert "no longer holds" in html


def test_an_abstention_shows_the_nearest_papers_unlit() -> None:
    found = parse(render_evidence(an_abstention(), PAPERS, 0))
    assert "Nearest papers" in found.text
    assert "mark" not in found.tags
    assert list(dict.fromkeys(found.values("data-paper"))) == ["p1", "p2"]


def test_what_was_found_is_lit_before_there_is_an_answer() -> None:
    sentence = Sentence("First sentence.", 0, 15)
    html = render_found([RankedPaper(PAPER, 1.0, (Evidence("p1", sentence, 0.9),))], 0)
    assert '<mark data-n="">First sentence.</mark>' in html


@pytest.mark.parametrize(
    ("paper", "address"),
    [
        (PAPER, "https://example.org/p1"),
        (replace(PAPER, url="", doi="10.1/x"), "https://doi.org/10.1/x"),
        (replace(PAPER, url="", arxiv_id="2101.1"), "https://arxiv.org/abs/2101.1"),
        (replace(PAPER, url="javascript:alert(1)", doi="10.1/x"), None),
        (replace(PAPER, url=""), None),
    ],
)
def test_a_paper_is_linked_where_its_address_is_known(paper: object, address: str | None) -> None:
    assert parse(paper_link(paper)).values("href") == ([address] if address else [])  # type: ignore[arg-type]


def test_cards_close_every_element() -> None:
    for html in (render_evidence(an_answer(), PAPERS, 0), render_nothing()):
        assert not parse(html).open
        assert not parse(html).unbalanced


def test_an_answer_about_the_library_rests_on_no_paper_and_says_so() -> None:
    told = replace(an_answer(), intent="meta", citations=(), retrieved=())
    assert "rests on no paper" in parse(render_evidence(told, {}, 0)).text
    refused = replace(an_abstention(), retrieved=())
    assert "rests on no paper" not in parse(render_evidence(refused, {}, 0)).text
