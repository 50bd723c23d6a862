from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import InputError, StorageError
from tests.helpers.ui_samples import an_answer
from ui.ask.conversations import FOLDER, Conversation, Conversations, Turn, new_browser

ANN, BEN = new_browser(), new_browser()


def a_conversation(question: str = "What rises?") -> Conversation:
    answered = Turn(question, "done", answer=an_answer(), thumb="up", reason="right")
    return Conversation(turns=(answered, Turn("And then?", "stopped", text="It was")))


def test_a_conversation_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    kept, conversation = Conversations(tmp_path), a_conversation()
    kept.save(ANN, conversation)
    assert kept.load(ANN, conversation.conversation_id) == conversation


def test_browsers_do_not_see_each_others_conversations(tmp_path: Path) -> None:
    kept, conversation = Conversations(tmp_path), a_conversation()
    kept.save(ANN, conversation)
    assert kept.entries(BEN) == ()
    with pytest.raises(InputError, match="not here"):
        kept.load(BEN, conversation.conversation_id)
    kept.remove(BEN, conversation.conversation_id)
    assert [entry.title for entry in kept.entries(ANN)] == ["What rises?"]


@pytest.mark.parametrize(
    "name", ["", "..", "../" * 8 + "etc/passwd", "a/b", "A" * 32, "a" * 31, "a" * 33, "\0" * 32]
)
def test_only_names_of_our_making_become_paths(tmp_path: Path, name: str) -> None:
    kept = Conversations(tmp_path)
    for call in (
        lambda: kept.load(name, "a" * 32),
        lambda: kept.load(ANN, name),
        lambda: kept.remove(ANN, name),
    ):
        with pytest.raises(InputError):
            call()
    assert kept.entries(name) == ()


def test_the_newest_conversation_comes_first_and_broken_files_are_passed_over(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    first, second = a_conversation("First?"), a_conversation("Second?")
    for conversation in (first, second, first):
        kept.save(ANN, conversation)
        path = tmp_path / FOLDER / ANN / f"{conversation.conversation_id}.json"
        path.touch()
    (tmp_path / FOLDER / ANN / f"{'e' * 32}.json").write_text("{")
    (tmp_path / FOLDER / ANN / f"{'f' * 32}.json").write_text(json.dumps({"id": "x"}))
    assert {entry.title for entry in kept.entries(ANN)} == {"First?", "Second?"}
    assert [entry.n_turns for entry in kept.entries(ANN)] == [2, 2]


def test_a_removed_conversation_is_gone(tmp_path: Path) -> None:
    kept, conversation = Conversations(tmp_path), a_conversation()
    kept.save(ANN, conversation)
    kept.remove(ANN, conversation.conversation_id)
    kept.remove(ANN, conversation.conversation_id)
    assert kept.entries(ANN) == ()


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(StorageError, match="cannot be saved"):
        Conversations(tmp_path).save(ANN, a_conversation())


def test_history_holds_the_answered_turns_in_order() -> None:
    conversation = a_conversation()
    assert conversation.history() == (("user", "What rises?"), ("assistant", "Recall rises by 9%."))
    assert conversation.history(before=0) == ()


def test_a_turn_asked_again_replaces_itself_and_all_after_it() -> None:
    conversation = a_conversation().with_turn(Turn("Anew?"), at=0)
    assert [turn.question for turn in conversation.turns] == ["Anew?"]
    assert [turn.question for turn in conversation.with_turn(Turn("More?")).turns] == ["Anew?", "More?"]
    changed = conversation.changed(0, replace(conversation.turns[0], thumb="up"))
    assert changed.turns[0].thumb == "up"


def test_every_conversation_has_a_name_of_its_own() -> None:
    assert len({Conversation().conversation_id for _ in range(100)}) == 100
