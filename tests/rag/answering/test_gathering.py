"""Whether one paper answers or several do: by what was asked, and by the papers that were found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rag.answering.answerability import BestPaper
from rag.answering.gathering import likeliest_gathering, settled
from rag.records import Intent, RankedPaper
from rag.retrieval.sentence_features import PaperMatches
from tests.helpers.answer_samples import asked, ranked


def papers(*scores: float) -> list[RankedPaper]:
    return [ranked(f"p{n}", score, {f"Lamp {n} burns.": 1.0}) for n, score in enumerate(scores)]


def read(paper: RankedPaper, met: float = 0.6) -> BestPaper:
    """The paper, every piece of the question met as well as `met`."""
    pieces = np.full((2, 1), met, np.float32)
    matches = PaperMatches(pieces, pieces[:, 0], np.full(2, 0.5, np.float32), np.zeros(1, np.float32))
    return BestPaper(paper.paper, met, met, paper.evidence, matches)


CLOSE, FAR = papers(5.0, 4.6, 4.2, 4.0), papers(5.0, 1.0, 0.5, 0.2)
SPECIFIC = "By how much does the third lamp of the harbour outshine the candle of 1823 in thick fog?"


@pytest.mark.parametrize(
    ("text", "intent", "probability", "found", "becomes"),
    [
        ("What do we know of lamps?", "overview", 0.95, CLOSE, "overview"),
        ("Which papers are about lamps?", "list", 0.95, CLOSE, "list"),
        (SPECIFIC, "overview", 0.55, FAR, "fact"),
        (SPECIFIC, "stance", 0.6, FAR, "fact"),
        (SPECIFIC, "fact", 0.9, FAR, "fact"),
        ("How do lamps differ from candles?", "compare", 0.9, CLOSE, "compare"),
        ("How do lamps differ from candles?", "compare", 0.9, FAR, "fact"),
        ("What is a lamp?", "definition", 0.9, CLOSE, "definition"),
    ],
)
def test_several_papers_speak_where_that_is_asked_and_several_are_near(
    text: str, intent: Intent, probability: float, found: list[RankedPaper], becomes: Intent
) -> None:
    chances: dict[Intent, float] = {intent: probability, "other": 1 - probability}
    question = replace(asked(text, intent), intent_probabilities=chances)
    assert settled(question, found, read(found[0])).intent == becomes


def test_a_broad_question_taken_for_a_fact_gathers_what_its_words_ask_for_most() -> None:
    chances: dict[Intent, float] = {"fact": 0.5, "overview": 0.4, "list": 0.1}
    question = replace(asked("How are lamps lit?", "fact"), intent_probabilities=chances)
    assert settled(question, CLOSE, read(CLOSE[0])).intent == "overview"


def test_how_asks_for_no_yes_or_no() -> None:
    chances: dict[Intent, float] = {"fact": 0.45, "stance": 0.4, "overview": 0.15}
    how = replace(asked("How can lamps burn without oil?", "fact"), intent_probabilities=chances)
    can = replace(asked("Can lamps burn without oil?", "fact"), intent_probabilities=chances)
    assert [likeliest_gathering(question) for question in (how, can)] == ["overview", "stance"]


def test_without_papers_a_question_stays_as_it_is() -> None:
    question = asked("What do we know of lamps?", "overview")
    assert settled(question, [], None) is question
