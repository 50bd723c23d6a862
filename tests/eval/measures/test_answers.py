from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eval.data.questions import Gold
from eval.measures.answers import score_answer, spoken_text
from rag.records import Answer, Citation, Usage
from tests.helpers.eval_samples import GOLD, cite, make_answer, make_question

ALPHA = cite(1, "a", 0, 23)
ALPHA_LAST = cite(1, "a", 24, 41)
BETA = cite(2, "b", 20, 40)


def scored(answer: Answer | None, **question: Any) -> dict[str, float]:
    return score_answer(make_question(**question), answer, GOLD)


def test_markers_are_no_words_and_white_space_is_one_space() -> None:
    answer = make_answer("It gains\n4.2 points [1], on [0, 1] and [7].")
    assert spoken_text(answer) == "It gains 4.2 points, on [0, 1] and [7]."


@pytest.mark.parametrize(
    ("text", "patterns", "recall", "per_100"),
    [
        ("It gains 4.2 points [1].", (r"4\.2",), 1.0, 25.0),
        ("it GAINS much", (r"gains\b", r"4\.2"), 0.5, 100 / 3),
        ("four\nlines of\ntext [1] here", (r"lines of text here",), 1.0, 20.0),
        ("nothing", (r"4\.2",), 0.0, 0.0),
    ],
)
def test_facts(text: str, patterns: tuple[str, ...], recall: float, per_100: float) -> None:
    found = scored(make_answer(text), patterns=patterns)
    assert found["fact_recall"] == pytest.approx(recall)
    assert found["facts_per_100_words"] == pytest.approx(per_100)


@pytest.mark.parametrize(
    ("citations", "gold", "required", "precision", "recall"),
    [
        ((ALPHA,), ("Alpha",), 1, 1.0, 1.0),
        ((ALPHA, BETA), ("Alpha",), 1, 0.5, 1.0),
        ((BETA,), ("Alpha",), 1, 0.0, 0.0),
        ((), ("Alpha",), 1, 0.0, 0.0),
        ((ALPHA,), ("Alpha", "Beta"), 2, 1.0, 0.5),
        # Any one of the two is enough, and citing both is no more than enough.
        ((ALPHA, BETA), ("Alpha", "Beta"), 1, 1.0, 1.0),
        # Two sentences of one paper are one paper.
        ((ALPHA, ALPHA_LAST, BETA), ("Alpha",), 1, 0.5, 1.0),
    ],
)
def test_citations(
    citations: tuple[Citation, ...], gold: tuple[str, ...], required: int, precision: float, recall: float
) -> None:
    question = make_question(gold=gold, required=required, evidence=())
    found = score_answer(question, make_answer(citations=citations), GOLD)
    assert (found["citation_precision"], found["citation_recall"]) == (precision, recall)


def test_list_questions_are_left_out_of_the_second_precision() -> None:
    assert "citation_precision_no_list" in scored(make_answer())
    found = scored(make_answer(), kind="list")
    assert "citation_precision" in found
    assert "citation_precision_no_list" not in found


@pytest.mark.parametrize(
    ("citation", "fidelity"),
    [
        (ALPHA, 1.0),
        (cite(1, "a", 0, 23, quote="Alpha gains 4.3 points."), 0.0),
        (cite(1, "a", 1, 24, quote="Alpha gains 4.2 points."), 0.0),
        (cite(1, "a", -41, 23, quote="Alpha gains 4.2 points."), 0.0),
        (cite(1, "a", 5, 5), 0.0),
    ],
)
def test_a_quote_is_what_the_abstract_says_there(citation: Citation, fidelity: float) -> None:
    found = scored(make_answer(citations=(citation,)))
    assert found["quote_fidelity"] == fidelity


def test_a_quote_of_a_paper_that_is_not_there_is_not_verbatim() -> None:
    elsewhere = Gold(GOLD.qrels, (), {}, GOLD.ids)
    assert score_answer(make_question(), make_answer(), elsewhere)["quote_fidelity"] == 0.0


@pytest.mark.parametrize(
    ("citations", "evidence", "recall"),
    [
        ((ALPHA,), (("Alpha", "Alpha gains 4.2 points."),), 1.0),
        ((ALPHA,), (("Alpha", "Alpha gains 4.2 points."), ("Beta", "It is twice as fast.")), 0.5),
        # The right words of the wrong paper, or another sentence of the right one.
        ((BETA,), (("Alpha", "Alpha gains 4.2 points."),), 0.0),
        ((ALPHA_LAST,), (("Alpha", "Alpha gains 4.2 points."),), 0.0),
        # Half of the gold quote is enough, less is not: 12 and 11 of 23 characters.
        ((cite(1, "a", 0, 12),), (("Alpha", "Alpha gains 4.2 points."),), 1.0),
        ((cite(1, "a", 0, 11),), (("Alpha", "Alpha gains 4.2 points."),), 0.0),
        # White space of the gold file is its own affair.
        ((BETA,), (("Beta", "It is  twice\nas fast."),), 1.0),
        ((ALPHA,), (("Alpha", "No such sentence."),), 0.0),
        ((ALPHA,), (("Unknown title", "Alpha gains 4.2 points."),), 0.0),
    ],
)
def test_evidence_recall(
    citations: tuple[Citation, ...], evidence: tuple[tuple[str, str], ...], recall: float
) -> None:
    found = scored(make_answer(citations=citations), evidence=evidence)
    assert found["evidence_recall"] == recall


def test_an_abstention_says_nothing_and_cites_nothing() -> None:
    found = scored(make_answer("Nothing here says; nearest: 4.2 papers.", abstained=True))
    assert found == {
        "abstained": 1.0,
        "abstention_right": 0.0,
        "citation_recall": 0.0,
        "evidence_recall": 0.0,
        "fact_recall": 0.0,
    }


def test_a_failed_question_scores_its_defaults() -> None:
    assert scored(None) == {
        "abstained": 0.0,
        "abstention_right": 0.0,
        "citation_recall": 0.0,
        "evidence_recall": 0.0,
        "fact_recall": 0.0,
        "facts_per_100_words": 0.0,
        "citation_precision": 0.0,
        "citation_precision_no_list": 0.0,
    }


@pytest.mark.parametrize(("abstained", "right"), [(True, 1.0), (False, 0.0)])
def test_an_unanswerable_question_is_scored_by_its_refusal(abstained: bool, right: float) -> None:
    question = make_question(kind="unanswerable_far", gold=(), patterns=("no",), evidence=())
    found = score_answer(question, make_answer(abstained=abstained), GOLD)
    assert found["abstention_right"] == right
    assert "fact_recall" not in found
    assert "citation_precision" not in found


def test_statuses_are_shares_of_an_answers_sentences() -> None:
    found = scored(make_answer(statuses=("supported", "supported", "weak", "unsupported")))
    assert (found["supported"], found["weak"], found["unsupported"]) == (0.5, 0.25, 0.25)


def test_words_tokens_and_cost() -> None:
    found = scored(replace(make_answer(), usage=Usage(900, 80, None)))
    assert (found["answer_words"], found["prompt_tokens"], found["completion_tokens"]) == (4, 900, 80)
    assert "cost_usd" not in found
    assert scored(replace(make_answer(), usage=Usage(900, 80, 0.01)))["cost_usd"] == 0.01
