"""The reading list: starred from a row or a card, with notes, as a table, as files, as a scope."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Open
from tests.browser.test_looks import violations


def test_papers_are_starred_noted_exported_and_asked(demo_page: str, visit: Open, tmp_path: Path) -> None:
    reader = visit(demo_page)
    page = reader.page
    reader.tab("Library")
    reader.wait("#table .star")
    page.locator("#table .star").nth(2).click()
    page.get_by_text("which now has 1").wait_for()
    page.click("#table .open >> nth=0")
    page.click("#paper .star")
    reader.wait("#paper .note-form")
    assert reader.count("#table .star[aria-pressed=true]") == 2  # its row's star, too
    title = reader.text("#paper h2")
    page.fill("#paper .note-form input", "compare with ours")
    page.press("#paper .note-form input", "Enter")
    page.get_by_text("The note is kept").wait_for()
    page.click("#tools [data-event=reading]")
    page.locator("#table .count", has_text="2 papers").wait_for()
    assert reader.count("#table .star[aria-pressed=true]") == 2
    for words, kept in (("BibTeX", "annote = {compare with ours}"), ("Table as CSV", "compare with ours")):
        page.click("#tools summary:has-text('Export')")
        with page.expect_download() as download:
            page.click(f"#tools button:has-text('{words}')")
        download.value.save_as(tmp_path / "file")
        assert kept in (tmp_path / "file").read_text(encoding="utf-8-sig")
    page.click("#tools [data-event=scope]")
    reader.wait(".chip.scope")
    assert reader.text(".chip.scope") == "Only 2 papers: your reading list"
    reader.ask(f"What does {title} propose?")
    assert reader.text("#live .scope") == "Only 2 papers: your reading list"
    assert reader.count("#cards .card") <= 2
    reader.ask("What are they about?")
    assert reader.count("#cards .card.cited") == 2


@pytest.mark.parametrize(("width", "dark"), [(1360, True), (680, False), (390, False)])
def test_the_table_with_its_stars_is_accessible_at_every_width(
    width: int, dark: bool, demo_page: str, visit: Open
) -> None:
    reader = visit(demo_page, width=width, dark=dark)
    reader.tab("Library")
    reader.wait("#table .star")
    assert violations(reader) == []
    reader.page.click("#tools [data-event=shape]")
    reader.page.wait_for_selector("#table .said", state="attached")
    assert violations(reader) == []
    assert reader.page.locator("#table th[scope=col]:visible").count() == 6  # on a phone, too
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    star = reader.page.locator("#table .star").first
    star.scroll_into_view_if_needed()
    star.focus()
    reader.page.keyboard.press("Enter")
    reader.page.get_by_text("Put on your reading list").wait_for()
    assert star.get_attribute("aria-pressed") == "true"
