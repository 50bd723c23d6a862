"""The file of thumbs: what a reader thought of an answer, as the chat page saves it and `rag eval` reads it.

Owns the form of feedback.jsonl in a library's folder, a JSON object a line:

    {"time": ISO 8601, "question": text, "history": [["user", text], ...],
     "answer": Answer as JSON, "thumb": "up" | "down" | "none", "reason": text or null}

The last line on a question (with its history) counts; "none" withdraws the thumbs before it. What
questions are made of it is
`eval.make.from_feedback`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rag.errors import StorageError
from rag.files import json_line, read_json_lines
from rag.records import Answer, History, as_history

FILE = "feedback.jsonl"
FORM = "what the chat page writes for a thumb"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thumb: what was asked, what was answered, and what the reader thought of it."""

    time: str
    question: str
    history: History
    answer: Answer
    thumb: Literal["up", "down", "none"]
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "time": self.time,
            "question": self.question,
            "history": self.history,
            "answer": self.answer.to_dict(),
            "thumb": self.thumb,
            "reason": self.reason or None,
        }


def append_feedback(library: Path, feedback: Feedback) -> None:
    """Add a line to the library's file. Raises StorageError."""
    path = library / FILE
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json_line(feedback.to_dict()))
    except OSError as error:
        raise StorageError(f"{path}: the rating cannot be saved: {error.strerror}") from error


def read_feedback(path: Path) -> list[Feedback]:
    """The last thumb on each question, in the order of the questions' first. Raises InputError."""
    last: dict[tuple[str, History], Feedback] = {}
    for feedback in read_json_lines(path, _feedback, FORM, needed=True):
        last[(feedback.question, feedback.history)] = feedback
    return [feedback for feedback in last.values() if feedback.thumb != "none"]


def _feedback(record: dict[str, Any]) -> Feedback:
    if record.get("thumb") not in ("up", "down", "none") or not isinstance(record.get("question"), str):
        raise ValueError('feedback needs a question and a thumb, "up" or "down"')
    try:
        answer, history = Answer.from_dict(record["answer"]), as_history(record.get("history"))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"its answer or history does not read back ({error})") from error
    return Feedback(
        str(record.get("time") or ""),
        record["question"],
        history,
        answer,
        record["thumb"],
        str(record.get("reason") or ""),
    )
