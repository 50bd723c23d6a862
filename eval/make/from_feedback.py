"""Thumbs saved by the chat page (`eval.data.feedback`), turned into questions.

A thumb up makes a question whose gold is what the answer cited, or an unanswerable one where it was a
refusal. A thumb down says that the answer was wrong, not what is right: those are written apart, for a
person to name the gold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eval.data.feedback import Feedback
from eval.data.questions import UNANSWERABLE
from rag.records import Answer


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
            outcome = "refused" if item.answer.abstained else f"answered from {', '.join(cited) or 'nothing'}"
            open_.append(
                {**line, "gold": [], "note": f"{outcome}; the reader: {item.reason or 'no reason given'}"}
            )
        elif item.answer.abstained:
            known.append({**line, "type": f"{UNANSWERABLE}_feedback", "gold": []})
        elif item.answer.citations:
            known.append({**line, **_gold(item.answer)})
    return known, open_


def _gold(answer: Answer) -> dict[str, Any]:
    return {
        "gold": list(dict.fromkeys(citation.title for citation in answer.citations)),
        "evidence": [{"title": citation.title, "quote": citation.quote} for citation in answer.citations],
        "answer": answer.answer,
    }
