"""A reader's list of papers to read, with notes: a JSON file each in the library's folder.

`reading/<browser>.json`; the browser's name is the secret that its conversations are kept under. No HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from rag.errors import InputError, StorageError
from rag.files import read_json, write_json

FOLDER = "reading"
READING = "your reading list"
"""What the list of its papers is called."""
_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ReadingList:
    """The notes by paper_id, in the order the papers were added; a note may be ""."""

    notes: dict[str, str]
    taken_off: dict[str, str] = field(default_factory=dict)
    """Notes on papers that are not on the list any more: put on again, they have them back."""

    def __contains__(self, paper_id: object) -> bool:
        return paper_id in self.notes

    def __len__(self) -> int:
        return len(self.notes)


class ReadingLists:
    """The reading lists kept in one library's folder."""

    def __init__(self, library: Path) -> None:
        self._folder = library / FOLDER
        self._writing = Lock()

    def load(self, browser: str) -> ReadingList:
        """This browser's list; empty where it has none, or none that reads back."""
        path = self._path(browser) if _NAME.fullmatch(browser) else None
        kept = read_json(path) if path and path.is_file() else None
        kept = kept if isinstance(kept, dict) else {}
        return ReadingList(_texts(kept.get("papers")), _texts(kept.get("taken_off")))

    def add(self, browser: str, paper_ids: Iterable[str]) -> ReadingList:
        """Add papers; those that are on the list, or were, keep their notes. Raises StorageError."""
        with self._writing:
            kept = self.load(browser)
            new = {name: kept.taken_off.pop(name, "") for name in paper_ids if name not in kept}
            return self._save(browser, ReadingList({**kept.notes, **new}, kept.taken_off))

    def take_off(self, browser: str, paper_id: str) -> ReadingList:
        """Take the paper off; its note is kept for when it is put on again. Raises StorageError."""
        with self._writing:
            kept = self.load(browser)
            if note := kept.notes.pop(paper_id, ""):
                kept.taken_off[paper_id] = note
            return self._save(browser, kept)

    def note(self, browser: str, paper_id: str, text: str) -> ReadingList:
        """Write the note on a paper, which is then on the list. Raises StorageError."""
        with self._writing:
            kept = self.load(browser)
            kept.taken_off.pop(paper_id, "")
            kept.notes[paper_id] = text.strip()
            return self._save(browser, kept)

    def _save(self, browser: str, kept: ReadingList) -> ReadingList:
        path = self._path(browser)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, {"papers": kept.notes, "taken_off": kept.taken_off})
        except OSError as error:
            raise StorageError(f"{path}: the reading list cannot be saved: {error.strerror}") from error
        return kept

    def _path(self, browser: str) -> Path:
        if not _NAME.fullmatch(browser):
            raise InputError("this page has no reader yet; reload it")
        return self._folder / f"{browser}.json"


def _texts(kept: object) -> dict[str, str]:
    return {str(name): str(note) for name, note in kept.items()} if isinstance(kept, dict) else {}
