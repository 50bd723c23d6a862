"""Bars: drawn on a terminal's stderr, silent elsewhere, and never in the way of the things themselves."""

from __future__ import annotations

import sys

import pytest

from rag.commands.progress import busy, progress_bar, with_progress


def test_nothing_is_drawn_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with busy("Counting"), progress_bar("Adding papers") as show:
        show(1, 2, "3 papers/s")
    assert list(with_progress([1, 2, 3], "Answering")) == [1, 2, 3]
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_what_is_done_on_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress_bar("Adding papers") as show:
        show(40, 300, "12 papers/s")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert all(part in captured.err for part in ("Adding papers", "40/300", "12 papers/s"))


def test_things_come_in_order_with_a_bar_and_after_an_early_stop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(with_progress("abc", "Checking")) == ["a", "b", "c"]
    assert next(with_progress("abc", "Checking")) == "a"
    capsys.readouterr()
