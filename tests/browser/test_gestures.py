"""The map under mouse, wheel, fingers and keys: nothing leaves it blank, and the page stays in reach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.browser.conftest import Open
from tests.browser.visit import Visit

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession

CANVAS = "#canvas canvas"


def on_map(reader: Visit) -> dict[str, float]:
    """The place of the canvas, once it is drawn."""
    reader.tab("Map")
    reader.wait("#groups .legend li")
    reader.page.wait_for_function(f"document.querySelector('{CANVAS}').dataset.view")
    box: Any = reader.page.locator(CANVAS).bounding_box()
    assert box
    return dict(box)


def view(reader: Visit) -> tuple[float, float, float]:
    """Zoom, and how far the drawing is shifted."""
    zoom, x, y = str(reader.page.locator(CANVAS).get_attribute("data-view")).split()
    return float(zoom), float(x), float(y)


def inked(reader: Visit) -> int:
    """Points of the canvas that are drawn on."""
    script = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
                .data.filter((part, i) => i % 4 === 3 && part > 0).length"""
    return int(reader.page.locator(CANVAS).evaluate(script))


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def test_the_wheel_zooms_and_no_drag_leaves_the_canvas_blank(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    box = on_map(reader)
    mouse = reader.page.mouse
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.move(*middle)
    mouse.wheel(0, 400)  # whole, it lets the page scroll
    assert view(reader) == (1, 0, 0)
    for _ in range(6):
        mouse.wheel(0, -400)
    assert view(reader)[0] > 4
    for dx, dy in ((4000, 4000), (-9000, -9000)):
        mouse.move(*middle)
        mouse.down()
        mouse.move(middle[0] + dx, middle[1] + dy, steps=4)
        mouse.up()
        zoom, x, y = view(reader)
        assert box["width"] * (1 - zoom) - 1 <= x <= 0
        assert box["height"] * (1 - zoom) - 1 <= y <= 0
    mouse.move(*middle)
    for _ in range(20):
        mouse.wheel(0, 400)
    assert view(reader) == (1, 0, 0)
    assert inked(reader) > 500


def test_the_whole_map_comes_back_by_button_and_by_key(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    on_map(reader)
    for by_key in (False, True):
        reader.page.click("#map-zoom button >> nth=0")
        assert view(reader)[0] == 1.5
        if by_key:
            reader.page.focus(CANVAS)
            reader.page.keyboard.press("0")
        else:
            reader.page.click("#map-zoom >> text=Reset")
        assert view(reader) == (1, 0, 0)


def test_two_fingers_zoom_and_one_scrolls_the_page_while_it_is_whole(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page, width=390, height=780, touch=True)
    box = on_map(reader)
    assert "pan-y" in reader.page.locator(CANVAS).evaluate("c => getComputedStyle(c).touchAction")
    session = reader.context.new_cdp_session(reader.page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch(session, "touchStart", (x - 20, y), (x + 20, y))
    for apart in (40, 60, 80, 100):
        touch(session, "touchMove", (x - apart, y), (x + apart, y))
    touch(session, "touchEnd")
    zoom = view(reader)[0]
    assert zoom > 2
    assert reader.page.locator(CANVAS).evaluate("c => getComputedStyle(c).touchAction") == "none"
    touch(session, "touchStart", (x - 100, y), (x + 100, y))
    for apart in (60, 20, 5):
        touch(session, "touchMove", (x - apart, y), (x + apart, y))
    touch(session, "touchEnd")
    assert view(reader)[0] < zoom
    assert inked(reader) > 200


def test_papers_inside_a_frame_are_listed_and_asked(demo_page: str, visit: Open) -> None:
    reader = visit(demo_page)
    box = on_map(reader)
    page = reader.page
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 20, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.locator("#groups", has_text="framed").wait_for()
    found = re.search(r"(\d+) papers? framed", reader.text("#groups"))
    assert found
    assert 0 < int(found[1]) < 122
    page.click("#groups [data-event=scope]")
    reader.wait(".chip.scope")
    assert reader.text(".chip.scope").startswith(f"Only {found[1]} papers")
