"""Files of questions and files of claims, as `--batch` takes them: a JSON object a line.

Owns the two forms. Reading lines is `rag.files`'s, and what is done with them the commands'.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.files import read_json_lines
from rag.records import History, as_history
from rag.retrieval.question import check_question

QUESTION_FORM = '{"id": "q1", "question": "..."}'
PAIR_FORM = '{"id": "1", "claim": "...", "evidence": "..."}'


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """One question of a batch, with the conversation it continues."""

    id: str
    text: str
    history: History = ()


@dataclass(frozen=True, slots=True)
class ClaimPair:
    """A claim, and the sentences it rests on. `id` is kept as it was given."""

    id: str | int
    claim: str
    evidence: tuple[str, ...]


def read_questions(path: str | Path) -> list[BatchQuestion]:
    """The questions of a file ("-": standard input), in order. Raises InputError naming the bad lines."""
    return read_json_lines(path, _question, QUESTION_FORM)


def read_pairs(path: str | Path) -> list[ClaimPair]:
    """The claims of a file ("-": standard input), in order. Raises InputError naming the bad lines.

    A claim or evidence of nothing but space is no bad line: the gate refuses it and says why.
    """
    return read_json_lines(path, _pair, PAIR_FORM)


def _question(record: dict[str, Any]) -> BatchQuestion:
    question_id = record.get("id", record.get("_id"))
    text = record.get("question", record.get("text"))
    if not isinstance(question_id, str | int) or isinstance(question_id, bool) or question_id == "":
        raise ValueError('"id" (or "_id") is missing, or not text')
    if not isinstance(text, str):
        raise ValueError('"question" (or "text") is missing, or not text')
    history = record.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, list) for turn in history):
        raise ValueError('"history" is a list of turns like ["user", "What is SPLADE?"]')
    return BatchQuestion(str(question_id), check_question(text), as_history(history))


def _pair(record: dict[str, Any]) -> ClaimPair:
    pair_id, claim, evidence = record.get("id"), record.get("claim"), record.get("evidence")
    if not isinstance(pair_id, str | int) or isinstance(pair_id, bool):
        raise ValueError('"id" is missing, or neither text nor a number')
    if not isinstance(claim, str):
        raise ValueError('"claim" is missing or not text')
    sentences = [evidence] if isinstance(evidence, str) else evidence
    if not isinstance(sentences, list) or not all(isinstance(sentence, str) for sentence in sentences):
        raise ValueError('"evidence" is missing, or neither a text nor a list of texts')
    return ClaimPair(pair_id, claim, tuple(sentence for sentence in sentences if sentence.strip()))
