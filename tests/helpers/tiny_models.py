"""Models of a few words, written out as ONNX graphs in sentence-transformers' layout: what RAG_ENCODER and
RAG_RERANKER take, small enough to know every number of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def write_encoder(
    folder: Path,
    words: Sequence[str],
    *,
    dimensions: int = 16,
    pooling: str = "pooling_mode_mean_tokens",
    prompts: dict[str, str] | None = None,
) -> NDArray[np.float32]:
    """An encoder whose token vectors are those of its words, one each. Returns them: float32[4 + n, d]."""
    vectors = np.random.default_rng(5).standard_normal((len(SPECIAL) + len(words), dimensions), np.float32)
    _write_tokenizer(folder, words)
    tensor = helper.make_tensor_value_info
    _write_graph(
        folder,
        [helper.make_node("Gather", ["words", "input_ids"], ["last_hidden_state"])],
        [tensor("last_hidden_state", TensorProto.FLOAT, ["b", "n", dimensions])],
        {"words": vectors},
        ("input_ids", "attention_mask"),
    )
    (folder / "1_Pooling").mkdir()
    _write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": dimensions, pooling: True})
    _write_json(folder / "config_sentence_transformers.json", {"prompts": prompts or {}})
    return vectors


def write_reranker(folder: Path, worth: dict[str, float], words: Sequence[str]) -> None:
    """A cross-encoder whose score is the sum of what the words of the second text are worth."""
    known = [*worth, *words]
    values = np.zeros((len(SPECIAL) + len(known), 1), np.float32)
    for word, value in worth.items():
        values[len(SPECIAL) + known.index(word)] = value
    _write_tokenizer(folder, known)
    nodes = [
        helper.make_node("Gather", ["worth", "input_ids"], ["each"]),
        helper.make_node("Mul", ["token_type_ids", "attention_mask"], ["second"]),
        helper.make_node("Cast", ["second"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["each", "column"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "middle"], ["logits"], keepdims=0),
    ]
    _write_graph(
        folder,
        nodes,
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", 1])],
        {"worth": values, "last": np.array([2]), "middle": np.array([1])},
        ("input_ids", "attention_mask", "token_type_ids"),
    )


def write_sparse_encoder(
    folder: Path,
    words: Sequence[str],
    expansions: dict[str, tuple[str, ...]],
    query_weights: dict[str, float] | None = None,
) -> None:
    """A masked language model that says 1.0 of each of its words where that stands, and .5 of those that it
    stands for; written like an inference-free document encoder."""
    known = [*SPECIAL, *words]
    values = np.zeros((len(known), len(known)), np.float32)
    for word in words:
        values[known.index(word), known.index(word)] = np.expm1(1.0)
        for other in expansions.get(word, ()):
            values[known.index(word), known.index(other)] = np.expm1(0.5)
    values[:, 2] = 9.0  # what a model says of its own marks is to be left out
    _write_tokenizer(folder, words)
    _write_graph(
        folder,
        [helper.make_node("Gather", ["words", "input_ids"], ["logits"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "n", len(known)])],
        {"words": values},
        ("input_ids", "attention_mask"),
    )
    if query_weights is not None:
        _write_json(folder / "idf.json", query_weights)


def _write_graph(
    folder: Path,
    nodes: list[onnx.NodeProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, NDArray[np.generic]],
    inputs: Sequence[str],
) -> None:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "n"]) for name in inputs],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "onnx" / "model.onnx")


def _write_tokenizer(folder: Path, words: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: i for i, word in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
