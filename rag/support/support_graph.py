"""Builds the ONNX graph of the learned judgement, once a machine: MiniLM's weights and what they differ by.

Owns the cache folder's `support/`. Finding MiniLM is rag/encoder/weights.py's, the difference's format
rag/support/weight_difference.py's, running the graph rag/support/support_model.py's. The network is the one
that eval/fit/support_model/model.py trains.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.encoder.weights import ensure, find
from rag.files import disk_faults
from rag.support.weight_difference import WeightDifference, read_difference

if TYPE_CHECKING:
    from rag.encoder.onnx_graph import TransformerGraph

DIFFERENCE = Path(__file__).with_name("support_model.npz")
DIFFERENCE_SHA256 = "f23d25f9f4d8e0c378d073f07bce44ac426a25bd7a4c47c5ef94d6d0afe3f12f"
"""Of the file above, written by `make train-gate`; the graph in the cache carries it in its folder's name."""
GRAPH_VERSION = 2
"""Raise when the graph that is written from the same weights changes."""
_PADDED, _MIDDLE, _ALIKE = -1e4, 2, 12.0
"""As in training: what hides a token, the middle layer, and how sharply like words are aligned."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SupportFiles:
    """What a support model runs on: a graph, MiniLM's tokenizer, and JSON with its calibration."""

    graph: Path
    tokenizer: Path
    about: Path


