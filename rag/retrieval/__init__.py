"""From a question to ranked papers and their sentences.

For LlamaIndex: `MiniLMEmbedding`, `HybridRetriever` and `LateInteractionReranker`. Importing LlamaIndex takes
two seconds, so they load on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.retrieval.llamaindex import HybridRetriever, LateInteractionReranker, MiniLMEmbedding

_HOMES = {
    "HybridRetriever": "rag.retrieval.llamaindex",
    "LateInteractionReranker": "rag.retrieval.llamaindex",
    "MiniLMEmbedding": "rag.retrieval.llamaindex",
}
__all__ = ["HybridRetriever", "LateInteractionReranker", "MiniLMEmbedding"]


def __getattr__(name: str) -> Any:
    """The name from its module, which is imported on first use: importing the room costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
