"""Asking, reading and following up, in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from eval.data.feedback import FILE
from tests.browser.conftest import Open

JOINTRANK = "How does JointRank rerank a large set of candidates in a single pass?"
KENYA = "Which vaccinations are recommended before a trip to Kenya?"


def test_an_answer_stands_beside_its_evidence(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(JOINTRANK)
    assert "Winrate or PageRank" in reader.text("#live .answer")
    assert "JointRank" in reader.text("#cards .card.cited .title")
    assert reader.count("#cards mark[data-n]") == reader.count("#live .cite")
    assert "Answered in" in reader.text("#status")


def test_a_click_on_a_mark_lights_its_sentence_and_moves_only_the_panel(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page, height=420)
    reader.ask(JOINTRANK)
    page = reader.page
    page.locator("#live .cite >> nth=-1").scroll_into_view_if_needed()
    before = page.evaluate("[scrollY, document.querySelector('#thread').scrollTop]")
    page.click("#live .cite >> nth=-1")
    lit = page.locator("#cards mark.lit")
    number = page.inner_text("#live .cite >> nth=-1")
    assert lit.get_attribute("data-n") == number
    assert lit.evaluate("mark => mark.closest('.card').open")
    assert page.evaluate("[scrollY, document.querySelector('#thread').scrollTop]") == before
    box, panel = lit.bounding_box(), page.locator("#evidence").bounding_box()
    assert box
    assert panel
    assert panel["y"] <= box["y"] < panel["y"] + panel["height"]


def test_a_card_leads_back_to_the_sentence_that_cites_it(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(JOINTRANK)
    reader.page.click("#cards .back >> nth=0")
    reader.wait("#live .s.seen")


def test_everything_is_reached_by_keyboard(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    page = reader.page
    page.fill("#box textarea", "one")
    page.press("#box textarea", "Shift+Enter")
    page.keyboard.type("two")
    assert page.input_value("#box textarea") == "one\ntwo"
    assert reader.count("#live .turn") == 0
    reader.ask(JOINTRANK)
    page.focus("#live .cite >> nth=0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('.card') !== null")
    page.focus("#bar details.menu summary >> nth=0")
    page.keyboard.press("Enter")
    assert page.locator("#bar details.menu[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#bar details.menu[open]").count() == 0
    for pressed in ("true", "false"):  # the answer is drawn anew, and its thumb keeps the focus
        page.focus("#live [data-thumb=up]")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#live [data-thumb=up][aria-pressed={pressed}]")
        assert page.evaluate("document.activeElement.dataset.thumb") == "up"
    reader.tab("Library")
    reader.wait("#table .open")
    page.focus("#table .open >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('#paper h2')")


def test_a_follow_up_is_asked_of_what_was_said_before(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask("What is Medusa, the speculative decoding framework?")
    reader.ask("And how much faster is it when the big model's own weights are left alone?")
    assert reader.count("#turns .turn") == 1
    assert "Medusa" in reader.text("#live .searched summary")
    reader.page.click("#turns .cite >> nth=0")
    reader.wait('#cards .cards[data-turn="0"] mark.lit')


def test_an_abstention_shows_the_nearest_papers(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(KENYA)
    assert "does not say" in reader.text("#live .abstained")
    assert reader.count("#live .cite") == 0
    reader.page.click("#live .near >> nth=0")
    reader.wait("#cards .card.lit[open]")


def test_what_was_searched_can_be_edited_and_run_again(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(KENYA)
    reader.page.click("#live .searched summary")
    reader.page.fill("#live .searched input", JOINTRANK)
    reader.page.press("#live .searched input", "Enter")
    reader.wait("#live .answer .cite")
    assert reader.count(".turn") == 1


def test_the_last_question_can_be_edited_and_asked_again(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(KENYA)
    reader.page.click("#live [data-event=edit]")
    reader.page.wait_for_function(f"document.querySelector('#box textarea').value === {json.dumps(KENYA)}")
    reader.ask(JOINTRANK)
    assert reader.count(".turn") == 1


def test_filters_are_chips_typed_or_chosen(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.begin("What is used for speculative decoding since 2024?")
    reader.wait(".chip.on")
    assert reader.text(".chip.on") == "Year 2024–"
    reader.wait('#live .turn[aria-busy="false"]')
    years = [int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", reader.text("#cards"))]
    assert years
    assert min(years) >= 2024
    reader.ask(JOINTRANK)  # of another subject: what the last question was limited to is off again
    page.wait_for_selector(".chip.on", state="detached")
    reader.begin("What is used for speculative decoding since 2024?")
    reader.wait(".chip.on")
    page.click(".chip.on")
    page.wait_for_selector(".chip.on", state="detached")
    page.click("#chips details summary")
    page.select_option("#chips [name=name]", "author")
    page.fill("#chips [name=text]", "Clavié")
    page.press("#chips [name=text]", "Enter")
    reader.wait(".chip.on")
    reader.ask("How can a late-interaction index be made smaller?")
    assert set(page.locator("#cards .byline").all_inner_texts()) != set()
    assert all("Clavié" in line for line in page.locator("#cards .byline").all_inner_texts())


def test_the_box_is_free_for_the_next_question_and_keeps_a_draft(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.page.fill("#box textarea", "a draft")
    reader.page.click("#live .example >> nth=0")
    reader.wait('#live .turn[aria-busy="false"]')
    reader.page.locator("#box .submit-button").wait_for()
    assert not reader.page.locator("#box .stop-button").is_visible()
    assert reader.page.input_value("#box textarea") == "a draft"
    reader.ask(KENYA)
    assert reader.page.input_value("#box textarea") == ""


def test_a_filter_that_is_none_is_told_and_changes_nothing(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.page.click("#chips details summary")
    reader.page.fill("#chips [name=text]", "soon")
    reader.page.press("#chips [name=text]", "Enter")
    reader.page.get_by_text("'soon'").first.wait_for()
    assert reader.count(".chip.on") == 0


def test_the_filter_menu_stays_open_while_the_chips_change_and_closes_when_it_is_used(
    demo_page: str, visit: Open
) -> None:
    reader = visit(demo_page)
    page = reader.page
    opened = page.locator("#chips details.menu[open]")
    page.click("#chips details summary")
    page.select_option("#chips [name=name]", "title")
    page.fill("#chips [name=text]", "rerank")
    page.evaluate("rag.raise('chips', 'words', { value: '40' })")
    page.wait_for_function("document.querySelector('#chips [name=words]').value === '40'")
    assert opened.count() == 1
    assert page.input_value("#chips [name=text]") == "rerank"
    assert page.input_value("#chips [name=name]") == "title"
    page.press("#chips [name=text]", "Enter")
    reader.wait(".chip.on")
    assert reader.text(".chip.on") == "Title rerank"
    assert opened.count() == 0
    page.click("#chips details summary")
    page.keyboard.press("Escape")
    page.evaluate("rag.raise('chips', 'words', { value: '80' })")
    page.wait_for_function("document.querySelector('#chips [name=words]').value === '80'")
    assert opened.count() == 0
    page.click("#chips details summary")
    page.click("#header h1")
    assert opened.count() == 0


def test_reload_and_reopen(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(JOINTRANK)
    answer = reader.text("#live .answer")
    reader.page.click("#bar [data-event=new]")
    reader.wait("#live .welcome")
    reader.reload()
    reader.page.click("#bar details.menu summary >> nth=0")
    reader.page.click("#bar .past")
    reader.wait("#live .answer")
    assert reader.text("#live .answer") == answer
    reader.page.click("#live .cite >> nth=0")
    reader.wait("#cards mark.lit")
    reader.page.click("#bar [data-event=new]")
    reader.wait("#live .welcome")


def test_two_readers_do_not_see_each_others_conversations(demo_page: str, visit: Open) -> None:
    ann, ben = visit(demo_page), visit(demo_page)
    ann.ask(JOINTRANK)
    ben.ask(KENYA)
    for reader, own, others in ((ann, "JointRank", "Kenya"), (ben, "Kenya", "JointRank")):
        reader.reload()
        reader.page.click("#bar details.menu summary >> nth=0")
        reader.wait("#bar .past")
        assert own in reader.text("#bar .sheet")
        assert others not in reader.text("#bar .sheet")


@pytest.mark.parametrize(
    ("name", "suffix", "holds"),
    [
        ("Markdown", ".md", "[1]"),
        ("BibTeX", ".bib", "JointRank"),
        ("RIS", ".ris", "TY  - "),
        ("Claims as CSV", ".csv", "JointRank"),
        ("Web page", ".html", "<!doctype html>"),
    ],
)
def test_an_answer_is_exported(
    name: str, suffix: str, holds: str, demo_page: str, visit: Open, tmp_path: Path
) -> None:
    reader = visit(demo_page)
    reader.ask(JOINTRANK)
    reader.page.click("#live .tools details summary")
    with reader.page.expect_download() as download:
        reader.page.locator("#live .tools .sheet button", has_text=name).click()
    assert download.value.suggested_filename == f"answer{suffix}"
    download.value.save_as(tmp_path / "answer")
    assert holds.lower() in (tmp_path / "answer").read_text(encoding="utf-8").lower()


def test_a_conversation_is_exported_whole(demo_page: str, visit: Open, tmp_path: Path) -> None:
    reader = visit(demo_page)
    reader.ask(JOINTRANK)
    reader.ask(KENYA)
    reader.page.click("#bar summary[title='Export conversation']")
    with reader.page.expect_download() as download:
        reader.page.click("#bar .sheet.list button:has-text('Markdown')")
    assert download.value.suggested_filename == "conversation.md"
    download.value.save_as(tmp_path / "conversation.md")
    text = (tmp_path / "conversation.md").read_text(encoding="utf-8")
    assert text.index(JOINTRANK) < text.index(KENYA)


def test_a_thumb_and_its_reason_are_saved(demo_page: str, visit: Open, kept: Path) -> None:
    reader = visit(demo_page)
    reader.page.click("#live .example >> nth=0")
    reader.wait('#live .turn[aria-busy="false"]')
    question = reader.text("#live .question")
    reader.page.click("#live [data-thumb=down] >> nth=0")
    reader.page.fill("#live .reason input", "too <b>short</b>")
    reader.page.press("#live .reason input", "Enter")
    reader.page.wait_for_selector("#live .reason", state="detached")
    lines = map(json.loads, (kept / FILE).read_text(encoding="utf-8").splitlines())
    said = [(line["thumb"], line["reason"]) for line in lines if line["question"] == question]
    assert said == [("down", None), ("down", "too <b>short</b>")]