def ensure_support_files(
    config: Config, difference: Path = DIFFERENCE, sha256: str = DIFFERENCE_SHA256
) -> SupportFiles:
    """The files, made where they are missing (a second or two).

    Raises SupportModelError where the difference is missing or damaged, WeightsError where MiniLM is.
    """
    folder = config.cache / "support" / f"graph{GRAPH_VERSION}-{sha256[:12]}"
    files = SupportFiles(folder / "float32.onnx", ensure(config).tokenizer, folder / "about.json")
    # The last file to be put in place: where it is, the graph is whole.
    if not files.about.is_file():
        learned = read_difference(difference, sha256)
        with disk_faults(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _build(find(config) / "model.safetensors", learned, files)
    return files


def _build(base: Path, learned: WeightDifference, files: SupportFiles) -> None:
    # Two processes may build at once: each in a folder of its own, and the renames are atomic.
    with tempfile.TemporaryDirectory(dir=files.graph.parent, prefix="building-") as scratch:
        work = Path(scratch)
        write_support_graph(apply_difference(base, learned), work / files.graph.name)
        (work / files.about.name).write_text(json.dumps(learned.about), "utf-8")
        os.replace(work / files.graph.name, files.graph)
        os.replace(work / files.about.name, files.about)


def apply_difference(base: Path, learned: WeightDifference) -> dict[str, Floats]:
    """MiniLM's tensors with the difference added, and the new ones."""
    from safetensors.numpy import load_file

    weights: dict[str, Floats] = load_file(base)
    for name, values in learned.tensors.items():
        weights[name] = weights[name] + values if name in weights else values
    return weights


def write_support_graph(weights: dict[str, Floats], path: Path) -> None:
    """Write the graph: (ids, segments, mask, claim, evidence) -> logits.

    ids, segments and mask are int32[b, n], claim is float32[b, n, 1], evidence float32[b, 1, n].
    `claim` is 1 on the claim and its [SEP], `evidence` on all before. logits: float32[b, 3], of supported,
    contradicted and not enough.
    """
    from onnx import TensorProto, helper

    from rag.encoder.onnx_graph import CONTRIB, EPSILON, N_LAYERS, TransformerGraph

    graph = TransformerGraph(weights)
    kinds = ("word", "position", "token_type")
    embeddings = [graph.weight(f"embeddings.{kind}_embeddings.weight") for kind in kinds]
    norm = [graph.weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
    graph.nodes.append(
        helper.make_node(
            "EmbedLayerNormalization",
            ["ids", "segments", *embeddings, *norm, "mask"],
            ["hidden", "lengths"],
            domain=CONTRIB,
            name="embed",
            epsilon=EPSILON,
        )
    )
    layers = ["hidden"]
    for index in range(N_LAYERS):
        layers.append(graph.layer(layers[-1], "lengths", index))
    _Head(graph).add(words=embeddings[0], middle=layers[_MIDDLE + 1], hidden=layers[-1])
    tensor = helper.make_tensor_value_info
    inputs = [tensor(name, TensorProto.INT32, ["b", "n"]) for name in ("ids", "segments", "mask")]
    inputs.append(tensor("claim", TensorProto.FLOAT, ["b", "n", 1]))
    inputs.append(tensor("evidence", TensorProto.FLOAT, ["b", 1, "n"]))
    graph.save(path, "support", inputs, [tensor("logits", TensorProto.FLOAT, ["b", 3])])


class _Head:
    """What comes after the layers: eval/fit/support_model/model.py's functions of the same names."""

    def __init__(self, graph: TransformerGraph) -> None:
        self._graph = graph
        self._tokens = graph.constant("of_tokens", np.array([1], np.int64))
        one, padded = np.array([1], np.float32), np.array([-_PADDED], np.float32)
        beside = self._node("Sub", ["claim", graph.constant("one", one)], "beside")
        self._sunk = self._node("Mul", [beside, graph.constant("sunk_by", padded)], "sunk")

    def add(self, words: str, middle: str, hidden: str) -> None:
        """Add the nodes from the word embeddings, a middle layer and the last one to the logits."""
        compared = self._compared(hidden, middle, self._alignment(words))
        total = self._node(
            "Add", [self._whole(hidden), self._dense(self._pooled(compared, "compared"), "pool")], "sum"
        )
        self._node("Identity", [total], "logits")

    def _alignment(self, words: str) -> str:
        looked_up = self._node("Gather", [words, "ids"], "words", axis=0)
        length = self._node("ReduceL2", [looked_up], "lengths_of_words", axes=[2], keepdims=1)
        least = self._graph.constant("least", np.array([1e-12], np.float32))
        unit = self._node("Div", [looked_up, self._node("Max", [length, least], "longer")], "unit")
        alike = self._node(
            "MatMul", [unit, self._node("Transpose", [unit], "turned", perm=[0, 2, 1])], "alike"
        )
        scale = self._graph.constant("alike_by", np.array([_ALIKE], np.float32))
        one, padded = np.array([1], np.float32), np.array([-_PADDED], np.float32)
        outside = self._node("Sub", ["evidence", self._graph.constant("unity", one)], "outside")
        away = self._node("Mul", [outside, self._graph.constant("away_by", padded)], "away")
        scores = self._node("Add", [self._node("Mul", [alike, scale], "scaled"), away], "scores")
        return self._node("Softmax", [scores], "aligned", axis=-1)

    def _compared(self, hidden: str, middle: str, aligned: str) -> str:
        there = self._node("MatMul", [aligned, middle], "there")
        parts = [hidden, self._node("MatMul", [aligned, hidden], "beside_it")]
        parts += [self._node("Sub", [middle, there], "apart"), self._node("Mul", [middle, there], "shared")]
        features = self._node("Concat", parts, "token_features", axis=2)
        wide = self._node("MatMul", [features, self._graph.matrix("head.token")], "token_out")
        return self._graph.node("BiasGelu", [wide, self._graph.weight("head.token.bias")], "compared")

    def _whole(self, hidden: str) -> str:
        zero = self._graph.constant("zeroth", np.array([0], np.int64))
        first = self._node(
            "Flatten", [self._node("Gather", [hidden, zero], "at_zero", axis=1)], "first", axis=1
        )
        features = self._node("Concat", [first, self._pooled(hidden, "whole")], "features", axis=1)
        return self._dense(self._node("Tanh", [self._dense(features, "dense")], "bent"), "out")

    def _pooled(self, x: str, name: str) -> str:
        total = self._node(
            "ReduceSum",
            [self._node("Mul", [x, "claim"], f"{name}_of_claim"), self._tokens],
            f"{name}_total",
            keepdims=0,
        )
        length = self._node("ReduceSum", ["claim", self._tokens], f"{name}_length", keepdims=0)
        mean = self._node("Div", [total, length], f"{name}_mean")
        lowered = self._node("Add", [x, self._sunk], f"{name}_lowered")
        highest = self._node("ReduceMax", [lowered], f"{name}_highest", axes=[1], keepdims=0)
        return self._node("Concat", [mean, highest], f"{name}_pooled", axis=1)

    def _dense(self, x: str, name: str) -> str:
        """In float32 also where the rest is int8: write_int8_graph leaves Gemm alone."""
        inputs = [x, self._graph.weight(f"head.{name}.weight"), self._graph.weight(f"head.{name}.bias")]
        return self._node("Gemm", inputs, f"{name}_out", transB=1)

    def _node(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        return self._graph.node(op, inputs, output, domain="", **attributes)
