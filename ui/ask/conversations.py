"""Conversations: what was asked and answered, with every version of it. Values only.

Where they are kept is ui/ask/conversation_files.py's; nothing here renders or asks.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from rag.records import Answer, History
from ui.ask.settings import Settings

Thumb = Literal["", "up", "down"]
State = Literal["running", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it."""

    question: str
    state: State = "running"
    text: str = ""
    """What has been written so far; after "failed", the reason."""
    answer: Answer | None = None
    thumb: Thumb = ""
    """ "" where it is not rated."""
    reason: str = ""
    turn_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    listed: tuple[str, ...] = ()
    """Ids of all papers on the list that the answer begins; () where it is no list."""
    alone: bool = False
    """Searched as typed, without the turns before it."""
    weighs: bool = False
    """The question is a claim, and is asked for what speaks for it and against it."""
    settings: Settings = field(default_factory=Settings)
    """What it was asked with."""
    others: tuple[tuple[Turn, ...], ...] = ()
    """The conversation's other versions from this turn on, oldest first."""
    place: int = 0
    """Which of the versions this one is, the others among them counted."""

    @property
    def n_versions(self) -> int:
        return len(self.others) + 1


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

    @property
    def settings(self) -> Settings:
        """What its last question was asked with."""
        return self.turns[-1].settings if self.turns else Settings()

    @property
    def running(self) -> bool:
        """Whether any answer in it is still being made."""
        return any(turn.state == "running" for turn in self.turns)

    def place_of(self, turn_id: str) -> int | None:
        """The number of the turn with this id; None where it is not among the turns shown."""
        return next((i for i, turn in enumerate(self.turns) if turn.turn_id == turn_id), None)

    def with_turn(self, turn: Turn, at: int | None = None) -> Conversation:
        """With `turn` added, or in place of number `at` and all after it, which stay as another version."""
        if at is None or at >= len(self.turns):
            return replace(self, turns=(*self.turns, turn))
        versions = _versions(self.turns[at:])
        turn = replace(turn, others=versions, place=len(versions))
        return replace(self, turns=(*self.turns[:at], turn))

    def with_version(self, at: int, place: int) -> Conversation:
        """With version number `place` of the conversation from turn `at` on; as it is where there is none."""
        versions = _versions(self.turns[at:])
        if not 0 <= place < len(versions):
            return self
        first, *more = versions[place]
        others = (*versions[:place], *versions[place + 1 :])
        return replace(self, turns=(*self.turns[:at], replace(first, others=others, place=place), *more))

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


def _versions(turns: tuple[Turn, ...]) -> tuple[tuple[Turn, ...], ...]:
    """All versions of a conversation from turns[0] on, in order: these turns among the others."""
    first, *more = turns
    shown = (replace(first, others=(), place=0), *more)
    return (*first.others[: first.place], shown, *first.others[first.place :])
