"""Thumbs saved by the chat page, turned into questions.

Owns the form of feedback.jsonl in a library's folder, a JSON object a line, nothing more or less in it:

    {"time": ISO 8601, "question": text, "history": [["user", text], ...],
     "answer": Answer as JSON, "thumb": "up" | "down", "reason": text or null}

The last line on a question (with its history) counts. A thumb up makes a question whose gold is what the
answer cited, or an unanswerable one where it was a refusal. A thumb down tells that the answer was wrong,
not what is right: those go apart, for a person to name the gold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eval.data.jsonl import read_records
from eval.data.questions import UNANSWERABLE
from rag.errors import InputError
from rag.records import Answer, History, as_history

FILE = "feedback.jsonl"
_KEYS = ("time", "question", "history", "answer", "thumb", "reason")


@dataclass(frozen=True, slots=True)
class Feedback:
    """One thumb: what was asked, what was answered, and what the reader thought of it."""

    time: str
    question: str
    history: History
    answer: Answer
    thumb: Literal["up", "down"]
    reason: str = ""


def read_feedback(path: Path) -> list[Feedback]:
    """The last thumb on each question, in the order of the questions' first. Raises InputError."""
    last: dict[tuple[str, History], Feedback] = {}
    for record, where in read_records(path, _KEYS):
        if record.get("thumb") not in ("up", "down") or not isinstance(record.get("question"), str):
            raise InputError(f'{where}: feedback needs a question and a thumb, "up" or "down"')
        try:
            answer, history = Answer.from_dict(record["answer"]), as_history(record.get("history"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{where}: its answer or history does not read back ({error})") from error
        feedback = Feedback(
            str(record.get("time") or ""),
            record["question"],
            history,
            answer,
            record["thumb"],
            str(record.get("reason") or ""),
        )
        last[(feedback.question, history)] = feedback
    return list(last.values())


def feedback_questions(feedback: Iterable[Feedback]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(questions with gold, questions that need a person's), as lines of a question file."""
    known: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    for number, item in enumerate(feedback, 1):
        line: dict[str, Any] = {
            "id": f"feedback-{number:03}",
            "type": "feedback",
            "question": item.question,
            "history": [list(turn) for turn in item.history],
        }
        if item.thumb == "down":
            cited = [citation.title for citation in item.answer.citations]
            said = "refused" if item.answer.abstained else f"answered from {', '.join(cited) or 'nothing'}"
            open_.append(
                {**line, "gold": [], "note": f"{said}; the reader: {item.reason or 'no reason given'}"}
            )
        elif item.answer.abstained:
            known.append({**line, "type": f"{UNANSWERABLE}_feedback", "gold": []})
        elif item.answer.citations:
            known.append({**line, **_gold(item.answer)})
    return known, open_


def write_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _gold(answer: Answer) -> dict[str, Any]:
    return {
        "gold": list(dict.fromkeys(citation.title for citation in answer.citations)),
        "evidence": [{"title": citation.title, "quote": citation.quote} for citation in answer.citations],
        "answer": answer.answer,
    }
