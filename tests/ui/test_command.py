"""`rag ui`: where it opens a browser by itself, and that it can be told."""

from __future__ import annotations

import sys

import pytest

from rag.cli import command_parser
from ui.command import is_desktop


@pytest.mark.parametrize(
    ("is_terminal", "display", "opens"),
    [(True, ":0", True), (False, ":0", False), (True, "", False)],
)
def test_a_browser_opens_only_where_a_person_sees_it(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, display: str, opens: bool
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    assert is_desktop() == opens


@pytest.mark.parametrize(("option", "choice"), [([], None), (["--open"], True), (["--no-open"], False)])
def test_opening_can_be_asked_for_and_switched_off(option: list[str], choice: bool | None) -> None:
    assert command_parser("ui").parse_args(option).open is choice
