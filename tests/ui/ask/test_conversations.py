from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import InputError, StorageError
from rag.records import Filters
from tests.helpers.ui_samples import an_answer
from ui.ask import conversation_files
from ui.ask.conversation_files import FOLDER, KEPT_S, REMOVED, Conversations, new_browser
from ui.ask.conversations import Conversation, Turn
from ui.ask.settings import Settings, with_scope

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
    kept, conversation = Conversations(tmp_path), a_conversation()
    with pytest.raises(StorageError, match="cannot be saved"):
        kept.save(ANN, conversation)
    assert kept.load(ANN, conversation.conversation_id) == conversation  # as long as the page is served


def test_a_removed_conversation_can_be_brought_back_for_a_day(tmp_path: Path) -> None:
    kept, conversation, other = Conversations(tmp_path), a_conversation(), a_conversation("Other?")
    for each in (conversation, other):
        kept.save(ANN, each)
        kept.remove(ANN, each.conversation_id)
    assert kept.bring_back(ANN, conversation.conversation_id) == conversation
    assert [entry.title for entry in kept.entries(ANN)] == ["What rises?"]
    (old,) = (tmp_path / FOLDER / ANN).glob(f"*{REMOVED}")
    os.utime(old, (time.time() - KEPT_S - 60,) * 2)
    kept.remove(ANN, conversation.conversation_id)
    with pytest.raises(InputError, match="deleted"):
        kept.bring_back(ANN, other.conversation_id)


def test_what_is_finished_without_its_reader_leaves_a_removed_conversation_removed(tmp_path: Path) -> None:
    kept, conversation = Conversations(tmp_path), a_conversation()
    kept.save(ANN, conversation)
    kept.complete(ANN, conversation, lambda c: c.with_turn(Turn("First?")))
    kept.remove(ANN, conversation.conversation_id)
    kept.complete(ANN, conversation, lambda c: c.with_turn(Turn("Second?")))
    assert kept.entries(ANN) == ()
    back = kept.bring_back(ANN, conversation.conversation_id)
    assert [turn.question for turn in back.turns[-2:]] == ["First?", "Second?"]


def test_conversations_that_are_not_listed_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Conversations(tmp_path)
    for number in range(5):
        kept.save(ANN, a_conversation(f"{number}?"))
    assert kept.n_older(ANN) == 0
    monkeypatch.setattr(conversation_files, "LISTED", 3)
    assert kept.n_older(ANN) == 2
    assert kept.n_older("..") == 0


def test_two_windows_change_one_conversation_and_lose_nothing(tmp_path: Path) -> None:
    kept, conversation = Conversations(tmp_path), a_conversation()
    kept.save(ANN, conversation)
    for question in ("From one window?", "From the other?"):
        kept.change(ANN, conversation, lambda c, q=question: c.with_turn(Turn(q)))  # type: ignore[misc]
    asked = [turn.question for turn in kept.load(ANN, conversation.conversation_id).turns]
    assert asked == ["What rises?", "And then?", "From one window?", "From the other?"]


def test_what_a_question_was_asked_with_reads_back(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    filters = Filters(2020, 2024, ("Ada",), "ACL", "page.txt", (("title", "x"),))
    settings = with_scope(Settings(filters, llm=False, words=40, own=Filters()), ["p1", "p2"], "a group")
    conversation = Conversation(turns=(Turn("Why?", settings=settings, alone=True),))
    kept.save(ANN, conversation)
    assert kept.load(ANN, conversation.conversation_id).settings == settings


def test_every_version_of_an_edited_conversation_is_kept_and_can_be_turned_to() -> None:
    first, second, third = Turn("A?"), Turn("B?"), Turn("A, anew?")
    edited = Conversation(turns=(first, second)).with_turn(third, at=0)
    again = edited.with_turn(Turn("A, once more?"), at=0)

    def questions(conversation: Conversation) -> list[str]:
        return [turn.question for turn in conversation.turns]

    assert again.turns[0].n_versions == 3
    assert [questions(again.with_version(0, place)) for place in range(3)] == [
        ["A?", "B?"], ["A, anew?"], ["A, once more?"]
    ]  # fmt: skip
    there = again.with_version(0, 0)
    assert questions(there.with_version(0, 2)) == ["A, once more?"]
    assert there.with_version(0, 2).turns[0].n_versions == 3
    assert again.with_version(0, 7) == again
    deeper = there.with_turn(Turn("B, anew?"), at=1)
    assert questions(deeper.with_version(0, 1)) == ["A, anew?"]
    assert questions(deeper.with_version(0, 1).with_version(0, 0)) == ["A?", "B, anew?"]


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
