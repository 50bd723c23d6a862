"""Conversations: what was asked and answered, kept as JSON files in the library's folder.

One file a conversation, `conversations/<browser>/<uuid>.json`. The browser's name is a secret it was
given on its first visit, so a listing shows one browser's conversations and no other's. Nothing here
renders or asks.
"""

from __future__ import annotations

import json
import re
import secrets
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rag.errors import InputError, StorageError
from rag.files import write_json
from rag.records import Answer, History

State = Literal["running", "done", "stopped", "failed"]
FOLDER = "conversations"
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it."""

    question: str
    state: State = "running"
    text: str = ""
    """What has been written so far; after "failed", the reason."""
    answer: Answer | None = None
    thumb: str = ""
    """ "up", "down" or not rated."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns, oldest first."""

    conversation_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: str = field(default_factory=lambda: now())
    turns: tuple[Turn, ...] = ()

    @property
    def title(self) -> str:
        return self.turns[0].question if self.turns else "New conversation"

    def history(self, before: int | None = None) -> History:
        """The answered turns before number `before` (default: all), as `ask` takes them."""
        answered = ((turn.question, turn.answer) for turn in self.turns[:before] if turn.answer)
        return tuple(
            pair
            for question, answer in answered
            for pair in (("user", question), ("assistant", answer.answer))
        )

    def with_turn(self, turn: Turn, at: int | None = None) -> Conversation:
        """With `turn` in place of number `at` and all after it, or (without `at`) added."""
        return replace(self, turns=(*self.turns[: len(self.turns) if at is None else at], turn))

    def changed(self, at: int, turn: Turn) -> Conversation:
        return replace(self, turns=(*self.turns[:at], turn, *self.turns[at + 1 :]))


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A line of the list of past conversations."""

    conversation_id: str
    title: str
    started: str
    n_turns: int

    @classmethod
    def of(cls, kept: Conversation) -> ConversationSummary:
        return cls(kept.conversation_id, kept.title, kept.started, len(kept.turns))


def now() -> str:
    """The time, UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_browser() -> str:
    """A name no one else can guess."""
    return secrets.token_hex(16)


class Conversations:
    """The conversations kept in one library's folder."""

    def __init__(self, library: Path) -> None:
        self._folder = library / FOLDER

    def save(self, browser: str, conversation: Conversation) -> None:
        """Write the whole conversation; a reader sees the old file or the new one, never half of one.

        Raises StorageError."""
        path = self._path(browser, conversation.conversation_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, _to_dict(conversation))
        except OSError as error:
            raise StorageError(f"{path}: the conversation cannot be saved: {error.strerror}") from error

    def load(self, browser: str, conversation_id: str) -> Conversation:
        """Raises InputError where this browser has no such conversation, or the file does not read back."""
        path = self._path(browser, conversation_id)
        try:
            return _from_dict(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise InputError("that conversation is not here any more; start a new one") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: no conversation reads back from it; remove the file") from error

    def entries(self, browser: str, at_most: int = 50) -> tuple[ConversationSummary, ...]:
        """This browser's conversations, newest first. A file that does not read back is left out."""
        if not _NAME.fullmatch(browser):
            return ()
        found = sorted((self._folder / browser).glob("*.json"), key=_modified, reverse=True)[:at_most]
        return tuple(entry for path in found if (entry := self._entry(browser, path.stem)))

    def remove(self, browser: str, conversation_id: str) -> None:
        self._path(browser, conversation_id).unlink(missing_ok=True)

    def _entry(self, browser: str, conversation_id: str) -> ConversationSummary | None:
        try:
            return ConversationSummary.of(self.load(browser, conversation_id))
        except InputError:
            return None

    def _path(self, browser: str, conversation_id: str) -> Path:
        # Both come from a browser: only names of our own making may become a path.
        if not (_NAME.fullmatch(browser) and _NAME.fullmatch(conversation_id)):
            raise InputError("that is no conversation of this page; start a new one")
        return self._folder / browser / f"{conversation_id}.json"


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed in another window, between the listing and here
        return 0.0


def _to_dict(conversation: Conversation) -> dict[str, Any]:
    turns = [
        {**asdict(replace(turn, answer=None)), "answer": turn.answer and turn.answer.to_dict()}
        for turn in conversation.turns
    ]
    return {"id": conversation.conversation_id, "started": conversation.started, "turns": turns}


def _from_dict(data: dict[str, Any]) -> Conversation:
    turns = (
        Turn(**{**turn, "answer": Answer.from_dict(turn["answer"]) if turn["answer"] else None})
        for turn in data["turns"]
    )
    return Conversation(data["id"], data["started"], tuple(turns))
