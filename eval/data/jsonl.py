"""Files of JSON lines: read with every complaint naming file and line, and the hash that stands for a file.

Owns nothing of what the objects mean.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.errors import InputError


def read_records(path: Path, keys: tuple[str, ...] | None = None) -> Iterator[tuple[dict[str, Any], str]]:
    """Each line's object with "file:line". Unknown keys are refused where `keys` are given."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: cannot be read: {reason}; name a JSONL file") from error
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise InputError(f"{path}: is empty; a JSON object a line is wanted")
    for n, line in lines:
        where = f"{path}:{n}"
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{where}: is not JSON: {error.msg} (column {error.colno})") from error
        except RecursionError as error:
            raise InputError(f"{where}: is nested too deeply") from error
        if not isinstance(record, dict):
            raise InputError(f"{where}: a JSON object is wanted, not {type(record).__name__}")
        if keys is not None:
            _refuse_unknown(record, keys, where)
        yield record, where


def _refuse_unknown(record: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in record:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(keys)}"
            raise InputError(f"{where}: unknown key {key!r}; {hint}")


def refuse_duplicates(ids: list[str], path: Path) -> None:
    seen: set[str] = set()
    for record_id in ids:
        if record_id in seen:
            raise InputError(f"{path}: id {record_id!r} is given twice; give each line its own")
        seen.add(record_id)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
