"""Scoring sentences: what the place and the wording add to late interaction."""

from __future__ import annotations

import numpy as np
import pytest

from rag.retrieval.sentence_scoring import combine_features

EVEN = np.zeros(3, np.float32)


def best(question: str, sentences: list[str], late_scores: list[float] | None = None) -> int:
    values = np.array(late_scores, np.float32) if late_scores else np.zeros(len(sentences), np.float32)
    return int(combine_features(question, sentences, values).argmax())


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [
        ("How much faster is it?", "It is 3.2 times as quick.", "It is quick."),
        ("How does it work?", "It has parts.", "It has 12 parts."),
        ("What came of it?", "We find that it pays.", "It is a topic."),
        ("How good is it?", "It wins.", "Code is available at https://example.org."),
        (
            "How good is it?",
            "It wins 8 of 9 and is available at https://example.org.",
            "Models are released.",
        ),
        ("Where is the code?", "Our code is available at https://example.org.", "It wins."),
    ],
)
def test_wording_tells_where_late_interaction_does_not(question: str, better: str, worse: str) -> None:
    sentences = ["Background.", better, "It is so.", worse]
    values = combine_features(question, sentences, np.zeros(4, np.float32))
    moved = combine_features(question, ["Background.", worse, "It is so.", better], np.zeros(4, np.float32))
    assert values[1] > moved[1]
    assert moved[3] > values[3]


def test_findings_come_late_and_background_first() -> None:
    values = combine_features("How?", ["It is."] * 4, np.zeros(4, np.float32))
    assert (np.diff(values) > 0).all()


def test_what_bears_on_the_question_outweighs_where_it_stands() -> None:
    assert best("How?", ["It is so.", "It is.", "It is."], [0.9, 0.1, 0.1]) == 0


def test_scores_of_none_and_of_one() -> None:
    assert combine_features("How?", [], EVEN[:0]).shape == (0,)
    assert combine_features("How?", ["It is."], EVEN[:1]).shape == (1,)
