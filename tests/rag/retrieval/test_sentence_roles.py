"""rag/retrieval/sentence_roles.py: the learned roles, in fields that are in no training data."""

from __future__ import annotations

import numpy as np
import pytest

from rag.encoder.late_interaction import Bits, pack_bits, spans_to_blocks
from rag.encoder.minilm import Encoder
from rag.records import SentenceTraits
from rag.retrieval.sentence_roles import LEARNED, in_order, mean_bits, role_probabilities, sentence_traits

MARSH = [
    "Salt marshes protect many coasts, but how much they lower storm tides is poorly known.",
    "We aim to find out whether tall grass lowers them more than short grass.",
    "We measured water levels at twelve stations over nine winters and fitted a mixed model.",
    "Tall grass lowered the tide by 12 cm a kilometre, twice as much as short grass did (p < 0.01).",
    "The data are available at https://example.org/marsh.",
]


def read(sentences: list[str], encoder: Encoder) -> list[SentenceTraits]:
    return sentence_traits(sentences, blocks_of(sentences, encoder))


def blocks_of(sentences: list[str], encoder: Encoder) -> list[Bits]:
    encoded = encoder.encode_query(" ".join(sentences))
    ends = np.cumsum([len(text) + 1 for text in sentences]).tolist()
    spans = list(zip([0, *ends[:-1]], ends, strict=True))
    return spans_to_blocks(pack_bits(encoded.tokens), encoded.offsets, spans)


def test_roles_hold_in_another_field(encoder: Encoder) -> None:
    traits = read(MARSH, encoder)
    assert [each.role for each in traits] == ["background", "objective", "method", "result", "resource"]
    assert [each.ordinal for each in traits] == [0, 1, 2, 3, 4]
    assert {each.n_sentences for each in traits} == {5}


def test_probabilities_of_roles_sum_to_one(encoder: Encoder) -> None:
    chances = role_probabilities(MARSH, blocks_of(MARSH, encoder))
    assert chances.shape == (5, len(LEARNED))
    assert chances.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-4)


def test_an_abstract_of_one_sentence_or_none_is_read(encoder: Encoder) -> None:
    assert sentence_traits([], []) == []
    assert len(read(["Otters eat crabs."], encoder)) == 1


def test_a_sentence_without_pieces_has_a_vector_of_zeros() -> None:
    assert not mean_bits(np.zeros((0, 48), np.uint8)).any()
    assert mean_bits(np.full((3, 48), 255, np.uint8)) == pytest.approx(np.full(384, 0.5))


def test_the_order_of_roles_moves_what_is_in_doubt() -> None:
    logits = np.array([[2.0, 0.0], [0.1, 0.0]], np.float32)
    after_itself_never = np.array([[-3.0, 3.0], [0.0, 0.0], [0.0, 0.0]], np.float32)
    assert in_order(logits, after_itself_never)[1].argmax() == 1
    assert in_order(logits, np.zeros((3, 2), np.float32))[1].argmax() == 0


def test_traits_read_twice_are_the_same_and_depend_on_the_bits(encoder: Encoder) -> None:
    blocks = blocks_of(MARSH, encoder)
    assert sentence_traits(MARSH, blocks) == sentence_traits(MARSH, [block.copy() for block in blocks])
    turned = [np.bitwise_not(block) for block in blocks]
    assert sentence_traits(MARSH, blocks) != sentence_traits(MARSH, turned)
