"""What readers did with papers: which answers they rated, which citations they opened, what they kept.

A file a reader in the library's folder, `readers/<reader>.jsonl`, a JSON object a line:

    {"time": ISO 8601, "kind": "up" | "down" | "opened" | "kept" | "dropped", "papers": [id, ...],
     "question": text}

Only ever added to, and deleted whole: that forgets the reader. What is made of it is
rag/retrieval/reader_feedback.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

from rag.errors import InputError, StorageError
from rag.files import json_line, read_json_lines

FOLDER = "readers"
SignalKind = Literal["up", "down", "opened", "kept", "dropped"]
"""Answer rated good or poor (the papers it cites), citation opened, paper put on a list or taken off it."""
FORM = '{"time": "...", "kind": "kept", "papers": ["paper id"], "question": "..."}'
_READER = re.compile(r"\w[\w.@-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReaderSignal:
    """One thing a reader did. `question` is "" where it was not done on an answer."""

    kind: SignalKind
    papers: tuple[str, ...]
    question: str = ""
    time: str = ""


def add_signal(library: Path, reader: str, signal: ReaderSignal) -> None:
    """Write down what a reader did, now where no time is given. Raises InputError, StorageError."""
    path = _path(library, reader)
    time = signal.time or datetime.now(UTC).isoformat(timespec="seconds")
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json_line(asdict(signal) | {"time": time}))
    except OSError as error:
        raise StorageError(f"{path}: the feedback cannot be saved: {error.strerror}") from error


def read_signals(library: Path, reader: str) -> list[ReaderSignal]:
    """What a reader did, oldest first; nothing where there is none. Raises InputError."""
    path = _path(library, reader)
    return read_json_lines(path, _signal, FORM) if path.is_file() else []


def readers(library: Path) -> list[str]:
    """The readers of whom something is written down, by name."""
    return sorted(path.stem for path in (library / FOLDER).glob("*.jsonl"))


def forget_reader(library: Path, reader: str) -> bool:
    """Delete all that is written down of a reader; whether there was anything. Raises StorageError."""
    path = _path(library, reader)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"{path}: the feedback cannot be deleted: {error.strerror}") from error
    return True


def last_change(library: Path, names: Iterable[str]) -> tuple[tuple[str, int, int], ...]:
    """Changes whenever one of these readers did something: names, sizes and times of their files."""
    found = []
    for name in names:
        path = _path(library, name)
        if path.is_file():
            state = path.stat()
            found.append((name, state.st_size, state.st_mtime_ns))
    return tuple(found)


def _path(library: Path, reader: str) -> Path:
    if not _READER.fullmatch(reader):
        raise InputError(
            f"{reader!r} is no name of a reader; use up to 64 letters, digits, and . _ @ - behind the first"
        )
    return library / FOLDER / f"{reader}.jsonl"


def _signal(record: dict[str, Any]) -> ReaderSignal:
    kind, papers = record.get("kind"), record.get("papers")
    if kind not in get_args(SignalKind):
        raise ValueError(f"kind is {kind!r}, none of {', '.join(get_args(SignalKind))}")
    if not isinstance(papers, list) or not all(isinstance(each, str) for each in papers):
        raise ValueError(f"papers is a list of ids, not {papers!r}")
    return ReaderSignal(
        cast(SignalKind, kind),
        tuple(papers),
        str(record.get("question") or ""),
        str(record.get("time") or ""),
    )
