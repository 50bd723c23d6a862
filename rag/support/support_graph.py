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
DIFFERENCE_SHA256 = "ca0b8f700e8577b6b24003bb422a93f1900b1f7091ed5902529106f7dc957c30"
"""Of the file above, written by `make train-gate`; the graph in the cache carries it in its folder's name."""
GRAPH_VERSION = 1
"""Raise when the graph that is written from the same weights changes."""
_PADDED = -1e4

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
    """Write (ids, segments, mask, each int32[b, n]; claim float32[b, n, 1]) -> logits float32[b, 3].

    `claim` is 1 on the claim and its [SEP]. The logits are of supported, contradicted and not enough; they
    come from [CLS], the claim's mean and its maximum.
    """
    from onnx import TensorProto, helper

    from rag.encoder.onnx_graph import CONTRIB, EPSILON, N_LAYERS, TransformerGraph

    graph = TransformerGraph(weights)
    embeddings = [
        graph.weight(f"embeddings.{kind}_embeddings.weight") for kind in ("word", "position", "token_type")
    ]
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
    hidden = "hidden"
    for index in range(N_LAYERS):
        hidden = graph.layer(hidden, "lengths", index)
    _add_head(graph, hidden)
    tensor = helper.make_tensor_value_info
    whole = [tensor(name, TensorProto.INT32, ["b", "n"]) for name in ("ids", "segments", "mask")]
    inputs = [*whole, tensor("claim", TensorProto.FLOAT, ["b", "n", 1])]
    graph.save(path, "support", inputs, [tensor("logits", TensorProto.FLOAT, ["b", 3])])


def _add_head(graph: TransformerGraph, hidden: str) -> None:
    """The head, in float32: Gemm, which write_int8_graph leaves alone."""

    def node(op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        return graph.node(op, inputs, output, domain="", **attributes)

    def dense(x: str, name: str) -> str:
        return node(
            "Gemm",
            [x, graph.weight(f"head.{name}.weight"), graph.weight(f"head.{name}.bias")],
            f"{name}_out",
            transB=1,
        )

    middle = graph.constant("axis", np.array([1], np.int64))
    first = node("Gather", [hidden, graph.constant("zeroth", np.array([0], np.int64))], "at_zero", axis=1)
    first = node("Flatten", [first], "cls", axis=1)
    total = node("ReduceSum", [node("Mul", [hidden, "claim"], "of_claim"), middle], "total", keepdims=0)
    mean = node("Div", [total, node("ReduceSum", ["claim", middle], "length", keepdims=0)], "mean")
    beside = node("Sub", ["claim", graph.constant("one", np.array(1, np.float32))], "beside")
    sunk = node("Mul", [beside, graph.constant("sunk_by", np.array(-_PADDED, np.float32))], "sunk")
    highest = node("ReduceMax", [node("Add", [hidden, sunk], "lowered")], "highest", axes=[1], keepdims=0)
    features = node("Concat", [first, mean, highest], "features", axis=1)
    node("Identity", [dense(node("Tanh", [dense(features, "dense")], "bent"), "out")], "logits")
