"""A cross-encoder that somebody else exported, and the order it gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.config import Config
from rag.encoder.onnx_reranker import OnnxReranker
from rag.errors import WeightsError
from tests.helpers.tiny_models import write_encoder, write_reranker

WORTH = {"gold": 2.0, "tin": -1.0}


@pytest.fixture
def reranker(config: Config, tmp_path: Path) -> OnnxReranker:
    write_reranker(tmp_path / "model", WORTH, ["the", "is", "models"])
    return OnnxReranker.load(replace(config, reranker=str(tmp_path / "model")))


def test_scores_are_the_graphs_in_the_order_of_the_texts(reranker: OnnxReranker) -> None:
    texts = ["the gold gold", "tin", "the " * 300 + "gold", "is"]
    assert reranker.scores("gold is the", texts).tolist() == [4, -1, 2, 0]
    assert reranker.scores("gold", []).tolist() == []


def test_a_text_too_long_is_cut_and_the_question_is_not(reranker: OnnxReranker) -> None:
    assert reranker.scores("the is", ["gold " + "the " * 2000 + "gold"]).tolist() == [2]


def test_an_encoder_is_no_reranker(config: Config, tmp_path: Path) -> None:
    write_encoder(tmp_path, ["gold"])
    with pytest.raises(WeightsError, match=r"RAG_RERANKER: .* is no cross-encoder"):
        OnnxReranker.load(replace(config, reranker=str(tmp_path)))


def test_the_best_papers_of_a_search_come_in_its_order(
    demo_library: Path, config: Config, tmp_path: Path
) -> None:
    write_reranker(tmp_path, {"models": 1.0}, ["the"])
    plain = replace(config, library=demo_library)
    with Assistant.open(config=plain) as assistant:
        before = assistant.search("language models", top=30)
    with Assistant.open(config=replace(plain, reranker=str(tmp_path))) as assistant:
        after = assistant.search("language models", top=30)
    counts = [
        f"{each.paper.title} {each.paper.abstract}".lower().split().count("models") for each in after[:20]
    ]
    assert {each.paper.paper_id for each in after[:20]} == {each.paper.paper_id for each in before[:20]}
    assert [each.paper for each in after[20:]] == [each.paper for each in before[20:]]
    assert [each.score for each in after] == [each.score for each in before]
    assert after != before
    assert counts[0] >= max(counts) - 1
