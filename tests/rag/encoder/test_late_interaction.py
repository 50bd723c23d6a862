"""Late interaction against its definition, written out slowly."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from rag.encoder import late_interaction
from rag.encoder.minilm import Encoded
from rag.encoder.onnx_graph import write_bit_product

RNG = np.random.default_rng(7)


def unit(*shape: int) -> late_interaction.Floats:
    values = RNG.standard_normal(shape).astype(np.float32)
    return np.asarray(values / np.linalg.norm(values, axis=-1, keepdims=True), np.float32)


def encoded(ids: list[int]) -> Encoded:
    n = len(ids)
    return Encoded(unit(384), unit(n, 384), np.array(ids, np.int32), np.zeros((n, 2), np.int32))


def test_a_score_is_the_weighted_mean_of_each_pieces_best_cosine() -> None:
    query = late_interaction.Query(unit(3, 384), np.array([0.5, 0.3, 0.2], np.float32))
    texts = [unit(4, 384), unit(1, 384), unit(1500, 384)]
    expected = []
    for text in texts:
        signs = np.where(text > late_interaction.token_mean(), 1, -1) / np.sqrt(384)
        cosines = [[float(q @ t) for t in signs] for q in query.tokens]
        expected.append(sum(w * max(row) for w, row in zip(query.weights, cosines, strict=True)))
    scores = late_interaction.scores(query, [late_interaction.pack_bits(text) for text in texts])
    assert scores == pytest.approx(np.array(expected), abs=2e-3)  # a query piece is rounded to int8


def test_an_empty_block_scores_the_least_there_is() -> None:
    query = late_interaction.Query(unit(2, 384), np.array([0.5, 0.5], np.float32))
    empty = np.zeros((0, late_interaction.PACKED), np.uint8)
    assert late_interaction.scores(query, [empty, late_interaction.pack_bits(query.tokens), empty])[
        [0, 2]
    ].tolist() == [-1, -1]
    assert late_interaction.scores(query, [empty]).tolist() == [-1]
    assert late_interaction.scores(query, []).shape == (0,)


def test_the_graph_that_is_shipped_is_the_one_that_is_written(tmp_path: Path) -> None:
    write_bit_product(tmp_path / "written.onnx")
    shipped = files("rag.encoder").joinpath("bit_product.onnx").read_bytes()
    assert shipped == (tmp_path / "written.onnx").read_bytes()


def test_one_bit_keeps_a_text_nearest_to_itself() -> None:
    texts = [unit(30, 384) for _ in range(20)]
    query = late_interaction.Query(texts[7][:5], np.full(5, 0.2, np.float32))
    assert late_interaction.scores(query, [late_interaction.pack_bits(text) for text in texts]).argmax() == 7


def test_stop_words_weigh_nothing_and_the_rest_by_idf() -> None:
    idf = np.zeros(10, np.float32)
    idf[[1, 2, 3]] = [9.0, 3.0, 1.0]
    query = late_interaction.weight_tokens(encoded([1, 2, 3]), idf, frozenset({1}))
    assert query.weights == pytest.approx(np.array([0.75, 0.25]))
    assert query.tokens.shape == (2, 384)


def test_a_query_of_stop_words_alone_keeps_them_all() -> None:
    query = late_interaction.weight_tokens(encoded([1, 1, 4]), np.ones(10, np.float32), frozenset({1, 4}))
    assert query.weights == pytest.approx(np.full(3, 1 / 3))


def test_idf_is_bm25s() -> None:
    assert late_interaction.idf(np.array([0, 1, 10]), 10) == pytest.approx(
        np.log(1 + np.array([21.0, 9.5 / 1.5, 0.5 / 10.5]))
    )


def test_spans_take_the_pieces_that_begin_in_them() -> None:
    bits = late_interaction.pack_bits(unit(4, 384))
    offsets = np.array([[0, 3], [4, 6], [6, 9], [10, 12]], np.int32)
    blocks = late_interaction.spans_to_blocks(bits, offsets, [(0, 6), (6, 12), (20, 30)])
    assert [len(block) for block in blocks] == [2, 2, 0]
    assert (blocks[1] == bits[2:]).all()
