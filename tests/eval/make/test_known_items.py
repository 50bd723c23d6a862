from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.data.questions import load_questions
from eval.make.known_items import KnownItem, known_items
from rag.errors import InputError
from rag.records import Paper, Sentence
from tests.conftest import Outcome

OPENING = "Search engines are widely used by many people. They rank papers by many signals."
LATE = "The quokka index halves the memory that the wombat index needs on every set of papers."
PLAIN = "We show that it is better than what was there before on many sets of papers."
CODE = "The quokka source code of all that is described here is available at https://example.org today."


def paper(paper_id: str, *sentences: str) -> Paper:
    return Paper(paper_id, paper_id.title(), " ".join(sentences))


COMMON = [paper(f"p{n}", OPENING, PLAIN, PLAIN) for n in range(6)]


def test_the_most_informative_late_sentence_is_taken() -> None:
    papers = [
        *COMMON,
        paper("quokka", "The quokka, the wombat and the numbat: early names.", OPENING, PLAIN, LATE, CODE),
    ]
    item = next(item for item in known_items(papers, 10) if item.paper.paper_id == "quokka")
    assert item.sentence.text == LATE


def test_the_sentence_is_left_out_of_what_is_searched_and_nothing_else_is() -> None:
    abstract = f"{OPENING} {LATE} {PLAIN}"
    start = abstract.index(LATE)
    item = KnownItem(Paper("p", "P", abstract, year=2020), Sentence(LATE, start, start + len(LATE)))
    assert item.without == Paper("p", "P", f"{OPENING} {PLAIN}", year=2020)


def test_the_choice_is_the_same_every_time_and_in_any_order() -> None:
    first = known_items(COMMON, 3)
    assert len(first) == 3
    assert known_items(COMMON[::-1], 3) == first
    assert known_items(COMMON, 2) == first[:2]


def test_a_sentence_that_leans_on_the_one_before_is_no_question() -> None:
    leaning = [paper(f"l{n}", OPENING, OPENING, f"It {LATE}", f"In both {LATE}") for n in range(3)]
    assert {item.paper.paper_id for item in known_items([*COMMON, *leaning], 99)} == {
        p.paper_id for p in COMMON
    }


def test_short_abstracts_are_passed_over() -> None:
    short = [paper("s", "One sentence alone."), paper("t", "First one. Second one is here.")]
    assert {item.paper.paper_id for item in known_items([*COMMON, *short], 99)} == {
        p.paper_id for p in COMMON
    }
    with pytest.raises(InputError, match="no abstract of this library"):
        known_items(short, 5)


def test_a_set_is_made_from_a_library_and_measured(
    rag: Callable[..., Outcome], demo_library: Path, tmp_path: Path
) -> None:
    made = rag("eval", "--synthesize", "5", "--library", demo_library, "--out", tmp_path / "known")
    assert made.code == 0
    questions = tmp_path / "known" / "questions.jsonl"
    assert made.out.strip() == str(questions)
    dataset = load_questions(questions)
    assert len(dataset.questions) == 5

    from rag.assistant import Assistant

    with Assistant.open(tmp_path / "known" / "library") as assistant, Assistant.open(demo_library) as whole:
        assert assistant.library.n_papers == whole.library.n_papers
        for question in dataset.questions:
            without, before = (a.library.paper(question.gold[0]) for a in (assistant, whole))
            assert without is not None
            assert before is not None
            assert question.held_out not in without.abstract
            assert question.held_out in before.abstract
    measured = rag(
        "eval", "--questions", questions, "--library", tmp_path / "known" / "library",
        "--out", tmp_path / "run", "--json",
    )  # fmt: skip
    assert measured.code == 0
    summary = json.loads(measured.out)["summary"]
    assert summary["n"] == 5
    assert summary["measures"]["R@50"]["value"] > 0

    again = rag("eval", "--synthesize", "5", "--library", demo_library, "--out", tmp_path / "known")
    assert again.code == 2
    assert "is there already" in again.err
