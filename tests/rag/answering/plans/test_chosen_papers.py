"""What several chosen papers are asked in words that name no subject."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answering.plans.chosen_papers import MOST, answer_of_read
from rag.answering.plans.composer import AnswerText
from rag.answering.plans.paper_parts import part_asked
from rag.assistant import Assistant
from rag.records import Filters
from tests.rag.answering.plans.test_paper_parts import PAPER, read

SILENT = replace(PAPER, paper_id="m2", title="Night shifts", abstract="Nurses work at night. They tire.")


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What are they about?", "subject"),
        ("what is this about, please", "subject"),
        ("Tell me about these papers", "subject"),
        ("Give an overview of what these papers are about.", "subject"),
        ("Summarise my reading list", "subject"),
        ("What is on this list?", "subject"),
        ("short summary in three sentences please", "subject"),
        ("What are their limitations?", "limitations"),
        ("Which data do they use?", "data"),
        ("What do they say about olive trees?", None),
        ("An overview of drip irrigation", None),
        ("Who wrote them?", None),
    ],
)
def test_a_part_is_asked_for_in_words_that_name_no_subject(question: str, name: str | None) -> None:
    asked = part_asked(question)
    assert (asked and asked.name) == name


def asked_of(question: str, papers: list[str], words: int | None = None) -> AnswerText | str:
    asked = part_asked(question)
    assert asked
    known = {"m1": PAPER, "m2": SILENT}
    chosen = [replace(known[name[:2]], paper_id=name) for name in papers]
    return answer_of_read(asked, ((paper, read(paper)) for paper in chosen), len(papers), words)


def test_every_paper_has_its_sentence_and_the_silent_are_counted() -> None:
    told = asked_of("Which data were used?", ["m2", "m1", "m2b"])
    assert isinstance(told, AnswerText)
    assert [citation.paper_id for citation in told.citations] == ["m1"]
    assert PAPER.abstract[told.citations[0].start : told.citations[0].end] == told.citations[0].quote
    assert told.remark == "2 abstracts tell nothing of data."
    assert asked_of("What are the limitations?", ["m1", "m2"]) == (
        "These papers do not say: of 2 abstracts none tells anything of its limitations."
    )


def test_of_many_papers_the_first_are_told_and_how_many_there_are() -> None:
    told = asked_of("What are they about?", [f"m1-{i}" for i in range(30)], words=1000)
    assert isinstance(told, AnswerText)
    assert len(told.citations) == MOST
    assert told.remark == f"These are the first {MOST} of 30 papers."
    short = asked_of("What are they about?", [f"m1-{i}" for i in range(30)], words=20)
    assert isinstance(short, AnswerText)
    assert len(short.citations) == 2


def test_what_chosen_papers_are_about_is_cited_from_each(demo_assistant: Assistant) -> None:
    chosen = tuple(demo_assistant.library.ids()[:3])
    answer = demo_assistant.ask("What are they about?", filters=Filters(paper_ids=chosen), llm=False)
    assert [citation.paper_id for citation in answer.citations] == list(chosen)
    elsewhere = demo_assistant.ask(
        "What do they say about olive trees?", filters=Filters(paper_ids=chosen), llm=False
    )
    assert elsewhere.abstained
