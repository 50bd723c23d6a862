"""Pairs made from questions: each is altered in one place, and in no other."""

from __future__ import annotations

import pytest

from eval.data.questions import GoldQuote
from eval.make.support_pairs import altered_numbers, make_pairs, negated, reversed_comparisons, swapped_sides
from rag.encoder.minilm import Encoder
from rag.records import Paper
from tests.helpers.eval_samples import PAPERS, make_question


def test_each_number_is_altered_by_one_digit() -> None:
    text = "GPT-2 gains 4.2 points (1,024 tokens)."
    altered = list(altered_numbers(text))
    assert [kind for kind, _ in altered] == ["numbered_name", "number", "number"]
    for _, other in altered:
        assert len(other) == len(text)
        assert sum(a != b for a, b in zip(text, other, strict=True)) == 1


@pytest.mark.parametrize(
    ("text", "reversed_"),
    [
        ("A beats B.", ["A loses to B."]),
        ("Better recall", ["Worse recall"]),
        ("higher recall, lower cost", ["lower recall, lower cost", "higher recall, higher cost"]),
        ("An improvement-driven view", []),
    ],
)
def test_each_comparison_is_reversed(text: str, reversed_: list[str]) -> None:
    assert list(reversed_comparisons(text)) == reversed_


def test_the_sides_of_a_comparison_are_exchanged() -> None:
    swapped = list(swapped_sides("Average pooling consistently outperforms gisting on long texts."))
    assert swapped == ["gisting consistently outperforms Average pooling on long texts."]
    assert list(swapped_sides("It grows.")) == []


def test_negations_are_put_in_and_taken_out() -> None:
    assert list(negated("It cannot be removed.")) == ["It can be removed."]


def test_an_answer_is_never_held_against_its_own_paper_but_as_its_own(encoder: Encoder) -> None:
    questions = [
        make_question("q1"),
        make_question("q2", gold=["Beta"], evidence=[("Beta", "It is twice as fast.")]),
        make_question("q3", kind="unanswerable_far", gold=[], evidence=[], required=0),
    ]
    pairs = make_pairs(questions, PAPERS.values(), encoder)
    assert pairs == make_pairs(questions, PAPERS.values(), encoder)
    kinds = {pair.kind for pair in pairs}
    assert {"own", "own_sentences", "other", "nearest_late", "nearest_dense", "number"} <= kinds
    own: Paper = PAPERS["a"]
    for pair in pairs:
        if pair.id.startswith("q1/") and pair.kind in ("other", "nearest_late", "nearest_dense"):
            assert not any(text in own.abstract for text in pair.evidence)


def test_a_quote_stands_for_the_sentence_it_is_from(encoder: Encoder) -> None:
    question = make_question(evidence=[("Alpha", "4.2 points")])
    assert question.evidence == (GoldQuote("Alpha", "4.2 points"),)
    (pair,) = (p for p in make_pairs([question], PAPERS.values(), encoder) if p.kind == "own_sentences")
    assert pair.evidence == ("Alpha gains 4.2 points.",)
