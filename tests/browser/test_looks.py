"""The page as it is seen and heard: accessibility rules, narrow screens, light and dark, no jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open
from tests.browser.visit import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

JOINTRANK = "How does JointRank rerank a large set of candidates in a single pass?"


def violations(reader: Visit | Page) -> list[str]:
    """What axe-core finds serious or critical, each with the first element it found it at."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(reader.page if isinstance(reader, Visit) else reader).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:160]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_no_state_of_the_page_breaks_a_serious_accessibility_rule(
    dark: bool, demo_page: str, visit: Open
) -> None:
    reader = visit(demo_page, dark=dark)
    broken = {"welcome": violations(reader)}
    reader.ask(JOINTRANK)
    reader.page.click("#live .cite >> nth=0")
    reader.page.click("#live .searched summary")
    broken["answer"] = violations(reader)
    reader.ask("Which vaccinations are recommended before a trip to Kenya?")
    broken["abstention"] = violations(reader)
    reader.tab("Library")
    reader.page.click("#table .open >> nth=0")
    reader.wait("#paper h2")
    broken["library"] = violations(reader)
    reader.tab("Map")
    reader.wait("#groups .legend li")
    broken["map"] = violations(reader)
    reader.tab("Evaluate")
    reader.wait("#measure form")
    broken["evaluate"] = violations(reader)
    assert not any(broken.values()), broken


def test_a_narrow_screen_has_one_column_and_its_evidence_in_a_sheet(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page, width=390, height=780)
    page = reader.page
    reader.ask(JOINTRANK)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.locator("#evidence").is_visible()
    page.click("#live .cite >> nth=0")
    page.locator("#cards mark.lit").wait_for()
    assert page.locator("#evidence").is_visible()
    page.click("[data-close-sheet]")
    page.locator("#evidence").wait_for(state="hidden")
    page.click("[data-open-sheet]")
    page.keyboard.press("Escape")
    page.locator("#evidence").wait_for(state="hidden")
    for tab in ("Library", "Map", "Evaluate"):
        reader.tab(tab)
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    reader.tab("Library")
    page.click("#table .open >> nth=0")
    page.wait_for_function("Math.abs(document.querySelector('#paper').getBoundingClientRect().top) < 80")


def test_a_menu_near_the_end_opens_upwards_and_is_seen_whole(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page, height=640)
    reader.ask(JOINTRANK)
    reader.page.click("#live .tools details summary")
    thread = reader.page.locator("#thread").bounding_box()
    sheet = reader.page.locator("#live .tools .sheet").bounding_box()
    assert thread
    assert sheet
    assert thread["y"] <= sheet["y"]
    assert sheet["y"] + sheet["height"] <= thread["y"] + thread["height"]


def test_dark_is_chosen_by_the_system_or_by_hand_and_remembered(demo_page: str, visit: Open) -> None:
    light, dark = visit(demo_page), visit(demo_page, dark=True)
    grounds = [
        each.page.evaluate("getComputedStyle(document.body).backgroundColor") for each in (light, dark)
    ]
    assert grounds[0] != grounds[1]
    light.page.click("[data-theme-toggle]")
    assert light.page.evaluate("getComputedStyle(document.body).backgroundColor") == grounds[1]
    light.reload()
    assert light.page.evaluate("getComputedStyle(document.body).backgroundColor") == grounds[1]
