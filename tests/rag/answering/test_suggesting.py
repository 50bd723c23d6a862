"""Next questions: made of the papers just shown, and answered by the library they are offered for."""

from __future__ import annotations

import pytest

from rag.answering.suggesting import candidate_suggestions
from rag.assistant import Assistant
from rag.records import Answer, AnswerSentence, Citation, RetrievedPaper


def answer(question: str, titles: list[str], cited: int = 1) -> Answer:
    citations = tuple(
        Citation(n + 1, f"p{n}", title, (), None, "", "", "Q.", 0, 2)
        for n, title in enumerate(titles[:cited])
    )
    sentences = tuple(AnswerSentence("Q.", (c.n,), 1.0, "supported") for c in citations)
    retrieved = tuple(RetrievedPaper(f"p{n}", title, 1.0) for n, title in enumerate(titles))
    return Answer(question, "extractive", "Q.", False, None, sentences, citations, retrieved)


TITLES = ["LUX: A Lamp for Fog Banks", "GLOW: Wax in Fog Banks", "Of Candles and Other Lights at Sea"]


def test_names_and_shared_phrases_of_the_papers_are_asked_about() -> None:
    asked = [each.question for each in candidate_suggestions(answer("What shines in mist?", TITLES))]
    assert asked[:4] == [
        "How does LUX work?",
        "What is GLOW?",
        "What is known about Fog Banks?" if "Fog Banks" in asked[2] else "What is known about fog banks?",
        "How do LUX and GLOW differ?",
    ]


def test_what_was_asked_is_not_asked_again() -> None:
    asked = [each.question for each in candidate_suggestions(answer("What is LUX?", TITLES))]
    assert not any("LUX" in question for question in asked)


def test_titles_without_a_name_give_no_question() -> None:
    assert list(candidate_suggestions(answer("What shines?", [TITLES[2]]))) == []


@pytest.mark.parametrize(
    "question", ["What is SPLADE?", "How are dense retrievers trained?", "Why is fog grey?"]
)
def test_what_is_suggested_is_answered(demo_assistant: Assistant, question: str) -> None:
    for suggestion in demo_assistant.suggest(demo_assistant.ask(question, llm=False)):
        assert not demo_assistant.ask(suggestion, llm=False).abstained, suggestion
