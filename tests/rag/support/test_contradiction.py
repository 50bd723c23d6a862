"""Direction, sides and negation: what speaks against a claim, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rag.encoder.minilm import Encoder
from rag.support import alignment
from rag.support.contradiction import Side, contradictions
from rag.support.polarity import read_polarity

Kinds = Callable[[str, str], set[str]]

AGAINST = [
    ("BPR increases the memory cost.", "BPR substantially reduces the memory cost.", "direction"),
    ("Fewer parameters are needed.", "More parameters are needed.", "direction"),
    ("The model degrades recall.", "We report improvements in recall of the model.", "direction"),
    ("It runs slower on long texts.", "It runs faster on long texts.", "direction"),
    ("Dense models beat sparse models.", "Sparse models beat dense models.", "sides"),
    ("Sparse models lose to dense models.", "Sparse models outperform dense models.", "sides"),
    ("Dense models are better than sparse ones.", "Sparse models are better than dense models.", "sides"),
    ("Sparse models are outperformed by dense models.", "Sparse models outperform dense models.", "sides"),
    ("Sparse models beat dense models.", "Dense models show clear gains over sparse models.", "sides"),
    ("Inference becomes slower.", "It brings an increase in inference speed.", "direction"),
    ("Training is slower.", "It reduces training time.", "direction"),
    ("Decoding gets less accurate.", "It improves the accuracy of decoding.", "direction"),
    ("It increases the need for big batches.", "It removes the need for big batches.", "direction"),
    ("The context window shrinks.", "It expands the context window.", "direction"),
    ("The bias can be mitigated with more data.", "The bias cannot be mitigated with more data.", "negation"),
    ("It does not require training.", "It requires training.", "negation"),
    ("The method needs costly retraining.", "The method is retraining-free.", "negation"),
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
def kinds(encoder: Encoder) -> Kinds:
    def read(text: str) -> Side:
        reading = alignment.read(text, next(iter(encoder.encode_passages([text]))))
        return Side(reading, read_polarity(reading))

    def found(claim: str, evidence: str) -> set[str]:
        ours, theirs = read(claim), read(evidence)
        tables = alignment.likeness(ours.reading, [theirs.reading])
        return {each.kind for each in contradictions(ours, [theirs], tables)}

    return found


@pytest.mark.parametrize(("claim", "evidence", "kind"), AGAINST)
def test_the_opposite_contradicts(kinds: Kinds, claim: str, evidence: str, kind: str) -> None:
    assert kind in kinds(claim, evidence)


@pytest.mark.parametrize(("claim", "evidence"), NOT_AGAINST)
def test_the_same_in_other_words_does_not(kinds: Kinds, claim: str, evidence: str) -> None:
    assert kinds(claim, evidence) == set()
