"""A folder of papers, whole or not at all.

`Library` opens, searches, adds, removes and repairs; a `Candidate` is a passage with its paper and what the
encoder made of it. Inside: the manifest that makes a folder a library, ingest, the checksum pass, backup and
restore, and looking up papers by id or filter. What is written to disk is rag/index's."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.index.candidates import Candidate
    from rag.library.library import Library

_HOMES = {
    "Candidate": "rag.index.candidates",
    "Library": "rag.library.library",
}
__all__ = ["Candidate", "Library"]


def __getattr__(name: str) -> Any:
    """The name from its module, which is imported on first use: importing the room costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
