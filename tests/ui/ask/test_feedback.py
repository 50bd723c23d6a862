from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eval.data.feedback import FILE, read_feedback
from rag.errors import StorageError
from tests.helpers.ui_samples import an_answer
from ui.ask.conversations import Conversation, Thumb, Turn
from ui.ask.feedback import save_feedback


def rated(thumb: Thumb, reason: str = "") -> Conversation:
    first = Turn("What rises?", "done", answer=an_answer())
    return Conversation(turns=(first, replace(first, question="And what falls?", thumb=thumb, reason=reason)))


def test_evaluation_reads_what_the_page_saves(tmp_path: Path) -> None:
    save_feedback(tmp_path, rated("up"), 1)
    save_feedback(tmp_path, rated("down", "too <long>\nand dull"), 1)
    last = read_feedback(tmp_path / FILE)[-1]
    assert (last.question, last.thumb, last.reason) == ("And what falls?", "down", "too <long>\nand dull")
    assert last.answer == an_answer()
    assert last.history == (("user", "What rises?"), ("assistant", "Recall rises by 9%."))


def test_a_withdrawn_thumb_counts_no_more(tmp_path: Path) -> None:
    save_feedback(tmp_path, rated("up"), 1)
    save_feedback(tmp_path, rated(""), 1)
    assert read_feedback(tmp_path / FILE) == []
    save_feedback(tmp_path, rated("down"), 1)
    assert [feedback.thumb for feedback in read_feedback(tmp_path / FILE)] == ["down"]


def test_a_turn_without_answer_is_no_feedback(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to rate"):
        save_feedback(tmp_path, Conversation(turns=(Turn("Why?"),)), 0)


def test_a_rating_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StorageError, match="cannot be saved"):
        save_feedback(tmp_path, rated("up"), 1)
