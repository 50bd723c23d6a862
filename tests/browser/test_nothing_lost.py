"""What was asked and answered survives: a reload, a cut connection, a second window, a change of mind."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open
from tests.browser.visit import CUT_OFF
from tests.helpers.model_server import ModelServer, Scripted

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Route

JOINTRANK = "How does JointRank rerank a large set of candidates in a single pass?"
MEDUSA = "What is Medusa, the speculative decoding framework?"
WORDS = [
    f"{word} " for word in ("Medusa", "adds", "extra", "decoding", "heads", "to", "predict", "tokens.", "[1]")
]
KENYA = "Which vaccinations are recommended before a trip to Kenya?"


def test_a_reload_comes_back_to_the_same_conversation_tab_filters_and_length(
    demo_page: str, visit: Open
) -> None:
    reader = visit(demo_page)
    page = reader.page
    page.select_option("#chips [name=words]", "160")
    # The chips are drawn anew, and a menu opened before that would be closed by it.
    page.locator("#chips [name=words] option[value='160'][selected]").wait_for(state="attached")
    page.click("#chips details summary")
    page.fill("#chips [name=text]", "2015..")
    page.press("#chips [name=text]", "Enter")
    reader.wait(".chip.on")
    reader.ask(JOINTRANK)
    answer = reader.text("#live .answer")
    reader.tab("Library")
    reader.wait("#table tr")
    reader.reload(expect="#table tr")
    reader.tab("Ask")
    assert reader.text("#live .answer") == answer
    assert reader.text(".chip.on") == "Year 2015–"
    assert page.input_value("#chips [name=words]") == "160"


def test_a_conversation_has_an_address_and_back_and_forward_lead_through_them(
    demo_page: str, visit: Open
) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.ask(JOINTRANK)
    address = page.url
    assert "c=" in address
    page.click("#bar [data-event=new]")
    reader.wait("#live .welcome")
    assert "c=" not in page.url
    page.go_back()
    page.locator("#live .question", has_text="JointRank").wait_for()
    page.go_forward()
    reader.wait("#live .welcome")
    assert reader.count(".turn") == 0
    second = reader.context.new_page()  # a bookmark, in another window of the same browser
    second.goto(address)
    second.locator("#live .question", has_text="JointRank").wait_for()


def test_an_answer_goes_on_without_its_page_and_is_picked_up_again(
    written_page: str, model: ModelServer, visit: Open
) -> None:
    model.replies.append(Scripted(WORDS, pause_s=0.4))
    n_asked = len(model.requests)
    reader = visit(written_page)
    reader.begin(f"{MEDUSA} Please.")
    reader.page.locator("#live .answer", has_text="Medusa").wait_for()
    reader.reload(expect="#live .turn")
    reader.wait('#live .turn[aria-busy="false"]')
    assert "Stopped" not in reader.text("#live")
    assert "Written by the model" in reader.text("#live .meta")
    assert reader.count(".turn") == 1
    written = [r for r in model.requests[n_asked:] if any(MEDUSA in m["content"] for m in r["messages"])]
    assert len(written) == 1, "the question was put to the model again"


def test_an_answer_made_while_the_connection_was_cut_is_shown_when_it_is_back(
    written_page: str, model: ModelServer, visit: Open
) -> None:
    model.replies.append(Scripted(WORDS, pause_s=0.4))
    reader = visit(written_page)
    reader.begin(f"{MEDUSA} Once more.")
    reader.page.locator("#live .answer", has_text="Medusa").wait_for()
    n_errors = len(reader.errors)
    reader.context.set_offline(True)
    reader.page.wait_for_timeout(3000)
    reader.context.set_offline(False)
    reader.wait('#live .turn[aria-busy="false"]')
    assert "Written by the model" in reader.text("#live .meta")
    del reader.errors[n_errors:]  # what a browser says of requests that could not be made


def test_a_draft_outlives_a_reload_and_a_look_at_another_conversation(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.ask(JOINTRANK)
    page.click("#bar [data-event=new]")
    reader.wait("#live .welcome")
    page.fill("#box textarea", "half a question")
    reader.reload()
    page.wait_for_function("document.querySelector('#box textarea').value === 'half a question'")
    page.click("#bar details.menu summary >> nth=0")
    page.click("#bar .past")
    page.locator("#live .question", has_text="JointRank").wait_for()
    assert page.input_value("#box textarea") == "half a question"


OF_THE_LOST = (*CUT_OFF, "error 404", "ERR_INCOMPLETE_CHUNKED_ENCODING", "network error")
"""What the browser may say of requests for a page that the server does not know."""


def test_a_page_that_the_server_has_lost_sight_of_comes_back_with_its_conversation_and_draft(
    demo_page: str, visit: Open
) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.ask(JOINTRANK)
    with page.expect_request("**/queue/join*") as request:
        page.select_option("#chips [name=words]", "40")
    joined = request.value.post_data_json
    assert joined
    known = joined["session_hash"]

    def as_unknown(route: Route) -> None:
        """The request as if the server had been started anew meanwhile: it knows no such page."""
        asked = route.request
        body = (asked.post_data or "").replace(known, "unknown")
        route.continue_(url=asked.url.replace(known, "unknown"), post_data=body or None)

    page.route("**/gradio_api/queue/**", as_unknown)
    page.fill("#box textarea", KENYA)
    with page.expect_navigation():
        page.press("#box textarea", "Enter")
    page.locator("#live .question", has_text="JointRank").wait_for()
    page.wait_for_function(f"document.querySelector('#box textarea').value === {json.dumps(KENYA)}")
    page.press("#box textarea", "Enter")
    page.locator("#live .question", has_text="Kenya").wait_for()
    reader.wait('#live .turn[aria-busy="false"]')
    assert reader.count(".turn") == 2
    reader.errors[:] = [each for each in reader.errors if not any(sign in each for sign in OF_THE_LOST)]


def test_two_windows_on_one_conversation_lose_nothing(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(JOINTRANK)
    other = reader.context.new_page()
    other.goto(reader.page.url)
    other.wait_for_selector("#live .turn")
    reader.ask(KENYA)
    other.fill("#box textarea", MEDUSA)
    other.press("#box textarea", "Enter")
    other.locator('#live .turn[aria-busy="false"] .question', has_text="Medusa").wait_for()
    assert other.locator(".turn").count() == 3
    reader.reload(expect="#live .turn")
    assert reader.count(".turn") == 3


def test_a_removed_conversation_is_brought_back(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(JOINTRANK)
    reader.page.click("#bar details.menu summary >> nth=0")
    reader.page.click("#bar [data-event=forget]")
    reader.wait("#live .welcome")
    reader.page.click("#bar [data-event=undo]")
    reader.page.locator("#live .question", has_text="JointRank").wait_for()


def test_any_turn_is_edited_or_not_and_the_earlier_version_is_kept(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.ask(KENYA)
    reader.ask(MEDUSA)
    page.click("#turns [data-event=edit]")
    reader.wait("#editing .editing")
    assert page.input_value("#box textarea") == KENYA
    page.click("#editing [data-event=cancel]")
    page.wait_for_selector("#editing .editing", state="detached")
    assert page.input_value("#box textarea") == ""
    page.click("#turns [data-event=edit]")
    page.wait_for_function(f"document.querySelector('#box textarea').value === {json.dumps(KENYA)}")
    reader.ask(JOINTRANK)
    assert reader.count(".turn") == 1
    assert reader.text("#live .versions") == "2 of 2"
    page.click("#live [data-event=version]")
    reader.wait("#turns .turn")
    assert [reader.text("#turns .question"), reader.text("#live .question")] == [KENYA, MEDUSA]


def test_asking_again_has_the_model_write_again(written_page: str, model: ModelServer, visit: Open) -> None:
    model.replies.extend([Scripted("Medusa adds decoding heads. [1]"), Scripted("Medusa has heads. [1]")])
    reader = visit(written_page)
    reader.ask(f"{MEDUSA} Twice.")
    n_asked = len(model.requests)
    reader.page.click("#live [data-kind=retry]")
    reader.wait("#live .versions")
    reader.wait('#live .turn[aria-busy="false"]')
    assert len(model.requests) == n_asked + 1


def test_what_a_follow_up_leaned_on_is_shown_and_taken_off_with_a_click(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(MEDUSA)
    reader.ask("And how much faster is it?")
    assert "Medusa" in reader.text("#live .chip.added")
    reader.page.click("#live .chip.added")
    reader.wait("#live .versions")
    reader.wait('#live .turn[aria-busy="false"]')
    assert "Medusa" not in reader.text("#live .searched summary")


def test_a_corrected_search_is_searched_as_typed(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(MEDUSA)
    reader.ask("And how much faster is it?")
    reader.page.click("#live .searched summary")
    reader.page.fill("#live .searched input", "how fast is JointRank?")
    reader.page.press("#live .searched input", "Enter")
    reader.page.locator("#live .question", has_text="JointRank").wait_for()
    reader.wait('#live .turn[aria-busy="false"]')
    assert reader.text("#live .searched summary q") == "how fast is JointRank?"


@pytest.mark.parametrize("words", ["jointrnk", "Clavie"])
def test_the_list_is_found_as_one_types_typos_and_all(demo_page: str, visit: Open, words: str) -> None:
    reader = visit(demo_page)
    reader.tab("Library")
    reader.wait("#table tr")
    reader.page.click("#tools input")
    reader.page.keyboard.type(words)
    reader.page.locator("#table .count", has_text="1 paper").wait_for()
    assert reader.page.evaluate("document.activeElement.name") == "words"


def test_removed_papers_are_brought_back(empty_page: str, visit: Open, tmp_path: Path) -> None:
    lines = [{"id": f"g{i}", "title": f"Guest {i}", "abstract": f"It stays {i} nights."} for i in range(3)]
    (tmp_path / "guests.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    reader = visit(empty_page)
    page = reader.page
    reader.tab("Library")
    page.set_input_files("#drop input", tmp_path / "guests.jsonl")
    page.get_by_text("3 added").wait_for()
    reader.wait("#table [data-event=tickall]")
    page.check("#table [data-event=tickall]")
    page.click("#tools [data-event=remove]")
    page.get_by_text("No papers yet").wait_for()
    page.click("#tools [data-event=undo]")
    page.locator("#table .count", has_text="3 papers").wait_for()
