"""A session runs where it was asked to, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest

from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.errors import ConfigError

CUDA = "CUDAExecutionProvider"
TEXTS = ["Does late interaction beat a single vector?", "One", "Sparse retrieval. " * 60]


def on_gpu() -> Encoder:
    return Encoder.load(replace(Config.from_env(), device="cuda"))


def test_a_device_that_is_not_there_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    encoder = on_gpu()
    assert encoder.encode_query("a question").vector.shape == (384,)
    with pytest.raises(ConfigError, match=r"RAG_DEVICE is cuda.*rag-abstracts\[gpu\].*or unset RAG_DEVICE"):
        next(encoder.encode_passages(["a passage"]))


def test_a_gpu_that_onnx_runtime_silently_goes_on_without_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    if CUDA in ort.get_available_providers():
        pytest.skip("ONNX Runtime has CUDA here")
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])
    with (
        pytest.warns(UserWarning, match=CUDA),
        pytest.raises(ConfigError, match="no GPU or no CUDA libraries"),
    ):
        next(on_gpu().encode_passages(["a passage"]))


def test_vectors_from_the_gpu_are_those_of_the_processor() -> None:
    if CUDA not in ort.get_available_providers():
        pytest.skip(f"ONNX Runtime here has no {CUDA}, only {', '.join(ort.get_available_providers())}")
    float_graph = Encoder.load(Config.from_env()).encode_queries(TEXTS)
    for ours, due in zip(on_gpu().encode_passages(TEXTS), float_graph, strict=True):
        assert np.abs(ours.vector - due.vector).max() < 1e-3
        assert np.abs(ours.tokens - due.tokens).max() < 1e-3


def test_a_word_that_names_no_device_is_refused() -> None:
    assert Config.from_env({"RAG_DEVICE": " CUDA "}).device == "cuda"
    assert Config.from_env({"RAG_DEVICE": ""}).device == "cpu"
    with pytest.raises(ConfigError, match="RAG_DEVICE is 'tpu'; set it to cpu, cuda, or unset it"):
        Config.from_env({"RAG_DEVICE": "tpu"})
