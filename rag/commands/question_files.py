"""Files of questions: {"id" or "_id", "question" or "text", "history"?} a line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.records import History, as_history
from rag.retrieval.question import check_question


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """One question of a batch, with the conversation it continues."""

    id: str
    text: str
    history: History = ()


def read_questions(path: str | Path) -> list[BatchQuestion]:
    """The questions of a JSONL file, in order. Raises InputError naming the first line that is wrong."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{path}: cannot be read: {reason}; give a JSONL file of questions") from error
    questions = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                questions.append(_question(json.loads(line)))
            except (ValueError, RecursionError, InputError) as error:
                raise InputError(f"{path}, line {number}: {_why(error)}") from error
    return questions


def _question(record: Any) -> BatchQuestion:
    if not isinstance(record, dict):
        raise ValueError('a line is an object like {"id": "q1", "question": "..."}')
    question_id = record.get("id", record.get("_id"))
    text = record.get("question", record.get("text"))
    if not isinstance(question_id, str | int) or isinstance(question_id, bool) or question_id == "":
        raise ValueError('"id" (or "_id") is missing, or no text')
    if not isinstance(text, str):
        raise ValueError('"question" (or "text") is missing, or no text')
    history = record.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, list) for turn in history):
        raise ValueError('"history" is a list of turns like ["user", "What is SPLADE?"]')
    return BatchQuestion(str(question_id), check_question(text), as_history(history))


def refuse_doubles(path: str | Path, questions: list[BatchQuestion]) -> None:
    """Raise InputError where two questions have one id: a run could not tell their rankings apart."""
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise InputError(f"{path}: the id {question.id!r} is there twice; give each question its own")
        seen.add(question.id)


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
