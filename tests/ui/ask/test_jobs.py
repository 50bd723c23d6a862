"""Answers are made whether or not a page looks at them, and every word of them is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from threading import Timer
from typing import Any

import pytest

from rag.errors import LibraryEmpty, ModelUnavailable
from rag.records import Answer, Delta, Done, Event, Filters, Retrieved
from tests.helpers.ui_samples import an_answer
from ui.ask import jobs as jobs_module
from ui.ask.conversation_files import Conversations, new_browser
from ui.ask.conversations import Conversation, Turn
from ui.ask.jobs import Job, Jobs, Snapshot
from ui.ask.settings import Settings

ANN = new_browser()


class ScriptedAssistant:
    """Has the face of an Assistant: says what it is told, waits where told, keeps what it was asked."""

    def __init__(self, events: list[Event | Exception | Flag]) -> None:
        self._events = events
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def stream(self, question: str, **given: Any) -> Iterator[Event]:
        self.asked.append((question, given))
        for event in self._events:
            if isinstance(event, Exception):
                raise event
            if isinstance(event, Flag):
                assert event.wait(10)
            else:
                yield event

    def weigh(self, claim: str, **given: Any) -> Answer:
        self.asked.append((claim, given))
        return an_answer()

    def suggest(self, answer: Answer, **given: Any) -> tuple[str, ...]:
        return ("What falls?",)


def asked(
    tmp_path: Path, events: list[Event | Exception | Flag], turn: Turn | None = None
) -> tuple[Jobs, Conversations, Conversation, ScriptedAssistant]:
    kept, assistant = Conversations(tmp_path), ScriptedAssistant(events)
    jobs = Jobs(assistant, kept)  # type: ignore[arg-type]
    turn = turn or Turn("What rises?")
    conversation = kept.change(ANN, Conversation(), lambda c: c.with_turn(turn))
    jobs.start(Job(ANN, conversation, turn))
    return jobs, kept, conversation, assistant


def last(jobs: Jobs, conversation: Conversation) -> Snapshot:
    *_, snapshot = jobs.follow(ANN, conversation)
    return snapshot


def test_an_answer_is_made_and_kept_though_nobody_looks(tmp_path: Path) -> None:
    go = Flag()
    _, kept, conversation, _ = asked(tmp_path, [go, Delta("Recall "), Done(an_answer())])
    assert kept.load(ANN, conversation.conversation_id).turns[0].state == "running"
    go.set()
    until = time.monotonic() + 10
    while kept.load(ANN, conversation.conversation_id).running:
        assert time.monotonic() < until
        time.sleep(0.01)
    answer = kept.load(ANN, conversation.conversation_id).turns[0].answer
    assert answer is not None
    assert replace(answer, suggestions=()) == an_answer()
    while not answer.suggestions:  # they come a moment after the answer
        assert time.monotonic() < until
        time.sleep(0.01)
        answer = kept.load(ANN, conversation.conversation_id).turns[0].answer or answer
    assert answer.suggestions == ("What falls?",)


def test_a_claim_is_weighed_and_nothing_is_suggested_after_it(tmp_path: Path) -> None:
    turn = Turn("Recall rises.", weighs=True)
    jobs, _, conversation, assistant = asked(tmp_path, [], turn)
    (shown,) = last(jobs, conversation).conversation.turns
    assert shown.answer == an_answer()
    assert assistant.asked == [("Recall rises.", {"filters": Filters()})]


def test_two_pages_see_the_same_answer_grow(tmp_path: Path) -> None:
    go = Flag()
    jobs, _, conversation, _ = asked(
        tmp_path, [Retrieved((), ()), Delta("Recall "), go, Delta("rises."), Done(an_answer())]
    )
    first, second = jobs.follow(ANN, conversation), jobs.follow(ANN, conversation)
    for page in (first, second):
        assert any(step.conversation.turns[0].text == "Recall " for step in page)
    go.set()
    for page in (first, second):
        assert [step.conversation.turns[0].state for step in page][-1] == "done"


def test_a_growing_answer_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "SAVED_EVERY_S", 0.0)
    go = Flag()
    jobs, kept, conversation, _ = asked(tmp_path, [Delta("Recall "), go, Done(an_answer())])
    until = time.monotonic() + 10
    while kept.load(ANN, conversation.conversation_id).turns[0].text != "Recall ":
        assert time.monotonic() < until
        time.sleep(0.01)
    go.set()
    assert last(jobs, conversation).conversation.turns[0].state == "done"


def test_an_answer_cut_short_by_the_servers_end_is_shown_as_far_as_it_came(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    conversation = kept.change(ANN, Conversation(), lambda c: c.with_turn(Turn("What rises?", text="Recall")))
    restarted = Jobs(ScriptedAssistant([]), kept)  # type: ignore[arg-type]
    (turn,) = last(restarted, conversation).conversation.turns
    assert (turn.state, turn.text) == ("stopped", "Recall")


def test_stopping_ends_a_silent_answer_at_once_and_what_comes_later_changes_nothing(tmp_path: Path) -> None:
    go = Flag()
    jobs, kept, conversation, _ = asked(tmp_path, [Delta("Rec"), go, Delta("all"), Done(an_answer())])
    for step in jobs.follow(ANN, conversation):
        if step.conversation.turns[0].text:
            jobs.stop(conversation)
    assert kept.load(ANN, conversation.conversation_id).turns[0].state == "stopped"
    go.set()
    time.sleep(0.1)
    (turn,) = kept.load(ANN, conversation.conversation_id).turns
    assert (turn.state, turn.text, turn.answer) == ("stopped", "Rec", None)


def test_a_conversation_removed_while_it_is_answered_stays_removed_and_comes_back_answered(
    tmp_path: Path,
) -> None:
    go = Flag()
    jobs, kept, conversation, _ = asked(tmp_path, [Delta("Rec"), go, Done(an_answer())])
    kept.remove(ANN, conversation.conversation_id)
    go.set()
    last(jobs, conversation)
    assert kept.entries(ANN) == ()
    assert kept.bring_back(ANN, conversation.conversation_id).turns[0].state == "done"


def test_a_follower_who_is_not_wanted_any_more_ends_at_once(tmp_path: Path) -> None:
    go, wanted = Flag(), [True]
    jobs, _, conversation, _ = asked(tmp_path, [go, Done(an_answer())])
    following = jobs.follow(ANN, conversation, lambda: wanted[0])
    next(following)

    def leave() -> None:
        wanted[0] = False
        jobs.look_up()

    Timer(0.05, leave).start()
    start = time.monotonic()
    assert list(following) == []
    assert time.monotonic() - start < 5  # the model stays silent
    go.set()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModelUnavailable("the model is away; run: rag doctor"), "The model is away."),
        (LibraryEmpty("no papers in the library"), "No papers in the library yet: add some in the Library"),
        (ZeroDivisionError("x"), "Something went wrong here that should not have (ZeroDivisionError)"),
    ],
)
def test_any_failure_ends_the_turn_with_a_line(tmp_path: Path, error: Exception, told: str) -> None:
    jobs, kept, conversation, _ = asked(tmp_path, [Delta("Rec"), error])
    (turn,) = last(jobs, conversation).conversation.turns
    assert turn.state == "failed"
    assert turn.text.startswith(told)
    assert kept.load(ANN, conversation.conversation_id).turns == (turn,)


def test_the_question_is_asked_with_all_that_was_set_and_what_was_said_before(tmp_path: Path) -> None:
    filters = Filters(year_from=2020)
    settings = Settings(filters, llm=False, words=40)
    jobs, kept, conversation, assistant = asked(
        tmp_path, [Done(an_answer())], Turn("What rises?", settings=settings)
    )
    done = last(jobs, conversation).conversation
    for alone in (False, True):
        turn = Turn("And then?", settings=settings, alone=alone)
        more = kept.change(ANN, done, lambda c, turn=turn: c.with_turn(turn))  # type: ignore[misc]
        jobs.start(Job(ANN, more, turn, fresh=alone))
        last(jobs, more)
    given = {"filters": filters, "llm": False, "words": 40}
    assert all(each[1].pop("cancellation").cancelled is False for each in assistant.asked)
    said = (("user", "What rises?"), ("assistant", "Recall rises by 9%."))
    assert [each[1] for each in assistant.asked] == [
        {"history": (), **given, "fresh": False},
        {"history": said, **given, "fresh": False},
        {"history": (), **given, "fresh": True},
    ]


def test_two_questions_asked_at_once_in_two_windows_are_both_kept(tmp_path: Path) -> None:
    go = Flag()
    jobs, kept, conversation, _ = asked(tmp_path, [go, Done(an_answer())])
    turn = Turn("And what falls?")
    both = kept.change(ANN, conversation, lambda c: c.with_turn(turn))
    jobs.start(Job(ANN, both, turn))
    go.set()
    turns = last(jobs, conversation).conversation.turns
    if len(turns) == 1:  # the first was done before the second was seen
        turns = last(jobs, both).conversation.turns
    assert [turn.question for turn in turns] == ["What rises?", "And what falls?"]
    assert {turn.state for turn in turns} == {"done"}


def test_an_answer_finds_its_turn_in_a_version_that_was_put_aside(tmp_path: Path) -> None:
    go = Flag()
    _, kept, conversation, _ = asked(tmp_path, [go, Done(an_answer())])
    edited = Turn("What falls?", state="done", answer=an_answer())
    kept.change(ANN, conversation, lambda c: c.with_turn(edited, at=0))
    go.set()
    until = time.monotonic() + 10
    while (kept.load(ANN, conversation.conversation_id).turns[0].others[0][0].state) == "running":
        assert time.monotonic() < until
        time.sleep(0.01)
    back = kept.load(ANN, conversation.conversation_id).with_version(0, 0)
    answer = back.turns[0].answer
    assert answer is not None
    assert replace(answer, suggestions=()) == an_answer()
    assert replace(back.turns[0], others=(), place=0).question == "What rises?"
