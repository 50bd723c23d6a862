"""Thumbs and their reasons, saved where `rag eval --from-feedback` reads them (`eval.data.feedback`).

A changed mind is another line; the last one on a question counts, and "none" withdraws.
"""

from __future__ import annotations

from pathlib import Path

from ui.ask.conversations import Conversation, now


def save_feedback(library: Path, conversation: Conversation, number: int) -> None:
    """Append the rating of turn `number`, which has an answer; no thumb withdraws it. Raises StorageError."""
    from eval.data.feedback import Feedback, append_feedback

    turn = conversation.turns[number]
    if turn.answer is None:
        raise ValueError(f"turn {number} has nothing to rate")
    history = tuple(conversation.history(before=number))
    thumb = turn.thumb or "none"
    append_feedback(library, Feedback(now(), turn.question, history, turn.answer, thumb, turn.reason))
