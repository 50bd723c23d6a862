"""The page on a server for several people: a sign-in, and to each their own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.browser.conftest import Open, Serve
from tests.browser.test_looks import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ANNA, BO = ("anna", "key-of-anna-1"), ("bo li", "key-of-bo-li-2")
JOINTRANK = "How does JointRank rerank a large set of candidates in a single pass?"


@pytest.fixture(scope="module")
def shared_page(demo_library: Path, serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page behind a sign-in by name; its address."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(demo_library, folder / "library")
    (folder / "people").write_text("".join(f"{name} {key}\n" for name, key in (ANNA, BO)), "utf-8")
    return serve(folder / "library", options=["--people", str(folder / "people")])


def test_nothing_of_the_page_is_served_before_the_sign_in(shared_page: str) -> None:
    for path in ("config", "gradio_api/info", "theme.css", "gradio_api/queue/data?session_hash=x"):
        assert httpx.get(shared_page + path).status_code == 401
    assert httpx.post(f"{shared_page}gradio_api/queue/join", json={}).status_code == 401
    assert "gradio" not in httpx.get(shared_page).text


@pytest.mark.parametrize("dark", [False, True])
def test_the_form_is_accessible(dark: bool, shared_page: str, browser: Browser) -> None:
    context = browser.new_context(
        color_scheme="dark" if dark else "light", viewport={"width": 390, "height": 700}
    )
    page = context.new_page()
    page.goto(shared_page)
    assert violations(page) == []
    page.keyboard.type(ANNA[0])  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("a-wrong-key-here")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    context.close()


def test_each_person_has_their_own_conversations_and_lists_from_any_browser(
    shared_page: str, visit: Open
) -> None:
    anna = visit(shared_page, key=ANNA)
    anna.ask(JOINTRANK)
    anna.page.click("#cards .star >> nth=0")
    anna.page.get_by_text("Put on your reading list").wait_for()
    other = visit(shared_page, key=BO)
    other.page.click("#bar summary >> nth=0")
    assert "kept in the library" in other.text("#bar .sheet >> nth=0")
    other.tab("Library")
    other.wait("#table tr")
    assert other.count("#table .star[aria-pressed=true]") == 0
    again = visit(shared_page, key=ANNA)
    again.page.click("#bar summary >> nth=0")
    again.page.click("#bar .past")
    again.page.locator("#live .question", has_text=JOINTRANK).wait_for()
    again.tab("Library")
    again.wait("#table .star[aria-pressed=true]")
    assert violations(again) == []
    again.page.get_by_role("button", name="Sign out").click()
    again.page.wait_for_selector("input[name=key]")
