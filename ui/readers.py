"""Whose conversations, lists and notes a page shows: each reader has a secret name of their own.

On one's own machine a browser is a reader. On a server where people sign in by name, the person is, from
whatever browser: `readers.json` in the library's folder has the secret name of each.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from rag.errors import StorageError
from rag.files import read_json, write_json
from ui.ask.conversation_files import new_browser

FILE = "readers.json"


class Readers:
    """The people who have signed in by name to the page of one library."""

    def __init__(self, library: Path) -> None:
        self._path = library / FILE
        self._writing = Lock()

    def secret_name(self, person: str) -> str:
        """The person's secret name, made at the first call. Raises StorageError."""
        with self._writing:
            kept = read_json(self._path) if self._path.is_file() else None
            names = {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
            if person not in names:
                names[person] = new_browser()
                try:
                    write_json(self._path, names)
                    self._path.chmod(0o600)
                except OSError as error:
                    raise StorageError(f"{self._path}: cannot be written: {error.strerror}") from error
            return names[person]
