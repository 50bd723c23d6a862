"""Scoring sentences: what the place and the wording add to late interaction."""

from __future__ import annotations

import numpy as np
import pytest

from rag.encoder.late_interaction import Floats
from rag.retrieval.sentence_features import NAMES, PaperMatches, feature_matrix
from rag.retrieval.sentence_scoring import WEIGHTS, score_texts


def even(n: int) -> PaperMatches:
    """A question of one piece that matches n sentences alike."""
    return PaperMatches(
        np.full((1, n), 0.5, np.float32),
        np.zeros(1, np.float32),
        np.ones(1, np.float32),
        np.ones(n, np.float32),
    )


def scores(question: str, sentences: list[str]) -> Floats:
    return score_texts(question, sentences, even(len(sentences)))


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [
        ("How much faster is it?", "It is 3.2 times as quick.", "It is quick in this."),
        ("How good is it?", "It wins at this.", "Code is available."),
        ("Which lamp is bright?", "The lamp is bright.", "The boat is slow."),
        ("What is a glowlamp?", "A glowlamp is a lamp that glows.", "Such things glow at night here."),
    ],
)
def test_wording_tells_where_late_interaction_does_not(question: str, better: str, worse: str) -> None:
    values = scores(question, ["Background.", better, "It is so.", worse])
    moved = scores(question, ["Background.", worse, "It is so.", better])
    assert values[1] > moved[1]
    assert moved[3] > values[3]


def test_findings_come_later_than_background() -> None:
    values = scores("How?", ["It is."] * 5)
    assert (np.diff(values[:4]) > 0).all()


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_what_matches_the_question_beyond_the_title_raises_a_sentence(place: int) -> None:
    def matches(beyond: Floats) -> PaperMatches:
        title = np.array([1.0, 0.0], np.float32)
        both = np.array([[0.9, 0.8, 0.9, 0.8], beyond], np.float32)
        return PaperMatches(both, title, np.array([0.5, 0.5], np.float32), np.zeros(4, np.float32))

    raised = np.where(np.arange(4) == place, 0.9, 0.1).astype(np.float32)
    lowered = np.where(np.arange(4) == place, 0.1, 0.9).astype(np.float32)
    sentences = ["It is."] * 4
    better, worse = (score_texts("How?", sentences, matches(values)) for values in (raised, lowered))
    assert better[place] - better.mean() > worse[place] - worse.mean()


def test_every_feature_has_a_weight_and_a_column() -> None:
    assert set(WEIGHTS) == set(NAMES)
    assert feature_matrix("How?", ["It is.", "It was."], even(2)).shape == (2, len(NAMES))


def test_scores_of_none_and_of_one() -> None:
    assert score_texts("How?", [], even(0)).shape == (0,)
    assert np.isfinite(scores("How?", ["It is."])).all()
