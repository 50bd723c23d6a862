"""When no answer is given, and what is said then."""

from __future__ import annotations

import numpy as np
import pytest

from rag.answering import abstention
from rag.encoder.late_interaction import Query
from rag.index.token_store import TokenBlock
from rag.library.library import Candidate
from rag.records import Paper, Passage, RankedPaper
from rag.retrieval.ranking import Ranked, Ranking

PAPER = Paper("p", "FormNet for Forms", "FormNet reads forms. It was tested on FUNSD. It has an nDCG of 5.")
BLOCK = TokenBlock(
    np.zeros(384, np.float32),
    np.zeros((0, 48), np.uint8),
    np.zeros(0, np.uint16),
    np.zeros((0, 2), np.uint32),
)
QUERY = Query(np.zeros((0, 384), np.float32), np.zeros(0, np.float32))
NOTHING = Ranking("", QUERY, ())


def ranking(late: float, cosine: float) -> Ranking:
    candidate = Candidate(Passage("p#0", "p", 0, 1, PAPER.abstract, 0, len(PAPER.abstract)), PAPER, BLOCK, 0)
    return Ranking("", QUERY, (Ranked(candidate, 1.0, late, cosine),))


NEAR, SURE, FAR = ranking(0.45, 0.45), ranking(0.6, 0.6), ranking(0.24, 0.15)
PAPERS = [RankedPaper(PAPER, 1.0)]


@pytest.mark.parametrize(
    ("question", "found", "why"),
    [
        ("How does FormNet read forms?", NEAR, None),
        ("How long should a steak rest?", FAR, "no paper in it comes close"),
        ("How does FormNet do on SROIE-2?", NEAR, "mentions SROIE-2"),
        ("How does FormNet do on SROIE-2?", SURE, None),
        ("How does a FormNet-like model read?", NEAR, None),
        ("Which F1 does FormNet get on FUNSD?", NEAR, "gives no F1"),
        ("Which nDCG does FormNet get on FUNSD?", NEAR, None),
        ("Is F1 a good measure for forms?", NEAR, None),
        ("By how many BLEU points does FormNet beat others?", NEAR, "gives no BLEU"),
        ("What improves accuracy on forms?", NEAR, None),
        ("Which forms and what accuracy matter?", NEAR, None),
    ],
)
def test_reasons(question: str, found: Ranking, why: str | None) -> None:
    reason = abstention.abstention_reason(question, found, PAPERS)
    if why is None:
        assert reason is None
    else:
        assert reason is not None
        assert why in reason
        assert reason.endswith("Nearest: “FormNet for Forms”.")


def test_nothing_found_is_no_confidence_and_blamed_on_the_filters() -> None:
    assert abstention.confidence(NOTHING) == 0
    assert abstention.abstention_reason("How?", NOTHING, []) == (
        "This library does not say: no paper in it passes the filters."
    )


def test_confidence_rises_with_either_score() -> None:
    grid = [[abstention.confidence(ranking(x, y)) for y in (0.1, 0.3, 0.5)] for x in (0.2, 0.4, 0.6)]
    assert (np.diff(grid, axis=0) > 0).all()
    assert (np.diff(grid, axis=1) > 0).all()
