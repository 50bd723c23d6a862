"""Answers that a model writes: streamed, stopped, checked."""

from __future__ import annotations

from tests.browser.conftest import Open
from tests.helpers.model_server import ModelServer, Scripted

MEDUSA = "What is Medusa, the speculative decoding framework?"
WORDS = ["Medusa ", "adds decoding heads ", "to the model. [1] ", "It cures the common cold. [1]"]


def test_a_written_answer_grows_without_a_jump_and_says_what_is_not_borne_out(
    written_page: str, model: ModelServer, visit: Open
) -> None:
    model.replies.append(Scripted(WORDS, usage=(900, 30), pause_s=0.25))
    reader = visit(written_page)
    page = reader.page
    reader.begin(MEDUSA)
    page.locator("#live .answer", has_text="Medusa").wait_for()
    assert page.locator("#live .turn").get_attribute("aria-busy") == "true"
    assert reader.count("#cards .card") > 0  # evidence comes before the answer
    places = [page.locator("#live .question").bounding_box()]
    reader.wait('#live .turn[aria-busy="false"]')
    places.append(page.locator("#live .question").bounding_box())
    assert places[0] == places[1]
    assert reader.count("#live .s.unsupported") + reader.count("#live .s.weak") == 1
    page.hover("#live .flag")
    assert reader.text("#tip")
    page.mouse.move(1, 1)
    page.focus("#live .flag")
    assert page.locator("#tip").is_visible()
    assert "930 tokens" in reader.text("#live .meta")


def test_escape_stops_an_answer_and_the_next_question_is_answered(
    written_page: str, model: ModelServer, visit: Open
) -> None:
    model.replies.extend([Scripted("Medusa", stall=True), Scripted("Medusa adds decoding heads. [1]")])
    reader = visit(written_page)
    reader.begin(f"{MEDUSA} Tell me.")
    reader.page.locator("#live .answer", has_text="Medusa").wait_for()
    assert reader.page.locator("#box .stop-button").is_visible()
    reader.page.press("#box textarea", "Escape")
    reader.page.get_by_text("Stopped before it was checked").wait_for()
    assert "Medusa" in reader.text("#live .answer")
    reader.page.click("#live [data-kind=retry]")
    reader.wait("#live .answer .s")
    assert reader.count(".turn") == 1


def test_a_question_in_a_new_conversation_does_not_wait_for_a_model_that_is_silent_in_another(
    written_page: str, model: ModelServer, visit: Open
) -> None:
    model.replies.extend([Scripted("Medusa", stall=True), Scripted("Medusa adds decoding heads. [1]")])
    reader = visit(written_page)
    reader.begin(f"{MEDUSA} Go on.")
    reader.page.locator("#live .answer", has_text="Medusa").wait_for()
    reader.page.click("#bar [data-event=new]")
    reader.wait("#live .welcome")
    reader.page.wait_for_timeout(500)  # whoever showed the silent answer has ended by now
    assert reader.count(".turn") == 0
    reader.ask(f"{MEDUSA} Once more, please.")
    assert reader.count(".turn") == 1
    assert "Written by the model" in reader.text("#live .meta")


def test_a_page_that_is_stopped_does_not_wait_for_a_silent_model(
    written_page: str, model: ModelServer, visit: Open
) -> None:
    model.replies.append(Scripted("Medusa", stall=True))
    reader = visit(written_page)
    reader.begin(f"{MEDUSA} Still there?")
    reader.page.locator("#live .answer", has_text="Medusa").wait_for()
    # `serve` stops the page with this answer under way, and asks for a clean end within half a minute.
