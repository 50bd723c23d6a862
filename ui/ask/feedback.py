"""Thumbs and their reasons, in the form that `rag eval --from-feedback` reads: a JSON line each.

A changed mind is another line; the last one on a question counts.
"""

from __future__ import annotations

import json
from pathlib import Path

from rag.errors import StorageError
from ui.ask.conversations import Conversation, now

FILE = "feedback.jsonl"


def save_feedback(library: Path, conversation: Conversation, number: int) -> None:
    """Append the rating of turn `number`, which has an answer and a thumb. Raises StorageError."""
    turn = conversation.turns[number]
    if turn.answer is None or not turn.thumb:
        raise ValueError(f"turn {number} has nothing to rate")
    line = {
        "time": now(),
        "question": turn.question,
        "history": conversation.history(before=number),
        "answer": turn.answer.to_dict(),
        "thumb": turn.thumb,
        "reason": turn.reason or None,
    }
    path = library / FILE
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StorageError(f"{path}: the rating cannot be saved: {error.strerror}") from error
