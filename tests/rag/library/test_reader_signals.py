"""rag/library/reader_signals.py: what readers do is written down by reader, and forgotten whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import InputError, StorageError
from rag.library.reader_signals import (
    FOLDER,
    ReaderSignal,
    add_signal,
    forget_reader,
    last_change,
    read_signals,
    readers,
)

KEPT = ReaderSignal("kept", ("a", "b"), "Why?", "2026-01-01T00:00:00+00:00")


def test_signals_read_back_in_order_and_by_reader(tmp_path: Path) -> None:
    add_signal(tmp_path, "ann", KEPT)
    add_signal(tmp_path, "ann", ReaderSignal("down", ("b",)))
    add_signal(tmp_path, "bob@home", KEPT)
    first, second = read_signals(tmp_path, "ann")
    assert first == KEPT
    assert (second.kind, second.papers, second.question) == ("down", ("b",), "")
    assert second.time > "2026"
    assert readers(tmp_path) == ["ann", "bob@home"]
    assert read_signals(tmp_path, "carol") == []


def test_a_reader_is_forgotten_and_the_others_are_not(tmp_path: Path) -> None:
    add_signal(tmp_path, "ann", KEPT)
    add_signal(tmp_path, "bob", KEPT)
    assert forget_reader(tmp_path, "ann")
    assert not forget_reader(tmp_path, "ann")
    assert readers(tmp_path) == ["bob"]


def test_a_new_signal_is_seen_as_a_change(tmp_path: Path) -> None:
    add_signal(tmp_path, "ann", KEPT)
    before = last_change(tmp_path, ["ann", "bob"])
    assert before == last_change(tmp_path, ["ann"])
    add_signal(tmp_path, "ann", KEPT)
    assert last_change(tmp_path, ["ann"]) != before


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a\n"])
def test_a_name_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no name of a reader"):
        add_signal(tmp_path, name, KEPT)


@pytest.mark.parametrize("line", ['{"kind": "liked", "papers": []}', '{"kind": "up", "papers": "a"}', "{"])
def test_a_line_of_another_form_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "ann.jsonl").write_text(line)
    with pytest.raises(InputError, match=r"ann\.jsonl: line 1"):
        read_signals(tmp_path, "ann")


def test_what_cannot_be_saved_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDER / "ann.jsonl").mkdir(parents=True)
    with pytest.raises(StorageError, match="cannot be saved"):
        add_signal(tmp_path, "ann", KEPT)
    with pytest.raises(StorageError, match="cannot be deleted"):
        forget_reader(tmp_path, "ann")
