"""MiniLM: texts to vectors.

An `Encoder` turns texts into `Encoded`: a vector of the text and one for each word piece. Inside: finding and
verifying the weights, building the ONNX graph, running it, and late interaction over 1-bit token vectors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.encoder.minilm import Encoded, Encoder

_HOMES = {
    "Encoded": "rag.encoder.minilm",
    "Encoder": "rag.encoder.minilm",
}
__all__ = ["Encoded", "Encoder"]


def __getattr__(name: str) -> Any:
    """The name from its module, which is imported on first use: importing the room costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
