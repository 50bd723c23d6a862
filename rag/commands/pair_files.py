"""Claims with their evidence, as files have them: {"id", "claim", "evidence"} a line.

Owns reading and refusing them. Judging is rag/support/gate.py's.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError


@dataclass(frozen=True, slots=True)
class ClaimPair:
    """A claim, and the sentences it is said to rest on. `id` is kept as it was given."""

    id: str | int
    claim: str
    evidence: tuple[str, ...]


def read_pairs(path: str) -> list[ClaimPair]:
    """The pairs of a JSONL file ("-": standard input), in order. Raises InputError naming every bad line."""
    pairs: list[ClaimPair] = []
    bad: list[str] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            pairs.append(_pair(json.loads(line)))
        except json.JSONDecodeError as error:
            bad.append(f"line {number}: not JSON: {error.msg} at column {error.colno}")
        except (ValueError, RecursionError) as error:
            bad.append(f"line {number}: {error}")
    if bad:
        more = f"; and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise InputError(
            f'{path}: {"; ".join(bad[:5])}{more}; a line is {{"id": "1", "claim": "...", "evidence": "..."}}'
        )
    return pairs


def read_text(path: str) -> str:
    """A file's text ("-": standard input's). Raises InputError."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; give a text file, or - for standard input"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: it is not UTF-8 text; save it as UTF-8") from error


def _pair(record: Any) -> ClaimPair:
    if not isinstance(record, dict):
        raise ValueError("it is not an object")
    pair_id, claim, evidence = record.get("id"), record.get("claim"), record.get("evidence")
    if not isinstance(pair_id, str | int) or isinstance(pair_id, bool):
        raise ValueError('"id" is missing, or neither text nor a number')
    if not isinstance(claim, str) or not claim.strip():
        raise ValueError('"claim" is missing, empty or no text')
    sentences = [evidence] if isinstance(evidence, str) else evidence
    if not isinstance(sentences, list) or not all(isinstance(sentence, str) for sentence in sentences):
        raise ValueError('"evidence" is missing, or neither a text nor a list of texts')
    return ClaimPair(pair_id, claim, tuple(sentence for sentence in sentences if sentence.strip()))
