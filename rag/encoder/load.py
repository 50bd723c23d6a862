"""Which encoder a run uses: MiniLM, or the one RAG_ENCODER names."""

from __future__ import annotations

from rag.config import Config
from rag.encoder.minilm import Encoder


def load_encoder(config: Config) -> Encoder:
    """The encoder of the library's papers and of the questions put to it. Raises WeightsError."""
    if not config.encoder:
        return Encoder.load(config)
    from rag.encoder.onnx_encoder import OnnxEncoder

    return OnnxEncoder.load(config)
