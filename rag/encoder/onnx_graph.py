"""Writes MiniLM (a 6-layer BERT) as ONNX graphs of ONNX Runtime's fused operators.

Runs once per machine (rag/encoder/weights.py caches the result). The fused operators are those of ONNX
Runtime's transformer contrib set: EmbedLayerNormalization, Attention, SkipLayerNormalization and
BiasGelu. The architecture is BERT's (Devlin et al., 2019), the sizes are MiniLM's (Wang et al., 2020).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

N_LAYERS = 6
N_HEADS = 12
EPSILON = 1e-12
CONTRIB = "com.microsoft"

FloatArray = NDArray[np.float32]


class TransformerGraph:
    """Collects nodes and the constants they use; `weights` are named as in PyTorch's file."""

    def __init__(self, weights: dict[str, FloatArray]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: FloatArray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def matrix(self, name: str) -> str:
        """A dense layer's matrix; PyTorch keeps it transposed."""
        return self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)

    def node(self, op: str, inputs: list[str], output: str, domain: str = CONTRIB, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def layer(self, hidden: str, lengths: str, index: int) -> str:
        at = f"encoder.layer.{index}"
        heads = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        qkv = self.constant(
            f"{at}.qkv", np.concatenate([self.weights[f"{h}.weight"].T for h in heads], axis=1)
        )
        bias = self.constant(f"{at}.qkv_bias", np.concatenate([self.weights[f"{h}.bias"] for h in heads]))
        attended = self.node("Attention", [hidden, qkv, bias, lengths], f"{at}.attended", num_heads=N_HEADS)
        hidden = self.dense_and_norm(attended, hidden, f"{at}.attention.output")
        wide = self.node("MatMul", [hidden, self.matrix(f"{at}.intermediate.dense")], f"{at}.wide", domain="")
        wide = self.node("BiasGelu", [wide, self.weight(f"{at}.intermediate.dense.bias")], f"{at}.gelu")
        return self.dense_and_norm(wide, hidden, f"{at}.output")

    def dense_and_norm(self, hidden: str, skip: str, at: str) -> str:
        dense = self.node("MatMul", [hidden, self.matrix(f"{at}.dense")], f"{at}.projected", domain="")
        norm = [self.weight(f"{at}.LayerNorm.weight"), self.weight(f"{at}.LayerNorm.bias")]
        inputs = [dense, skip, *norm, self.weight(f"{at}.dense.bias")]
        return self.node("SkipLayerNormalization", inputs, f"{at}.normed", epsilon=EPSILON)

    def save(
        self,
        path: Path,
        name: str,
        inputs: list[onnx.ValueInfoProto],
        outputs: list[onnx.ValueInfoProto],
    ) -> None:
        """Write what was collected as a model."""
        model = helper.make_model(
            helper.make_graph(self.nodes, name, inputs, outputs, self.constants),
            opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)],
            ir_version=8,
        )
        # Says that the quantiser need not (and, with contrib operators, could not) infer shapes first.
        model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
        onnx.save(model, path)


def write_float_graph(safetensors: Path, path: Path) -> None:
    """Write the float32 graph: (ids int32[b,n], mask int32[b,n]) -> tokens float32[b,n,384].

    Padding is on the right; rows past a text's length hold nothing meaningful.
    """
    graph = TransformerGraph(load_file(safetensors))
    # Every text is a first segment: its embedding is folded into the positions' and the input dropped.
    segment = graph.weights["embeddings.token_type_embeddings.weight"][0]
    positions = graph.constant("positions", graph.weights["embeddings.position_embeddings.weight"] + segment)
    norm = [graph.weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
    words = graph.weight("embeddings.word_embeddings.weight")
    graph.nodes.append(
        helper.make_node(
            "EmbedLayerNormalization",
            ["ids", "", words, positions, "", *norm, "mask"],
            ["hidden", "lengths"],
            domain=CONTRIB,
            name="embed",
            epsilon=EPSILON,
        )
    )
    hidden = "hidden"
    for index in range(N_LAYERS):
        hidden = graph.layer(hidden, "lengths", index)
    graph.nodes[-1].output[0] = "tokens"
    tensor = helper.make_tensor_value_info
    inputs = [tensor("ids", TensorProto.INT32, ["b", "n"]), tensor("mask", TensorProto.INT32, ["b", "n"])]
    graph.save(path, "minilm", inputs, [tensor("tokens", TensorProto.FLOAT, ["b", "n", 384])])


def write_int8_graph(float_graph: Path, path: Path) -> None:
    """Write the graph with int8 weights and activations quantised as they come (dynamically)."""
    quantize_dynamic(
        float_graph,
        path,
        op_types_to_quantize=["Attention", "MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        # Shapes do not infer through contrib operators, so say what flows between them.
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
    )


def write_bit_product(path: Path) -> None:
    """Write rag/encoder/bit_product.onnx: (bits uint8[n,d], query int8[d,m]) -> int32[n,m].

    The file lies beside this module, so that a search need not import onnx to make it.
    """
    tensor = helper.make_tensor_value_info
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMulInteger", ["bits", "query"], ["products"])],
            "bit_product",
            [tensor("bits", TensorProto.UINT8, ["n", "d"]), tensor("query", TensorProto.INT8, ["d", "m"])],
            [tensor("products", TensorProto.INT32, ["n", "m"])],
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=8,
    )
    onnx.save(model, path)
