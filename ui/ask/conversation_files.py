"""Conversations as JSON files in the library's folder: saved, found again, removed, and brought back.

One file a conversation, `conversations/<browser>/<uuid>.json`. The browser's name is a secret it was
given on its first visit, so a listing shows one browser's conversations and no other's. Two pages may show
one conversation: each changes the file as it is now, never a copy of its own.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from threading import RLock
from typing import Any

from rag.errors import InputError, StorageError
from rag.files import write_json
from rag.records import Answer, Filters
from ui.ask.conversations import Conversation, ConversationSummary, Turn
from ui.ask.settings import Settings

FOLDER = "conversations"
REMOVED = ".removed"
"""Behind the name of a removed conversation's file, as long as it can be brought back."""
LISTED = 50
"""Conversations that are listed at first: each is read for it, and all of them are sent with the page."""
KEPT_S = 24 * 3600.0
"""How long a removed conversation can be brought back. Chosen by hand: a day, to notice the mistake."""
_NAME = re.compile(r"[0-9a-f]{32}")


def new_browser() -> str:
    """A name no one else can guess."""
    return secrets.token_hex(16)


def is_browser(name: str) -> bool:
    """Whether `name` is one that `new_browser` may have given."""
    return bool(_NAME.fullmatch(name))


class Conversations:
    """The conversations kept in one library's folder."""

    def __init__(self, library: Path) -> None:
        self._folder = library / FOLDER
        self._writing = RLock()
        self._unsaved: dict[Path, Conversation] = {}
        """Those that the disk did not take: kept as long as the page is served."""

    def save(self, browser: str, conversation: Conversation) -> None:
        """Write the whole conversation; a reader sees the old file or the new one, never half of one.

        Raises StorageError."""
        path = self._path(browser, conversation.conversation_id)
        try:
            with self._writing:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_json(path, _to_dict(conversation))
                self._unsaved.pop(path, None)
        except OSError as error:
            self._unsaved[path] = conversation
            raise StorageError(f"{path}: the conversation cannot be saved: {error.strerror}") from error

    def change(
        self, browser: str, conversation: Conversation, by: Callable[[Conversation], Conversation]
    ) -> Conversation:
        """Save and return what `by` makes of the kept conversation; of `conversation` where none is kept.

        Nobody else changes it meanwhile. Raises StorageError."""
        with self._writing:
            kept = by(self.newest(browser, conversation))
            self.save(browser, kept)
        return kept

    def complete(
        self, browser: str, conversation: Conversation, by: Callable[[Conversation], Conversation]
    ) -> None:
        """As `change`, for what is done without a reader: a conversation that was removed meanwhile stays
        removed, and has the change if it is brought back. Raises StorageError."""
        path = self._path(browser, conversation.conversation_id)
        removed = _removed(path)
        with self._writing:
            if not path.exists() and removed.exists():
                try:
                    kept = _from_dict(json.loads(removed.read_text(encoding="utf-8")))
                    write_json(removed, _to_dict(by(kept)))
                except (OSError, ValueError, KeyError, TypeError) as error:
                    raise StorageError(f"{removed}: the conversation cannot be saved: {error}") from error
            else:
                self.change(browser, conversation, by)

    def newest(self, browser: str, conversation: Conversation) -> Conversation:
        """The conversation as it is kept now; `conversation` itself where it is not kept."""
        try:
            return self.load(browser, conversation.conversation_id)
        except InputError:
            return conversation

    def load(self, browser: str, conversation_id: str) -> Conversation:
        """Raises InputError where this browser has no such conversation, or the file does not read back."""
        path = self._path(browser, conversation_id)
        if unsaved := self._unsaved.get(path):
            return unsaved
        try:
            return _from_dict(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise InputError("that conversation is not here any more; start a new one") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: no conversation reads back from it; remove the file") from error

    def entries(self, browser: str, at_most: int | None = LISTED) -> tuple[ConversationSummary, ...]:
        """This browser's conversations, newest first. A file that does not read back is left out."""
        if not is_browser(browser):
            return ()
        found = sorted((self._folder / browser).glob("*.json"), key=_modified, reverse=True)[:at_most]
        return tuple(entry for path in found if (entry := self._entry(browser, path.stem)))

    def n_older(self, browser: str) -> int:
        """How many conversations of this browser `entries` leaves out as it is called by default."""
        kept = (self._folder / browser).glob("*.json") if is_browser(browser) else ()
        return max(0, sum(1 for _ in kept) - LISTED)

    def remove(self, browser: str, conversation_id: str) -> None:
        """Take it out of the list. It can be brought back for KEPT_S; those removed earlier are deleted."""
        path = self._path(browser, conversation_id)
        for old in path.parent.glob(f"*{REMOVED}"):
            if time.time() - _modified(old) > KEPT_S:
                old.unlink(missing_ok=True)
        with self._writing:
            if path.exists():
                path.touch()
                path.replace(_removed(path))

    def bring_back(self, browser: str, conversation_id: str) -> Conversation:
        """Undo `remove`. Raises InputError where that conversation was not removed, or is deleted by now."""
        path = self._path(browser, conversation_id)
        removed = _removed(path)
        with self._writing:
            if not path.exists():
                if not removed.exists():
                    raise InputError("that conversation is deleted; it cannot be brought back any more")
                removed.replace(path)
        return self.load(browser, conversation_id)

    def _entry(self, browser: str, conversation_id: str) -> ConversationSummary | None:
        try:
            return ConversationSummary.of(self.load(browser, conversation_id))
        except InputError:
            return None

    def _path(self, browser: str, conversation_id: str) -> Path:
        # Both come from a browser: only names of our own making may become a path.
        if not browser:
            raise InputError("this page was left alone for so long that it was forgotten; reload it")
        if not (_NAME.fullmatch(browser) and _NAME.fullmatch(conversation_id)):
            raise InputError("that is no conversation of this page; start a new one")
        return self._folder / browser / f"{conversation_id}.json"


def _removed(path: Path) -> Path:
    """Where a conversation's file is kept once it was removed."""
    return path.with_name(path.name + REMOVED)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed in another window, between the listing and here
        return 0.0


def _to_dict(conversation: Conversation) -> dict[str, Any]:
    turns = [_turn_to_dict(turn) for turn in conversation.turns]
    return {"id": conversation.conversation_id, "started": conversation.started, "turns": turns}


def _turn_to_dict(turn: Turn) -> dict[str, Any]:
    others = [[_turn_to_dict(each) for each in version] for version in turn.others]
    flat = asdict(replace(turn, answer=None, others=()))
    return {**flat, "answer": turn.answer and turn.answer.to_dict(), "others": others}


def _from_dict(data: dict[str, Any]) -> Conversation:
    return Conversation(data["id"], data["started"], tuple(map(_turn_from_dict, data["turns"])))


def _turn_from_dict(data: Mapping[str, Any]) -> Turn:
    parts = {
        "answer": Answer.from_dict(data["answer"]) if data["answer"] else None,
        "others": tuple(tuple(map(_turn_from_dict, version)) for version in data.get("others", ())),
        "listed": tuple(data.get("listed", ())),
        "settings": settings_from_dict(data.get("settings") or {}),
    }
    return Turn(**{**data, **parts})


def settings_from_dict(data: Mapping[str, Any]) -> Settings:
    """The Settings whose `asdict` (or its JSON) is `data`. Raises TypeError or ValueError otherwise."""
    own = data.get("own")
    filters = {"filters": _filters(data.get("filters") or {}), "own": _filters(own) if own else None}
    return Settings(**{**data, **filters})


def _filters(data: Mapping[str, Any]) -> Filters:
    lists = {
        name: tuple(tuple(x) if isinstance(x, list) else x for x in data.get(name, ()))
        for name in ("authors", "where", "paper_ids")
    }
    return Filters(**{**data, **lists})
