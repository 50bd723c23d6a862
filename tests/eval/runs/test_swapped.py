"""`rag eval --swapped`: values are swapped where a question asks for them, and answers are judged by them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.data.questions import Dataset, Gold, GoldQuote
from eval.measures.swapped_facts import judge_swapped, swaps_of
from eval.runs.swapped import run_swapped
from eval.runs.swapped_papers import holds, other_figure, replace_values, swap_papers
from rag.assistant import Assistant
from rag.demo import demo_questions_path
from rag.errors import InputError
from rag.records import Paper
from tests.conftest import Outcome as Ran
from tests.helpers.eval_samples import cite, make_answer, make_question
from tests.helpers.model_server import ModelServer, Scripted

Rag = Callable[..., Ran]
PAPERS = {
    "a": Paper(
        "a", "Alpha", "Alpha gains 42.5 points on BeIR, and 42.5 again. In 2021 it took 3 days on 16 GPUs."
    ),
    "b": Paper("b", "Beta", "Beta is tested on TriviaQA with 1,024 samples."),
}
GOLD = Gold({"q1": {"a": 1}, "q2": {"b": 1}}, (), PAPERS, {"Alpha": "a", "Beta": "b"})
QUESTIONS = (
    make_question("q1", evidence=[("Alpha", PAPERS["a"].abstract)]),
    make_question("q2", gold=["Beta"], evidence=[("Beta", PAPERS["b"].abstract)]),
)


def dataset(*texts: str) -> Dataset:
    asked = (replace(q, question=t) for q, t in zip(QUESTIONS, texts, strict=True))
    return Dataset("d", tuple(asked), "1")


def test_values_of_gold_quotes_are_swapped_wherever_they_stand() -> None:
    swapped = swap_papers(dataset("What does it gain?", "On what is it tested?"), GOLD)["a"]
    assert set(swapped.swaps) == {"42.5", "16", "BeIR"}
    assert swapped.swaps["BeIR"] in ("TriviaQA",)
    text = swapped.paper.abstract
    assert text.count(swapped.swaps["42.5"]) == 2
    assert "42.5" not in text
    assert "In 2021 it took 3 days" in text


def test_what_a_question_says_stays() -> None:
    swapped = swap_papers(dataset("Where does it gain 42.5 on BeIR?", "On what?"), GOLD)["a"]
    assert set(swapped.swaps) == {"16"}


def test_a_set_without_evidence_is_refused() -> None:
    bare = Dataset("d", (make_question("q1", evidence=[]),), "1")
    with pytest.raises(InputError, match="d has no evidence to swap"):
        swap_papers(bare, GOLD)


@given(st.from_regex(r"[1-9]\d{1,3}(\.\d{1,2})?", fullmatch=True), st.text(max_size=5))
def test_another_figure_has_the_same_form(figure: str, seed: str) -> None:
    other = other_figure(figure, seed)
    assert other != figure
    assert other[0] != "0"
    assert [c.isdigit() for c in other] == [c.isdigit() for c in figure]


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("a 42.5 gain", "42.5", True),
        ("a 142.5 gain", "42.5", False),
        ("a 42.51 gain", "42.5", False),
        ("gains 42.5.", "42.5", True),
        ("BeIRs", "BeIR", False),
        ("42.5%", "42.5", True),
        ("42.5x", "42.5", True),
        ("42.5xy", "42.5", False),
    ],
)
def test_values_are_words_of_their_own(text: str, value: str, found: bool) -> None:
    assert holds(text, value) is found
    assert (replace_values(text, {value: "X"}) != text) is found


def test_swaps_of_a_question_are_those_of_its_own_quotes() -> None:
    swapped = swap_papers(dataset("What does it gain?", "On what is it tested?"), GOLD)
    part = replace(QUESTIONS[0], evidence=(GoldQuote("Alpha", "Alpha gains 42.5 points on BeIR"),))
    assert set(swaps_of(part, GOLD, swapped)) == {"42.5", "BeIR"}


@pytest.mark.parametrize(
    ("text", "abstained", "outcome"),
    [
        ("It gains 87.3 points [1].", False, "follows"),
        ("It gains 42.5 points [1].", False, "reverts"),
        ("It gains 87.3, that is 42.5 [1].", False, "reverts"),
        ("It gains much [1].", False, "neither"),
        ("It gains 42.5.", True, "abstained"),
    ],
)
def test_an_answer_is_judged_by_what_it_says(text: str, abstained: bool, outcome: str) -> None:
    answer = make_answer(text, abstained=abstained)
    assert judge_swapped("q1", answer, {"42.5": "87.3"}).outcome == outcome


def test_an_old_value_that_a_quoted_sentence_has_is_no_reverting() -> None:
    answer = make_answer("Alpha gains 4.2 points [1].", [cite(1, "a", 0, 23)])
    assert judge_swapped("q1", answer, {"4.2": "8.6"}).outcome == "neither"


def test_quoted_answers_follow_the_text(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    lines = demo_questions_path().read_text("utf-8").splitlines()
    few.write_text("\n".join(lines[:12]) + "\n", "utf-8")
    ran = rag(
        "eval", "--swapped", "--questions", str(few), "--library", str(demo_library),
        "--output", str(tmp_path / "run"),
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "| reverts | says an old value that no quoted sentence has | 0.000" in ran.out
    rows = [json.loads(line) for line in (tmp_path / "run" / "swapped.jsonl").read_text().splitlines()]
    assert len(rows) >= 3
    assert {row["outcome"] for row in rows} >= {"follows"}


def test_a_model_that_answers_from_memory_is_caught(demo_assistant: Assistant) -> None:
    from eval.data.questions import load_questions

    whole = load_questions(demo_questions_path())
    one = Dataset("one", tuple(q for q in whole.questions if q.id == "d-012"), "1")
    with ModelServer([Scripted("Attention becomes up to 23.84x faster [1].")] * 3) as server:
        written = replace(
            demo_assistant.config, base_url=server.url, model="any", llm_cache=False, judge="off"
        )
        with Assistant.open(demo_assistant.config.library, config=written) as assistant:
            (answer,) = run_swapped(assistant, one, llm=True)
    assert answer.swaps["23.84"] != "23.84"
    assert answer.outcome == "reverts"
