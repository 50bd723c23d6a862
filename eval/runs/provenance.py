"""What made a run: which code, which questions, which papers, which weights, which settings.

Owns the manifest's contents; its file and its comparison are `eval.runs.run_folder`'s.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from eval.data.questions import Dataset, sha256
from eval.runs.run_folder import RunManifest

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.encoder.minilm import Encoder

_SOURCES = ("rag/**/*.py", "rag/**/*.json", "rag/**/*.np[yz]", "prompts/*.md", "eval/**/*.py")


def make_manifest(dataset: Dataset, assistant: Assistant, settings: dict[str, Any]) -> RunManifest:
    """The manifest of a run about to start. No path, host or key of this machine is in it."""
    return RunManifest(
        dataset={"name": dataset.name, "sha256": dataset.sha256, "n_questions": len(dataset.questions)},
        library={"fingerprint": assistant.library.fingerprint(), "n_papers": assistant.library.n_papers},
        encoder=assistant.encoder.fingerprint,
        code=code(),
        settings=settings,
    )


def pairs_manifest(path: Path, n_pairs: int, encoder: Encoder) -> RunManifest:
    """The manifest of pairs that were checked: no library is searched."""
    return RunManifest(
        dataset={"name": path.stem, "sha256": sha256(path.read_bytes()), "n_pairs": n_pairs},
        library={},
        encoder=encoder.fingerprint,
        code=code(),
        settings={"mode": "pairs"},
        state="finished",
    )


def answer_settings(assistant: Assistant, *, llm: bool | None, judge: bool) -> dict[str, Any]:
    """The settings that answers depend on."""
    from rag.retrieval.ranking import LEGS

    config = assistant.config
    writes = config.has_model if llm is None else llm
    return {
        "mode": "llm" if writes else "extractive",
        "model": config.model if writes or judge else None,
        "judge": judge,
        "words": config.words,
        "strict": config.strict,
        "max_tokens": config.max_tokens if writes else None,
        "own_prompts": _hash(sorted(config.prompts.glob("*.md"))) if config.prompts and writes else None,
        "weights": asdict(LEGS["hybrid"]),
    }


def search_settings(mode: str = "hybrid") -> dict[str, Any]:
    from rag.retrieval.ranking import LEGS

    return {"mode": "search", "weights": asdict(LEGS["hybrid"])} | (
        {"legs": mode} if mode != "hybrid" else {}
    )


@cache
def code() -> dict[str, str | None]:
    """Version, sources and commit as they are at the first call: what is edited later is not what runs."""
    return {"version": rag.__version__, "sha256": code_sha256(), "commit": commit()}


def code_sha256() -> str:
    """Hash of the sources that answers and scores depend on: two states of a work tree are two codes."""
    root = Path(rag.__file__).parent.parent
    return _hash(path for pattern in _SOURCES for path in sorted(root.glob(pattern)))


def commit() -> str | None:
    """The commit checked out, "-dirty" where files differ from it; None where this is no work tree."""
    root = Path(rag.__file__).parent.parent
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude", "*"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
