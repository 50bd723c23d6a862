"""Comparisons turned round, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag.encoder.minilm import Encoder
from rag.support import alignment
from rag.support.comparisons import read_side, turned_round

Turned = Callable[[str, str], list[str]]

AGAINST = [
    ("Dense models beat sparse models.", "Sparse models beat dense models."),
    ("Sparse models lose to dense models.", "Sparse models outperform dense models."),
    ("Dense models are better than sparse ones.", "Sparse models are better than dense models."),
    ("Sparse models are outperformed by dense models.", "Sparse models outperform dense models."),
    ("Sparse models beat dense models.", "Dense models show clear gains over sparse models."),
]
NOT_AGAINST = [
    ("Sparse models outperform dense models.", "Dense models are outperformed by sparse models."),
    ("Dense models underperform sparse models.", "Sparse models outperform dense models."),
    ("Latency is lower and throughput higher.", "It has higher throughput and lower latency."),
    ("The gain is not larger.", "The gain is not larger."),
    ("No: it improves recall.", "It improves recall."),
    ("It is never worse than training.", "It is never worse than training."),
    ("Not only recall improves.", "Recall improves."),
    ("It needs no training.", "It works without training."),
    ("Methods fall short of random selection.", "Random selection outperforms most methods."),
    ("A cutting-edge system.", "The system grows."),
    ("By more than 85%, overhead falls.", "It reduces overhead by over 85%."),
    ("Overhead falls below 5%.", "It keeps more overhead under 5%."),
    ("It cuts storage and speeds up inference.", "It reduces storage, enhancing inference speed."),
    (
        "Less computation, and more accurate than DrQA.",
        "It is more accurate than DrQA with less computation.",
    ),
    ("Experts that are not activated hold knowledge.", "Non-activated experts hold valuable knowledge."),
]


@pytest.fixture(scope="module")
def turned(encoder: Encoder) -> Turned:
    def found(claim: str, evidence: str) -> list[str]:
        texts = [claim, evidence]
        ours, theirs = (
            read_side(alignment.read(text, encoded))
            for text, encoded in zip(texts, encoder.encode_passages(texts), strict=True)
        )
        tables = alignment.likeness(ours.reading, [theirs.reading])
        return [each.found for each in turned_round(ours, [theirs], tables)]

    return found


@pytest.mark.parametrize(("claim", "evidence"), AGAINST)
def test_a_comparison_the_other_way_round_is_found(turned: Turned, claim: str, evidence: str) -> None:
    assert len(turned(claim, evidence)) == 1


@pytest.mark.parametrize(("claim", "evidence"), NOT_AGAINST)
def test_the_same_in_other_words_is_not(turned: Turned, claim: str, evidence: str) -> None:
    assert turned(claim, evidence) == []
