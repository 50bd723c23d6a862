"""Cited answers from a pile of paper abstracts. Names load on first use, so importing this is free."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rag.version import __version__ as __version__

if TYPE_CHECKING:
    from rag.assistant import Assistant, ask
    from rag.config import Config
    from rag.errors import RagError, ServiceError, SetupError
    from rag.records import Answer, Citation, Filters, Paper


_HOMES = {
    "Answer": "rag.records",
    "Assistant": "rag.assistant",
    "Citation": "rag.records",
    "Config": "rag.config",
    "Filters": "rag.records",
    "Paper": "rag.records",
    "RagError": "rag.errors",
    "ServiceError": "rag.errors",
    "SetupError": "rag.errors",
    "ask": "rag.assistant",
}

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Config",
    "Filters",
    "Paper",
    "RagError",
    "ServiceError",
    "SetupError",
    "ask",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
