"""rag/retrieval/followups.py and last_answer.py: what a follow-up refers to and carries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rag.answering.deciding import Course, decide_course
from rag.assistant import Assistant
from rag.encoder.minilm import Encoder
from rag.records import History
from rag.retrieval.followups import CLASSES, reference_probabilities
from rag.retrieval.last_answer import items_of, numbered_item, opening, worded_item
from rag.retrieval.question import MAX_CHARS, Question, Reference
from rag.retrieval.understanding import understand
from tests.helpers.fakes import FakeEncoder

ABOUT_TIDES: History = (
    ("user", "How do salt marshes slow a storm tide?"),
    (
        "assistant",
        "Grass on the marsh lowered the tide by 12 cm a kilometre. [1] Creeks took half of it back. [2]",
    ),
)
A_LIST: History = (
    ("user", "Which papers study marsh grass?"),
    (
        "assistant",
        "- Cordgrass after the Flood: Nine Years [1]\n- Reed Beds and Nitrogen [2]\n- Seablite [3]",
    ),
)


def asked(question: str, history: History, encoder: Encoder) -> Question:
    return understand(question, encoder, history)


@pytest.mark.parametrize(
    "question",
    [
        "And with taller grass?",
        "Why did the creeks do that?",
        "How was it measured?",
        "what about mangroves?",
        "does that also hold in winter?",
    ],
)
def test_a_question_leaning_on_the_turn_before_carries_its_subject(question: str, encoder: Encoder) -> None:
    read = asked(question, ABOUT_TIDES, encoder)
    assert read.reference is not None
    assert read.search_text.startswith(question)
    assert "salt marshes" in read.search_text
    assert "[1]" not in read.search_text


@pytest.mark.parametrize(
    "question",
    [
        "Which papers study dependency parsing?",
        "What is late interaction?",
        "Is a bigger model always better?",
        "Can small dams do without a spillway?",
        "How many parameters does Mixtral have?",
        "wound healing in newts",
        "How is cement made without coal?",
        "thanks!",
        "how many papers do you have?",
    ],
)
@pytest.mark.parametrize("history", [ABOUT_TIDES, A_LIST])
def test_a_new_subject_is_searched_alone(question: str, history: History, encoder: Encoder) -> None:
    read = asked(question, history, encoder)
    assert read.reference is None
    assert read.queries[0] == question


def test_the_second_one_is_the_second_line_and_not_the_first(encoder: Encoder) -> None:
    read = asked("Tell me more about the second one", A_LIST, encoder)
    assert read.reference is not None
    assert (read.reference.to, read.reference.item) == ("item", 2)
    assert read.reference.titles == ("Reed Beds and Nitrogen",)
    assert "Cordgrass" not in read.search_text


def test_all_of_a_list_can_be_meant_and_others_beside_it(encoder: Encoder) -> None:
    both = [
        asked(text, A_LIST, encoder).reference for text in ("which of these is the newest?", "any others?")
    ]
    assert [each and len(each.titles) for each in both] == [3, 3]
    assert [each and each.others_wanted for each in both] == [False, True]


def test_a_chain_of_follow_ups_reaches_back_to_the_first_subject(encoder: Encoder) -> None:
    history = (*ABOUT_TIDES, ("user", "And with taller grass?"), ("assistant", "About 20 cm. [1]"))
    assert "salt marshes" in asked("why is that?", history, encoder).search_text


def test_what_follows_on_one_thing_of_a_list_stays_with_that_thing(encoder: Encoder) -> None:
    told = ("assistant", "Cordgrass slows the waves. [1]")
    history = (*A_LIST, ("user", "Tell me more about the second one"), told)
    read = asked("and how was that measured?", history, encoder)
    assert read.reference is not None
    assert read.reference.titles == ("Reed Beds and Nitrogen",)
    assert "Cordgrass" not in read.search_text


@pytest.mark.parametrize(
    ("answer", "items"),
    [
        ("- One: a [1]\n- Two: b [2]", ("One: a", "Two: b")),
        ("1. One [1]\n2) Two [2]\n", ("One", "Two")),
        ("| Name | Score |\n|---|---|\n| One | 3 [1] |\n| Two | 4 [2] |", ("One", "Two")),
        ("There are two: (1) too few, and (2) too many. [1]", ("too few, and", "too many.")),
        ("One: it is so. [1]\nTwo: it is not. [2]", ("One: it is so.", "Two: it is not.")),
        ("Grass grows. [1] Reeds die. [2]", ("Grass grows.", "Reeds die.")),
        ("It is so. [1]", ()),
        ("", ()),
    ],
)
def test_items_are_read_from_every_form_of_answer(answer: str, items: tuple[str, ...]) -> None:
    assert items_of(answer) == items


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("the second one", 2),
        ("and the 3rd?", 3),
        ("number two please", 2),
        ("#1", 1),
        ("the last one", 3),
        ("the former", 1),
        ("the ninth", None),
        ("the last year", None),
        ("what of the reeds", None),
    ],
)
def test_an_item_is_named_by_its_number(question: str, number: int | None) -> None:
    assert numbered_item(question, items_of(A_LIST[1][1])) == number


def test_an_item_is_named_by_words_that_it_alone_has() -> None:
    items = items_of(A_LIST[1][1])
    assert worded_item("did nitrogen matter in that one?", items) == 2
    assert worded_item("nitrogen or seablite?", items) is None
    assert worded_item("how was it done?", items) is None


def test_probabilities_of_what_is_referred_to_sum_to_one() -> None:
    vector = FakeEncoder().encode_query("a").vector
    chances = reference_probabilities("and?", vector, "What?", vector, "That. [1]")
    assert tuple(chances) == CLASSES
    assert sum(chances.values()) == pytest.approx(1, abs=1e-5)


def test_an_opening_has_no_marks() -> None:
    assert opening("It is so. [1, 2] And so. [3-4]") == "It is so. And so."


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["- ", "(1) ", "| a ", "a [1] ", "first ", "\n"])
def test_the_longest_answer_is_read_at_once(piece: str) -> None:
    text = (piece * MAX_CHARS)[:MAX_CHARS]
    assert numbered_item(text, items_of(text)) is None or items_of(text)
    worded_item(text, items_of(text))


def test_what_is_refused_as_a_follow_up_is_read_by_itself(
    demo_assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tied(question: str, vector: object, history: History, encoder: object) -> Reference | None:
        return Reference("question", "olive trees") if history else None

    def refused_if_tied(question: Question, *given: Any, **named: Any) -> Course:
        course = decide_course(question, *given, **named)
        return replace(course, reason="no", part=None) if question.reference else course

    monkeypatch.setattr("rag.retrieval.understanding.refer", tied)
    monkeypatch.setattr("rag.answering.seeking.decide_course", refused_if_tied)
    question = "How does JointRank rerank a large set of candidates in a single pass?"
    answer = demo_assistant.ask(question, history=ABOUT_TIDES, llm=False)
    assert answer.searched_for[0] == question
    assert not answer.abstained
    leaning = demo_assistant.ask(f"And {question}", history=ABOUT_TIDES, llm=False)
    assert leaning.reason == "no"
