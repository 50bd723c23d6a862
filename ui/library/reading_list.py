"""A reader's list of papers to read, with notes: a JSON file each in the library's folder.

`reading/<browser>.json`; the browser's name is the secret that its conversations are kept under. No HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
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
        papers = kept.get("papers", {}) if isinstance(kept, dict) else {}
        return ReadingList({str(name): str(note) for name, note in papers.items()})

    def toggle(self, browser: str, paper_id: str) -> ReadingList:
        """Add the paper, or take it off with its note. Raises StorageError."""
        with self._writing:
            notes = dict(self.load(browser).notes)
            if paper_id in notes:
                del notes[paper_id]
            else:
                notes[paper_id] = ""
            return self._save(browser, notes)

    def add(self, browser: str, paper_ids: Iterable[str]) -> ReadingList:
        """Add papers; those that are on the list keep their notes. Raises StorageError."""
        with self._writing:
            notes = self.load(browser).notes
            return self._save(browser, {**notes, **{name: "" for name in paper_ids if name not in notes}})

    def note(self, browser: str, paper_id: str, text: str) -> ReadingList:
        """Write the note on a paper, which is then on the list. Raises StorageError."""
        with self._writing:
            return self._save(browser, {**self.load(browser).notes, paper_id: text.strip()})

    def _save(self, browser: str, notes: dict[str, str]) -> ReadingList:
        path = self._path(browser)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, {"papers": notes})
        except OSError as error:
            raise StorageError(f"{path}: the reading list cannot be saved: {error.strerror}") from error
        return ReadingList(notes)

    def _path(self, browser: str) -> Path:
        if not _NAME.fullmatch(browser):
            raise InputError("this page has no reader yet; reload it")
        return self._folder / f"{browser}.json"
