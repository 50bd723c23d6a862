from __future__ import annotations

import pytest

from tests.helpers.ui_samples import HOSTILE, assert_harmless, parse
from ui.widgets.markup import ICONS, button, byline, esc, icon, menu, out_link, plural, safe_url, select


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_shown_and_never_obeyed(text: str) -> None:
    assert_harmless(f'<p title="{esc(text)}">{esc(text)}</p>', text)
    assert_harmless(button(esc(text), "css", text, pressed=True, event="open", paper=text), text)
    assert_harmless(select("name", text, {text: text}, text), text)
    assert_harmless(menu(esc(text), "css", "", text), text)


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://example.org/a?b=1&c=2", True),
        (" http://example.org ", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//example.org", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url: str, is_link: bool) -> None:
    assert bool(safe_url(url)) == is_link
    assert ("<a " in out_link(url, "Open")) == is_link


def test_links_leave_no_trace_and_open_beside_the_page() -> None:
    found = parse(out_link("https://example.org", "Open"))
    assert found.values("rel") == ["noopener noreferrer"]
    assert found.values("target") == ["_blank"]


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_hidden_from_screen_readers(name: str) -> None:
    assert parse(icon(name)).values("aria-hidden") == ["true"]


@pytest.mark.parametrize(
    ("authors", "year", "venue", "line"),
    [
        (("A", "B"), 2020, "ACL", "A, B · 2020 · ACL"),
        (("A", "B", "C"), None, "", "A et al."),
        ((), 2020, "", "2020"),
        ((), None, "", ""),
    ],
)
def test_byline_holds_what_is_known(
    authors: tuple[str, ...], year: int | None, venue: str, line: str
) -> None:
    assert byline(authors, year, venue, at_most=2 if len(authors) < 3 else 1).replace("\u00a0", " ") == line


def test_counts_are_told_in_words() -> None:
    assert [plural(n, "paper") for n in (0, 1, 1204)] == ["0 papers", "1 paper", "1,204 papers"]
