from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rag.assistant import Assistant
from rag.errors import ModelUnavailable
from rag.records import Delta, Done, Event, Filters, Retrieved
from tests.helpers.ui_samples import an_answer
from ui.ask.conversations import Conversation, Turn
from ui.ask.session import Session, ask, cited_papers
from ui.ask.settings import Settings

PLAIN = Settings()


class Scripted:
    """Has the face of an Assistant; says what it is told to, and keeps what it was asked."""

    def __init__(self, events: list[Event | Exception]) -> None:
        self._events = events
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def stream(self, question: str, **given: Any) -> Iterator[Event]:
        self.asked.append((question, given))
        for event in self._events:
            if isinstance(event, Exception):
                raise event
            yield event


def steps(
    session: Session, scripted: Scripted, at: int | None = None, settings: Settings = PLAIN
) -> list[Session]:
    return list(ask(session, "What rises?", settings, scripted, at))  # type: ignore[arg-type]


def test_an_answer_grows_step_by_step() -> None:
    found = Retrieved((), ("what rises",))
    seen = steps(Session(), Scripted([found, Delta("Recall "), Delta("rises."), Done(an_answer())]))
    states = [step.conversation.turns[-1].state for step in seen]
    assert states == ["running"] * (len(seen) - 1) + ["done"]
    assert seen[-1].conversation.turns[-1].answer == an_answer()
    assert len({step.conversation.conversation_id for step in seen}) == 1


def test_a_failure_ends_the_turn_with_its_message() -> None:
    seen = steps(Session(), Scripted([Delta("Rec"), ModelUnavailable("the model is away")]))
    assert seen[-1].conversation.turns == (Turn("What rises?", "failed", text="the model is away"),)


def test_the_question_is_asked_with_all_that_was_set() -> None:
    scripted = Scripted([Done(an_answer())])
    filters = Filters(year_from=2020)
    settings = Settings(filters, llm=False, words=40)
    session = steps(Session(), scripted, settings=settings)[-1]
    steps(session, scripted, settings=settings)
    history = (("user", "What rises?"), ("assistant", "Recall rises by 9%."))
    given = {"filters": filters, "llm": False, "words": 40}
    assert [asked[1] for asked in scripted.asked] == [
        {"history": (), **given},
        {"history": history, **given},
    ]


def test_asking_again_forgets_the_turn_it_replaces() -> None:
    scripted = Scripted([Done(an_answer())])
    once = steps(Session(), scripted)[-1]
    again = steps(once, scripted, at=0)[-1]
    assert len(again.conversation.turns) == 1
    assert scripted.asked[-1][1]["history"] == ()


def test_only_a_running_turn_is_stopped() -> None:
    running, *_, done = steps(Session(), Scripted([Delta("Rec"), Done(an_answer())]))
    assert running.stopped().conversation.turns[-1].state == "stopped"
    assert done.stopped() == done
    empty = Session()
    assert empty.stopped() is empty


def test_real_answers_come_with_their_papers(demo_assistant: Assistant) -> None:
    question = "How does JointRank rerank a large set of candidates in a single pass?"
    *_, last = ask(Session(), question, PLAIN, demo_assistant)
    answer = last.conversation.turns[-1].answer
    assert answer is not None
    assert not answer.abstained
    papers = cited_papers(last, answer, demo_assistant)
    for citation in answer.citations:
        assert papers[citation.paper_id].abstract[citation.start : citation.end] == citation.quote
    assert cited_papers(replace(last, papers={}), answer, demo_assistant) == papers


@pytest.mark.parametrize("question", ["Which vaccinations are recommended before a trip to Kenya?"])
def test_a_real_abstention_has_its_nearest_papers(question: str, demo_assistant: Assistant) -> None:
    *_, last = ask(Session(), question, PLAIN, demo_assistant)
    answer = last.conversation.turns[-1].answer
    assert answer is not None
    assert answer.abstained
    assert cited_papers(last, answer, demo_assistant)


def test_a_saved_conversation_leads_the_list_once() -> None:
    earlier = Session(conversation=Conversation(turns=(Turn("Before?"),))).listed().past
    session = replace(steps(Session(), Scripted([Done(an_answer())]))[-1], past=earlier)
    assert [entry.title for entry in session.listed().listed().past] == ["What rises?", "Before?"]
