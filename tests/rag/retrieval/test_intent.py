"""rag/retrieval/intent.py: the learned head, on questions that are in no training data."""

from __future__ import annotations

import numpy as np
import pytest

from rag.encoder.minilm import Encoder
from rag.records import Intent
from rag.retrieval.intent import INTENTS, intent_probabilities
from rag.text.word_grams import word_grams
from tests.helpers.fakes import FakeEncoder


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("Which papers compress prompts?", "list"),
        ("List works on speculative decoding.", "list"),
        ("Papers on speculative decoding", "list"),
        ("What drugs lower LDL?", "list"),
        ("Is metformin better than insulin?", "stance"),
        ("Do bees prefer blue flowers?", "stance"),
        ("What is the difference between SPLADE and ColBERT?", "compare"),
        ("Compare steel with timber for bridges.", "compare"),
        ("What is an estuary?", "definition"),
        ("soil erosion control", "overview"),
        ("Tell me about coral bleaching.", "overview"),
        ("What do we know about dyslexia?", "overview"),
        ("Which classifier gets the highest accuracy on CIFAR-10?", "best"),
        ("I have 200 patients and no control group, which test should I use?", "recommend"),
        ("how many papers are in here?", "meta"),
        ("thank you!", "meta"),
        ("How many eggs did the turtles lay in 2011?", "fact"),
        ("Why does the catalyst lose its activity after ten cycles?", "fact"),
    ],
)
def test_the_likeliest_intent_is_the_one_asked_for(question: str, intent: Intent, encoder: Encoder) -> None:
    chances = intent_probabilities(question, encoder.encode_query(question).vector)
    assert max(chances, key=lambda each: chances[each]) == intent


@pytest.mark.parametrize("question", ["", "?", "如何", "a " * 500, "^ $"])
def test_any_text_has_probabilities_that_sum_to_one(question: str) -> None:
    chances = intent_probabilities(question, FakeEncoder().encode_query(question or "x").vector)
    assert tuple(chances) == INTENTS
    assert sum(chances.values()) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(list(chances.values())).all()


def test_word_grams_hold_the_frame_and_no_numbers() -> None:
    grams = word_grams("Which 12 works?")
    assert {"^ which", "which 0 works", "? $", "works"} <= grams
    assert "12" not in grams
