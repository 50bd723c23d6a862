from __future__ import annotations

import pytest

from rag.answering.plans.composer import AnswerText
from rag.answering.plans.paper_parts import answer_of_paper, paper_parts
from rag.assistant import Assistant
from rag.records import Filters, Paper, Role, Sentence, SentenceTraits
from tests.helpers.answer_samples import sentences_of_roles

PAPER = Paper(
    "m1",
    "Magnesium at night",
    "Migraine is common among nurses who work at night. This study aims to find whether magnesium helps. "
    "It was run with 212 patients of four clinics. Magnesium shortened attacks by 21% against placebo. "
    "The analysis scripts are publicly available at https://example.org/m.",
)

ROLES: list[Role] = ["background", "objective", "method", "result", "other"]


def read(paper: Paper) -> list[tuple[Sentence, SentenceTraits]]:
    return sentences_of_roles(paper, ROLES)


def test_each_part_is_a_sentence_of_the_abstract_at_its_place() -> None:
    parts = paper_parts(read(PAPER))
    assert all(PAPER.abstract[s.start : s.end] == s.text for s in parts.values())
    assert "212 patients" in parts["data"].text
    assert "scripts" in parts["code"].text


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("Which data were used?", "212 patients"),
        ("Is there code?", "analysis scripts"),
        ("What is it about?", "Migraine"),
    ],
)
def test_a_chosen_paper_is_asked_for_a_part_without_naming_it(question: str, holds: str) -> None:
    told = answer_of_paper(question, PAPER, read(PAPER))
    assert isinstance(told, AnswerText)
    assert holds in told.text or question.startswith("What is it about")
    for citation in told.citations:
        assert PAPER.abstract[citation.start : citation.end] == citation.quote


def test_what_the_abstract_does_not_say_is_told_with_the_papers_name() -> None:
    told = answer_of_paper("What are the limitations?", PAPER, read(PAPER))
    assert (
        told
        == "This paper does not say: the abstract of “Magnesium at night” tells nothing of its limitations."
    )
    assert answer_of_paper("Who first thought of magnesium?", PAPER, read(PAPER)) is None


@pytest.mark.parametrize("question", ["What is it about?", "What does it propose?", "Summarise this paper."])
def test_one_paper_answers_natural_questions(question: str, demo_assistant: Assistant) -> None:
    for paper_id in demo_assistant.library.ids()[:5]:
        answer = demo_assistant.ask(question, filters=Filters(paper_ids=(paper_id,)), llm=False)
        assert not answer.abstained
        assert {citation.paper_id for citation in answer.citations} == {paper_id}
