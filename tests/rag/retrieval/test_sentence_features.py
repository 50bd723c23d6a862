"""What a sentence shows of a question, by itself."""

from __future__ import annotations

import numpy as np
import pytest

from rag.retrieval.sentence_features import asks_number, is_notice, mean_vectors


def test_mean_vectors_are_the_unit_means_of_each_blocks_signs() -> None:
    rng = np.random.default_rng(0)
    blocks = [rng.integers(0, 256, (n, 48)).astype(np.uint8) for n in (3, 0, 1, 5)]
    found = mean_vectors(blocks)
    for block, vector in zip(blocks, found, strict=True):
        signs = 2.0 * np.unpackbits(block, axis=1) - 1
        wanted = signs.mean(axis=0) if len(block) else np.zeros(384)
        assert vector == pytest.approx(wanted / max(float(np.linalg.norm(wanted)), 1e-6), abs=1e-5)


def test_no_blocks_have_no_vectors() -> None:
    assert mean_vectors([]).shape[0] == 0


@pytest.mark.parametrize(
    ("question", "asks"), [("How many lamps?", True), ("What F1 does it get?", True), ("Why lamps?", False)]
)
def test_questions_for_a_number(question: str, asks: bool) -> None:
    assert asks_number(question) == asks


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("Code is available at https://example.org/v2.", True),
        ("It wins 8 of 9 and the code is available.", False),
        ("It wins.", False),
    ],
)
def test_a_notice_says_only_where_code_can_be_had(text: str, notice: bool) -> None:
    assert is_notice(text) == notice
