"""When no answer is given, and what is said then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rag.answering import abstention
from rag.answering.answerability import (
    ANSWERS,
    ON_SUBJECT,
    BestPaper,
    answer_features,
    focus_of,
    subject_features,
)
from rag.encoder.late_interaction import Query
from rag.records import Evidence, Paper, RankedPaper, Sentence
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranked, Ranking
from rag.retrieval.sentence_features import PaperMatches
from tests.helpers.answer_samples import asked

SAID = "FormNet reads forms."
PAPER = Paper("p", "FormNet for Forms", f"{SAID} It was tested on FUNSD.")
QUERY = Query(np.zeros((0, 384), np.float32), np.zeros(0, np.float32))


def ranking(late: float, cosine: float) -> Ranking:
    return Ranking("", QUERY, (Ranked("p#0", 1.0, late, cosine),))


def best(match: float, late: float = 0.5) -> BestPaper:
    """The paper, whose two sentences meet the question's three pieces alike."""
    matches = PaperMatches(
        np.full((3, 2), match, np.float32),
        np.full(3, match / 2, np.float32),
        np.full(3, 1 / 3, np.float32),
        np.full(2, 0.7 * match, np.float32),
    )
    second = PAPER.abstract[len(SAID) + 1 :]
    evidence = (
        Evidence("p", Sentence(SAID, 0, len(SAID)), 2.0),
        Evidence("p", Sentence(second, len(SAID) + 1, len(PAPER.abstract)), 0.0),
    )
    return BestPaper(PAPER, late, late, evidence, matches)


PAPERS = [RankedPaper(PAPER, 1.0)]
NEAR, FAR = ranking(0.6, 0.6), ranking(0.2, 0.1)


def reason(question: Question, found: Ranking, read: BestPaper) -> str:
    return abstention.decide(question, found, PAPERS, read).reason or ""


def test_a_question_that_its_paper_meets_is_answered() -> None:
    decision = abstention.decide(asked("How does FormNet read forms?"), NEAR, PAPERS, best(0.9))
    assert decision.reason is None
    assert decision.confidence > 0.7


def test_a_question_on_another_subject_is_refused_with_the_nearest_papers() -> None:
    told = reason(asked("How long should a steak rest?"), FAR, best(0.1, 0.2))
    assert told == (
        "This library does not say: no paper in it comes close to the question. Nearest: “FormNet for Forms”."
    )


def test_a_short_question_is_not_taken_for_the_subject_as_easily_as_a_long_one() -> None:
    read, found = best(0.35), ranking(0.4, 0.3)
    short, long = (
        ON_SUBJECT(subject_features(text, found, read))
        for text in (
            "Do sheep recognise faces?",
            "Which cues do grazing sheep use to recognise faces of others?",
        )
    )
    assert short < abstention.LEAST_ON_SUBJECT < long


def test_papers_further_down_that_meet_the_question_too_speak_for_the_subject() -> None:
    alone = Ranking("", QUERY, (Ranked("p#0", 1.0, 0.5, 0.5), Ranked("q#0", 0.1, 0.1, 0.1)))
    among = Ranking("", QUERY, (Ranked("p#0", 1.0, 0.5, 0.5), Ranked("q#0", 0.9, 0.5, 0.5)))
    text, read = "Do sheep recognise faces?", best(0.6)
    assert ON_SUBJECT(subject_features(text, alone, read)) < ON_SUBJECT(subject_features(text, among, read))


NEAR_MISS = replace(
    best(0.9),
    matches=PaperMatches(
        np.array([[0.9, 0.9], [0.9, 0.3], [0.1, 0.0]], np.float32),
        np.array([0.9, 0.3, 0.0], np.float32),
        np.full(3, 1 / 3, np.float32),
        np.full(2, 0.6, np.float32),
    ),
)
"""The paper, with nothing for one piece of the question."""


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("How many forms does FormNet read on SROIE-2?", "does not mention SROIE-2"),
        ("How many forms does FormNet read?", "gives no such figure"),
        ("What optimiser does FormNet have, how many steps?", "gives no such figure"),
    ],
)
def test_a_near_miss_is_refused_by_name_with_what_is_said_instead(question: str, missing: str) -> None:
    told = reason(asked(question), NEAR, NEAR_MISS)
    assert missing in told
    assert f"It does say: “{SAID}”" in told
    assert told.endswith("Nearest: “FormNet for Forms”.")


def test_an_overview_needs_the_subject_only() -> None:
    assert reason(asked("What is known of forms?", "overview"), NEAR, best(0.45)) == ""


def test_nothing_found_is_no_confidence_and_blamed_on_the_filters() -> None:
    decision = abstention.decide(asked("How?"), Ranking("", QUERY, ()), [], None)
    assert decision == abstention.Decision(
        0.0, "This library does not say: no paper in it passes the filters."
    )


def test_confidence_of_a_passage_rises_with_either_score() -> None:
    grid = [[abstention.confidence_from(x, y) for y in (0.1, 0.3, 0.5)] for x in (0.2, 0.4, 0.6)]
    assert (np.diff(grid, axis=0) > 0).all()
    assert (np.diff(grid, axis=1) > 0).all()


def test_a_figure_asked_for_and_not_there_makes_an_answer_less_likely() -> None:
    with_figure = best(0.7)
    plain, amount = "Does FormNet read forms?", "How many forms does FormNet read?"
    assert ANSWERS(answer_features(amount, with_figure)) < ANSWERS(answer_features(plain, with_figure))


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("Which teacher model serves in ReBase?", "teacher model serves"),
        ("What odds ratio does it have?", "odds ratio"),
        ("On which chromosome is it?", "chromosome"),
        ("Why does it work?", ""),
    ],
)
def test_what_is_asked_for_is_read_from_the_wording(question: str, focus: str) -> None:
    assert focus_of(question) == focus
