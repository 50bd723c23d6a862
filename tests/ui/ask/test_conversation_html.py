from __future__ import annotations

import re
from dataclasses import replace

import pytest

from rag.records import AnswerSentence, Filters, RetrievedPaper, Section, Usage
from tests.helpers.ui_samples import HOSTILE, an_abstention, an_answer, assert_harmless, parse
from ui.ask.conversation_html import render_editing, render_status, render_turn, render_turns
from ui.ask.conversations import Conversation, ConversationSummary, Turn
from ui.ask.settings import Settings, with_scope
from ui.ask.toolbar_html import render_bar, render_welcome


def done(*sentences: AnswerSentence, text: str = "") -> Turn:
    return Turn("What rises?", "done", answer=an_answer(*sentences, text=text))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_anywhere_in_a_turn_is_only_text(text: str) -> None:
    sentence = AnswerSentence(text, (1,), 0.1, "unsupported", (text,))
    answer = replace(
        an_answer(sentence),
        notice=text,
        searched_for=(text, text),
        citations=tuple(replace(c, title=text) for c in an_answer().citations),
    )
    nearest = (RetrievedPaper(text, text, 1.0),)
    for turn in (
        Turn(text),
        Turn("q", text=text),
        Turn("q", "failed", text=text),
        Turn("q", "stopped", text=text),
        Turn("q", "done", answer=answer, thumb="up"),
        Turn("q", "done", answer=replace(an_abstention(text), retrieved=nearest)),
    ):
        assert_harmless(render_turn(turn, 0), text)
    assert_harmless(render_welcome(3, [text]), text)
    assert_harmless(
        render_bar(Conversation(), [ConversationSummary("a" * 32, text, "2026-01-01T00:00:00Z", 1)]), text
    )


@pytest.mark.parametrize(
    ("text", "citations", "marks"),
    [
        ("Recall rises.", (1,), ["1"]),  # no marker in the text: behind the sentence
        ("Recall rises [1].", (1,), ["1"]),  # where the text has it, once
        ("Recall [1] rises [1].", (1,), ["1", "1"]),
        ("See [7] and a[i].", (), []),  # no citation of this answer
        ("Recall rises [1, 7].", (1,), ["1"]),
    ],
)
def test_marks_stand_for_citations_and_for_nothing_else(
    text: str, citations: tuple[int, ...], marks: list[str]
) -> None:
    found = parse(render_turn(done(AnswerSentence(text, citations, 0.9, "supported")), 2))
    assert found.values("data-n") == marks
    assert found.with_class("cite") == len(marks)


def test_a_mark_stays_on_the_line_of_the_word_before_it() -> None:
    html = render_turn(done(AnswerSentence("Recall rises", (1,), 0.9, "supported")), 0)
    assert 'Recall <span class="held">rises<button' in html
    assert "held" not in render_turn(done(AnswerSentence("x" * 80, (1,), 0.9, "supported")), 0)


def test_a_mark_is_a_button_that_names_its_paper() -> None:
    html = render_turn(done(), 0)
    assert 'aria-label="Evidence 1: Sparse Vectors"' in html
    assert "<button" in html


@pytest.mark.parametrize("status", ["weak", "unsupported"])
def test_what_is_not_plainly_supported_looks_different_and_says_why(status: str) -> None:
    sentence = AnswerSentence("It is 9%.", (1,), 0.3, status, ("9% is not in it",))  # type: ignore[arg-type]
    found = parse(render_turn(done(sentence), 0))
    assert found.with_class(status) == 2  # the sentence and its sign
    assert any("9% is not in it" in tip for tip in found.values("data-tip"))
    assert set(found.values("data-tip")) & set(found.values("aria-label"))


def test_a_supported_sentence_has_no_sign() -> None:
    assert parse(render_turn(done(), 0)).with_class("flag") == 0


def test_lines_of_a_list_become_list_items() -> None:
    sentences = [AnswerSentence(f"Paper {i} does it.", (1,), 0.9, "supported") for i in range(3)]
    text = "\n".join(f"- {s.text} [1]" for s in sentences)
    found = parse(render_turn(done(*sentences, text=text), 0))
    assert found.tags.count("ul") == 1
    assert found.tags[found.tags.index("ul") :].count("li") == 3
    assert not found.unbalanced


def test_paragraphs_stay_paragraphs() -> None:
    sentences = [AnswerSentence(f"Sentence {i}.", (1,), 0.9, "supported") for i in range(3)]
    html = render_turn(done(*sentences, text="Sentence 0. [1] Sentence 1. [1]\n\nSentence 2. [1]"), 0)
    assert html.count('<p dir="auto">') == 2


def test_text_still_being_written_has_no_buttons() -> None:
    found = parse(render_turn(Turn("q", text="It rises [1]"), 0))
    assert found.with_class("cite") == 1
    assert "button" not in found.tags
    assert found.values("aria-busy") == ["true"]


def test_an_abstention_shows_the_nearest_papers_once_and_what_to_try() -> None:
    html = render_turn(Turn("q", "done", answer=an_abstention()), 0)
    assert "This library does not say: nothing is near." in html
    assert "Nearest: x." not in html
    assert html.count("Dense Vectors") == 1
    assert "To try" in html


def test_any_turn_can_be_asked_again_edited_or_searched_otherwise() -> None:
    found = parse(render_turn(done(), 3))
    assert {"retry", "research"} <= set(found.values("data-kind"))
    assert "edit" in found.values("data-event")
    assert {"3"} == set(found.values("data-turn"))
    assert "what rises" in found.text


