from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import InputError, StorageError
from ui.ask.conversation_files import new_browser
from ui.library.reading_list import FOLDER, ReadingLists

ANN, BEN = new_browser(), new_browser()


def test_papers_are_put_on_and_taken_off_and_their_notes_stay(tmp_path: Path) -> None:
    lists = ReadingLists(tmp_path)
    lists.add(ANN, ["p1"])
    lists.note(ANN, "p1", "  read first ")
    lists.add(ANN, ["p1", "p2"])
    assert ReadingLists(tmp_path).load(ANN).notes == {"p1": "read first", "p2": ""}
    assert "p1" in lists.load(ANN)
    lists.take_off(ANN, "p1")
    assert list(lists.load(ANN).notes) == ["p2"]
    lists.take_off(ANN, "p1")  # from a second window
    lists.add(ANN, ["p1"])
    assert lists.load(ANN).notes == {"p2": "", "p1": "read first"}


def test_readers_do_not_see_each_others_lists(tmp_path: Path) -> None:
    lists = ReadingLists(tmp_path)
    lists.add(ANN, ["p1"])
    assert len(lists.load(BEN)) == 0
    for name in ("", "..", "a/b", "../" * 8 + "x"):
        assert len(lists.load(name)) == 0
        with pytest.raises(InputError):
            lists.add(name, ["p1"])


def test_a_broken_file_is_an_empty_list_and_a_full_disk_is_told(tmp_path: Path) -> None:
    lists = ReadingLists(tmp_path)
    lists.add(ANN, ["p1"])
    (tmp_path / FOLDER / f"{ANN}.json").write_text("[1")
    assert len(lists.load(ANN)) == 0
    (tmp_path / FOLDER / f"{BEN}.json").mkdir()
    with pytest.raises(StorageError, match="cannot be saved"):
        lists.add(BEN, ["p1"])
