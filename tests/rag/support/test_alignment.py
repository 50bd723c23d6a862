"""Words with their vectors, and how like they are."""

from __future__ import annotations

import numpy as np
import pytest

from rag.encoder.minilm import Encoder
from rag.support import alignment
from rag.support.alignment import Reading, likeness, stem

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


def test_a_reading_has_a_unit_vector_for_each_word_and_knows_content(read: object) -> None:
    reading: Reading = read("The FLAN-T5's retrieval of 3.5 passages")  # type: ignore[operator]
    assert reading.words == ("the", "flan", "t5's", "retrieval", "of", "3.5", "passages")
    assert np.allclose(np.linalg.norm(reading.vectors, axis=1), 1, atol=1e-5)
    assert reading.is_content.tolist() == [False, True, True, True, False, True, True]


def test_function_words_alone_are_all_content(read: object) -> None:
    reading: Reading = read("It is what it is")  # type: ignore[operator]
    assert reading.is_content.all()


def test_words_beyond_what_the_encoder_sees_have_no_vector(read: object) -> None:
    reading: Reading = read("word " * 600)  # type: ignore[operator]
    assert np.linalg.norm(reading.vectors[0]) == pytest.approx(1, abs=1e-5)
    assert not reading.vectors[-1].any()


def test_words_of_one_stem_are_alike_and_others_less(read: object) -> None:
    claim, other = read("Average pooling outperforms gisting."), read("Pooled vectors are better.")  # type: ignore[operator]
    (table,) = likeness(claim, [other])
    assert table.shape == (len(claim.words), len(other.words))
    assert table[claim.words.index("pooling"), other.words.index("pooled")] == 1
    assert 0 <= table.min() <= table[claim.words.index("gisting")].max() < 1