def test_what_an_earlier_turn_added_is_shown_and_can_be_taken_off() -> None:
    carried = replace(an_answer(), searched_for=("What falls? (What rises? Recall.)",))
    turn = Turn("What falls?", "done", answer=carried)
    found = parse(render_turn(turn, 1))
    assert "Asked about: What rises? Recall." in found.text
    assert "alone" in found.values("data-kind")
    assert "alone" not in parse(render_turn(replace(turn, alone=True), 1)).values("data-kind")
    nested = replace(carried, searched_for=("And then? (What falls (a lot)? (What is BM25 (Okapi)?))",))
    for question in ("And then?", "And then, since 2020?"):  # the years became a filter
        found = parse(render_turn(Turn(question, "done", answer=nested), 1))
        assert "Asked about: What falls (a lot)? (What is BM25 (Okapi)?)" in found.text
    own = Turn("What is BM25 (Okapi)?", "done", answer=replace(carried, searched_for=("BM25 (Okapi)",)))
    assert "alone" not in parse(render_turn(own, 1)).values("data-kind")


def test_the_other_versions_of_a_question_are_a_click_away() -> None:
    edited = Conversation(turns=(done(),)).with_turn(done(), at=0)
    assert "2 of 2" in parse(render_turn(edited.turns[0], 0)).text
    assert parse(render_turn(edited.turns[0], 0)).values("data-place") == ["0"]
    assert "version" not in parse(render_turn(done(), 0)).values("data-event")


def test_editing_is_told_and_can_be_left() -> None:
    found = parse(render_editing(1))
    assert "Editing question 2" in found.text
    assert found.values("data-event") == ["cancel"]
    assert render_editing(None) == ""


def test_which_papers_a_question_was_put_to_stands_under_it() -> None:
    settings = with_scope(Settings(Filters(year_from=2020, venue="<b>")), ["p1", "p2"], "Sparse vectors")
    asked = replace(done(), settings=settings)
    assert "Only 2 papers: Sparse vectors · Year 2020– · Venue <b>" in parse(render_turn(asked, 0)).text
    assert not parse(render_turn(done(), 0)).with_class("scope")


def test_a_thumb_shows_as_pressed_and_asks_for_a_reason_once() -> None:
    asked = parse(render_turn(replace(done(), thumb="down"), 0))
    assert asked.values("aria-pressed") == ["false", "true"]
    assert "form" in asked.tags
    told = parse(render_turn(replace(done(), thumb="down", reason="too long"), 0))
    assert "reason" not in told.values("class")


def test_cost_and_time_are_told() -> None:
    answer = replace(an_answer(), mode="llm", usage=Usage(1000, 20, 0.0012), timings_ms={"total": 1234.0})
    text = parse(render_turn(Turn("q", "done", answer=answer), 0)).text
    assert "Written by the model · 1 paper cited · 1,020 tokens · $0.0012 · 1.2 s" in text


def test_how_many_conversations_are_not_listed_is_told() -> None:
    past = [ConversationSummary("a" * 32, "What rises?", "2026-01-01T00:00:00Z", 1)]
    found = parse(render_bar(Conversation(), past, n_older=1200))
    assert "1,201" in found.text
    assert "1,200 older" in found.text
    assert "older" not in parse(render_bar(Conversation(), past)).values("data-event")


def test_turns_are_numbered_from_the_first() -> None:
    assert [n for n in parse(render_turns([done(), done()])).values("data-turn") if n == "1"]


def test_an_empty_library_offers_the_demo_and_an_upload() -> None:
    found = parse(render_welcome(0, []))
    assert found.values("data-event") == ["demo"]
    assert found.values("data-goto") == ["Library"]


def test_a_screen_reader_is_told_the_outcome() -> None:
    abstained = Turn("q", "done", answer=an_abstention())
    told = [parse(render_status(turn)).text for turn in (done(), abstained, Turn("q"), None)]
    assert told == [
        "Answered in 1 sentence, citing 1 paper.",
        "The library does not say.",
        "Reading the library.",
        "",
    ]
    assert 'role="status"' in render_status(None)


def test_a_weighed_claim_has_three_columns_with_counts_and_says_where_nothing_is() -> None:
    answer = replace(an_answer(), intent="stance", sections=(Section("Against", (0,)),))
    html = render_turn(Turn("Recall falls.", "done", answer=answer, weighs=True), 0)
    for heading, count in (("For", 0), ("Against", 1), ("Depends", 0)):
        assert f"{heading}<small>{count}</small>" in html
    assert html.count("Nothing found.") == 2
    found = parse(html)
    assert found.values("data-n") == ["1"]
    assert not found.unbalanced


def test_a_sentence_can_be_weighed_and_a_fragment_cannot() -> None:
    said = "Recall rises by nine percent on long documents."
    for text, weighed in ((f"{said} [1]", [said]), ("Recall rises. [1]", [])):
        html = render_turn(done(AnswerSentence(text, (1,), 0.9, "supported")), 0)
        assert re.findall(r'data-kind="weigh" data-text="([^"]*)"', html) == weighed


def test_a_remark_of_the_answer_is_not_shown_again_as_a_notice() -> None:
    remark = "No abstract found here says this outright."
    answer = replace(
        an_answer(text=f"{remark}\nRecall rises by 9%. [1]"), notice=f"The filter was left out. {remark}"
    )
    html = render_turn(Turn("What rises?", "done", answer=answer), 0)
    assert remark not in html.partition('<div class="answer')[0]
    assert f">{remark}</p>" in html
    assert '<p class="note">The filter was left out.</p>' in html
