"""For and against: a claim weighed, from the box and from a sentence of an answer."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open
from tests.browser.test_looks import violations

CLAIM = "Medusa adds decoding heads to the model."
MEDUSA = "What is Medusa, the speculative decoding framework?"
NOT_HERE = "Olive trees need little water in winter."


def test_a_claim_in_the_box_is_weighed_in_three_columns(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.weigh(CLAIM)
    heads = reader.page.locator("#live .sides .heading").all_inner_texts()
    assert [head.split()[0] for head in heads] == ["For", "Against", "Depends"]
    for column in reader.page.locator("#live .answer section").all():
        n_marks, count = column.locator(".cite").count(), column.locator(".heading small").inner_text()
        assert int(count) == n_marks
        assert n_marks or "Nothing found." in column.inner_text()
    assert reader.count("#live .answer .cite") > 0
    assert reader.page.input_value("#box textarea") == ""
    assert reader.text("#live .scope").startswith("For and against")
    reader.reload()
    assert reader.count("#live .sides section") == 3


def test_every_sentence_weighed_opens_in_its_abstract(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.weigh(CLAIM)
    assert reader.count("#live .cite") > 0
    reader.page.click("#live .cite >> nth=0")
    said = reader.page.locator("#live .s").first.inner_text().removesuffix("1").strip()
    assert said[:40] in reader.text("#cards mark.lit")


def test_who_disagrees_is_asked_of_a_sentence_by_mouse_and_by_key(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.ask(MEDUSA)
    sentence = reader.page.locator("#live .weigh").first.get_attribute("data-text")
    assert sentence
    reader.page.locator("#live .weigh").first.focus()
    assert reader.page.locator("#live .weigh").first.evaluate("e => getComputedStyle(e).opacity") == "1"
    reader.page.keyboard.press("Enter")
    reader.page.locator("#live .question", has_text=sentence[:60]).wait_for()
    reader.wait('#live .turn[aria-busy="false"]')
    assert reader.count(".turn") == 2
    assert reader.text("#live .scope").startswith("For and against")
    # The sentence itself does not stand among those that are for it.
    assert sentence not in reader.page.locator("#live .s").all_inner_texts()


def test_nothing_found_is_said_as_such(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.weigh(NOT_HERE)
    assert "Nothing found for it or against it" in reader.text("#live .abstained")
    assert reader.count("#live .cite") == 0


def test_an_empty_box_is_not_weighed(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    reader.page.click("#chips [data-event=weigh]")
    assert reader.page.evaluate("document.activeElement.closest('#box') !== null")
    assert reader.count("#live .turn") == 0


@pytest.mark.parametrize(
    ("width", "dark"), [(1360, False), (1360, True), (680, False), (390, False), (390, True)]
)
def test_a_weighed_claim_is_accessible_at_every_width(
    width: int, dark: bool, demo_page: str, visit: Open
) -> None:
    reader = visit(demo_page, width=width, dark=dark)  # 680: a window of 1360 at 200%
    reader.weigh(CLAIM)
    assert violations(reader) == []
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
