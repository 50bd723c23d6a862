"""Words with their vectors, and how far evidence covers a claim."""

from __future__ import annotations

import numpy as np
import pytest

from rag.encoder.minilm import Encoder
from rag.support import alignment
from rag.support.alignment import Reading, coverage, likeness, stem, stems

SAME_STEM = [
    ("pooling", "pooled"),
    ("retrievers", "retrieval"),
    ("compression", "compressed"),
    ("synthesises", "synthesize"),
    ("efficiently", "efficient"),
]
OTHER_STEM = [("dense", "density"), ("sparse", "sparrow"), ("token", "take"), ("better", "bet")]


@pytest.fixture(scope="module")
def read(encoder: Encoder) -> object:
    return lambda text: alignment.read(text, next(iter(encoder.encode_passages([text]))))


@pytest.mark.parametrize(("one", "other"), SAME_STEM)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), OTHER_STEM)
def test_other_words_do_not(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_the_stems_of_a_text() -> None:
    assert stems("Pooling, pooled: 2.27x") == {"pool", "2.27x"}


def test_a_reading_has_a_unit_vector_for_each_word_and_weights_for_content(read: object) -> None:
    reading: Reading = read("The FLAN-T5's retrieval of 3.5 passages")  # type: ignore[operator]
    assert reading.words == ("the", "flan", "t5's", "retrieval", "of", "3.5", "passages")
    assert np.allclose(np.linalg.norm(reading.vectors, axis=1), 1, atol=1e-5)
    assert reading.weights.sum() == pytest.approx(1)
    assert [bool(weight) for weight in reading.weights] == [False, True, True, True, False, True, True]


def test_function_words_alone_are_all_content(read: object) -> None:
    reading: Reading = read("It is what it is")  # type: ignore[operator]
    assert reading.n_content == 5


def test_words_beyond_what_the_encoder_sees_have_no_vector(read: object) -> None:
    reading: Reading = read("word " * 600)  # type: ignore[operator]
    assert np.linalg.norm(reading.vectors[0]) == pytest.approx(1, abs=1e-5)
    assert not reading.vectors[-1].any()


def test_a_text_covers_itself_and_another_less(read: object) -> None:
    claim, other = read("Average pooling outperforms gisting."), read("Mean pooling is better.")  # type: ignore[operator]
    assert coverage(claim, likeness(claim, [claim])) == pytest.approx(1)
    assert 0.2 < coverage(claim, likeness(claim, [other])) < 0.8


def test_more_sentences_never_cover_less(read: object) -> None:
    claim = read("Average pooling outperforms gisting.")  # type: ignore[operator]
    one, two = likeness(claim, [read(text) for text in ("Pooling helps.", "Gisting hurts.")])  # type: ignore[operator]
    assert coverage(claim, [one, two]) >= max(coverage(claim, [one]), coverage(claim, [two]))
