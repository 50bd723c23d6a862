"""`rag ui`: where it opens a browser by itself, and that it can be told."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGTERM
from subprocess import PIPE, Popen

import pytest

from rag.cli import command_parser
from tests.conftest import ROOT, Outcome
from ui.command import is_desktop, read_keys
from ui.sign_in import Keys


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


def test_it_stops_cleanly_while_its_examples_are_still_asked(demo_library: Path, tmp_path: Path) -> None:
    library = shutil.copytree(demo_library, tmp_path / "library")
    command = [sys.executable, "-m", "rag", "ui", "--port", "0", "--no-open", "--library", str(library)]
    with Popen(command, stdout=PIPE, stderr=PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        process.stdout.readline()  # the address: examples are asked from just before it
        process.send_signal(SIGTERM)
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    # 0 once the page is served; 130, as shells expect, where the signal comes between address and serving.
    assert process.returncode in (0, 130)
    assert "terminate" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("key", "told"), [("", "can be reached from other machines"), ("short", "has 5 characters")]
)
def test_other_machines_are_not_served_without_a_key(
    rag: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, told: str
) -> None:
    monkeypatch.setenv("RAG_UI_KEY", key)
    outcome = rag("ui", "--host", "0.0.0.0", "--library", tmp_path / "none")
    assert outcome.code == 2
    assert told in outcome.err
    assert not (tmp_path / "none").exists()


def test_keys_come_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RAG_UI_KEY", raising=False)
    assert read_keys("127.0.0.1", None) is None
    monkeypatch.setenv("RAG_UI_KEY", "a-key-of-the-lab")
    for host in ("127.0.0.1", "0.0.0.0"):  # a key that is set is asked for here, too
        assert read_keys(host, None) == Keys("a-key-of-the-lab")
    (tmp_path / "people").write_text("anna key-of-anna-1\n", "utf-8")
    assert read_keys("0.0.0.0", tmp_path / "people") == Keys(people={"anna": "key-of-anna-1"})
