"""An encoder that somebody else exported: dimensions, pooling and prompts come from its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.assistant import Assistant
from rag.config import Config
from rag.encoder.load import load_encoder
from rag.encoder.minilm import Encoder
from rag.errors import EncoderMismatch, WeightsError
from rag.records import Paper
from tests.helpers.tiny_models import SPECIAL, write_encoder

WORDS = ("query", ":", "red", "green", "blue", "apple", "pear", ".")


def at(word: str) -> int:
    return len(SPECIAL) + WORDS.index(word)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def loaded(config: Config, folder: Path) -> Encoder:
    return load_encoder(replace(config, encoder=str(folder)))


@pytest.mark.parametrize(
    ("pooling", "rows"),
    [
        ("pooling_mode_mean_tokens", [2, at("red"), at("apple"), 3]),
        ("pooling_mode_cls_token", [2]),
        ("pooling_mode_lasttoken", [3]),
    ],
)
def test_dimensions_and_pooling_are_read_from_the_files(
    config: Config, tmp_path: Path, pooling: str, rows: list[int]
) -> None:
    vectors = write_encoder(tmp_path, WORDS, dimensions=24, pooling=pooling)
    encoder = loaded(config, tmp_path)
    encoded = encoder.encode_query("Red apple")
    assert (encoder.dimensions, encoder.vocabulary) == (24, len(SPECIAL) + len(WORDS))
    assert encoded.vector == pytest.approx(unit(vectors[rows].mean(axis=0)), abs=1e-6)
    assert encoded.tokens == pytest.approx(unit(vectors[[at("red"), at("apple")]]), abs=1e-6)
    assert encoded.offsets.tolist() == [[0, 3], [4, 9]]


def test_a_prompt_is_encoded_with_the_text_and_leaves_its_offsets_alone(
    config: Config, tmp_path: Path
) -> None:
    vectors = write_encoder(tmp_path, WORDS, prompts={"query": "query: "})
    encoder = loaded(config, tmp_path)
    rows = [2, at("query"), at(":"), at("pear"), 3]
    asked, (stored,) = encoder.encode_query("pear"), encoder.encode_passages(["pear"])
    assert asked.vector == pytest.approx(unit(vectors[rows].mean(axis=0)), abs=1e-6)
    assert asked.offsets.tolist() == stored.offsets.tolist() == [[0, 4]]
    assert asked.token_ids.tolist() == [at("pear")]
    assert stored.vector == pytest.approx(unit(vectors[[2, at("pear"), 3]].mean(axis=0)), abs=1e-6)


def test_texts_of_all_lengths_come_back_in_order(config: Config, tmp_path: Path) -> None:
    write_encoder(tmp_path, WORDS)
    encoder = loaded(config, tmp_path)
    texts = ["red " * n for n in (1, 900, 3, 40)]
    seen = list(encoder.encode_passages(texts))
    assert [len(each.tokens) for each in seen] == [1, encoder.max_tokens - 1, 3, 40]


def test_a_library_is_searched_with_the_encoder_it_was_made_with_and_no_other(
    config: Config, tmp_path: Path
) -> None:
    write_encoder(tmp_path / "mine", WORDS)
    mine = replace(config, encoder=str(tmp_path / "mine"))
    papers = [Paper("a", "Red apple", "Green pear."), Paper("b", "Blue", "Blue blue red pear apple.")]
    with Assistant.open(config=mine, create=True) as assistant:
        assistant.library.add(papers, assistant.encoder)
        assert [ranked.paper for ranked in assistant.search("green pear", mode="dense")][:1] == papers[:1]
        assert {ranked.paper.paper_id for ranked in assistant.search("blue pear")} == {"a", "b"}
        assert assistant.ask("What is the green pear?").retrieved[0].paper_id == "a"
        assert assistant.library.verify().ok
        assert str(assistant.library.status()["encoder"]).startswith("mine:")
    with Assistant.open(config=mine) as assistant:
        assert assistant.library.add(papers, assistant.encoder).unchanged == 2
    with pytest.raises(EncoderMismatch, match="RAG_ENCODER"):
        Assistant.open(config=config)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("onnx/model.onnx", "no model.onnx and no onnx/model.onnx"),
        ("tokenizer.json", "no tokenizer.json"),
        ("1_Pooling/config.json", "is not JSON"),
    ],
)
def test_a_folder_that_lacks_something_is_refused_by_name(
    config: Config, tmp_path: Path, harm: str, said: str
) -> None:
    write_encoder(tmp_path, WORDS)
    if said == "is not JSON":
        (tmp_path / harm).write_text("{", encoding="utf-8")
    else:
        (tmp_path / harm).unlink()
    with pytest.raises(WeightsError, match=said):
        loaded(config, tmp_path)


def test_pooling_that_is_not_known_and_odd_dimensions_are_refused(config: Config, tmp_path: Path) -> None:
    write_encoder(tmp_path / "odd", WORDS, dimensions=12)
    with pytest.raises(WeightsError, match="12 dimensions"):
        loaded(config, tmp_path / "odd")
    write_encoder(tmp_path / "max", WORDS, pooling="pooling_mode_max_tokens")
    with pytest.raises(WeightsError, match="pooling_mode_max_tokens"):
        loaded(config, tmp_path / "max")


def test_a_name_the_hub_does_not_give_is_an_error_that_says_so(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsError, match="RAG_ENCODER is 'nobody/nothing', which is no folder"):
        loaded(replace(config, cache=tmp_path), Path("nobody/nothing"))


def test_the_fingerprint_changes_with_the_files(config: Config, tmp_path: Path) -> None:
    write_encoder(tmp_path, WORDS)
    before = loaded(config, tmp_path).fingerprint
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 128}), encoding="utf-8")
    after = loaded(config, tmp_path)
    assert after.fingerprint != before
    assert after.max_tokens == 128
