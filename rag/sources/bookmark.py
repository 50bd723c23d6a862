"""How far each sync has come, in small files in the library's folder: one for each source and query."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from rag.files import read_json, write_json
from rag.sources.source import Cursor


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What is stored of the papers that answer a query, and where an unfinished run stopped (UTC dates)."""

    asked: date | None = None
    """The earliest date ever asked for; None is from the beginning."""
    synced_to: date | None = None
    """Everything from `asked` to here is stored; None where no run was ever finished."""
    since: date | None = None
    """What the unfinished run asks for: papers from here ..."""
    until: date | None = None
    """... to here; None where no run is unfinished."""
    cursor: Cursor | None = None
    """Where the unfinished run goes on; None at its first page."""

    def next_run(self, asked: date | None, today: date, overlap_days: int) -> Bookmark:
        """The run to do now: the unfinished one, else what is new since the last, less the overlap; all of
        it where that was never asked for, or not so far back."""
        goes_further_back = asked is not None and self.asked is not None and asked < self.asked
        if self.until is not None and not goes_further_back:
            return self
        if self.synced_to is None or goes_further_back:
            return Bookmark(asked=asked, since=asked, until=today)
        return replace(self, since=self.synced_to - timedelta(days=overlap_days), until=today)

    def after(self, cursor: Cursor | None) -> Bookmark:
        """Once a page is stored: the next begins at `cursor`; None says it was the last."""
        if cursor is not None:
            return replace(self, cursor=cursor)
        return Bookmark(asked=self.asked, synced_to=self.until)


def read_bookmark(folder: Path, source: str, query: str) -> Bookmark:
    """As it was left; a new one where there is none, or none that can be read."""
    value = read_json(_path(folder, source, query))
    try:
        dates = {name: value[name] and date.fromisoformat(value[name]) for name in _DATES}
        return Bookmark(**dates, cursor=value["cursor"])
    except (TypeError, KeyError, ValueError):
        return Bookmark()


def write_bookmark(folder: Path, source: str, query: str, bookmark: Bookmark) -> None:
    """Whole or not at all: after a crash the old one is there."""
    path = _path(folder, source, query)
    path.parent.mkdir(exist_ok=True)
    value = asdict(bookmark)
    dates = {name: value[name] and value[name].isoformat() for name in _DATES}
    write_json(path, {"source": source, "query": query, **value, **dates})


_DATES = ("asked", "synced_to", "since", "until")


def _path(folder: Path, source: str, query: str) -> Path:
    return folder / "sync" / f"{source}-{hashlib.sha256(query.encode()).hexdigest()[:12]}.json"
