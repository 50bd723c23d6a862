"""The demo: digests of real papers, questions on them with gold answers, and claims on their sentences.

Owns where the three files of the package are. Reading them is the readers' and the evaluation's task.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def demo_papers_path() -> Path:
    """The digests, one JSON record a line, as `rag ingest` takes them."""
    return Path(str(files(__name__) / "papers.jsonl"))


def demo_questions_path() -> Path:
    """Questions on the digests: id, type, gold titles, evidence quotes, nugget patterns, answer."""
    return Path(str(files(__name__) / "questions.jsonl"))


def demo_pairs_path() -> Path:
    """Claims on sentences of the digests, true and false, as `rag eval --pairs` takes them."""
    return Path(str(files(__name__) / "pairs.jsonl"))
