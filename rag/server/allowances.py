"""What a key has used: requests in the last minute, and a language model's tokens and dollars of a UTC day.

Counted in a small SQLite file beside the keys: so a restart forgives nothing, and all processes that serve
with these keys count together. Where the file cannot be used, a process counts for itself and logs that.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from threading import Lock

from rag.records import Usage
from rag.server.keys import ServerKey

LOG = logging.getLogger(__name__)
FILE = "used.sqlite3"
"""Beside the file of keys."""
BUSY_S = 2.0
"""Seconds that one process waits for another's write, which takes some microseconds."""
_TABLES = """
    CREATE TABLE IF NOT EXISTS requests (key TEXT PRIMARY KEY, left REAL, at REAL);
    CREATE TABLE IF NOT EXISTS spent (key TEXT, day TEXT, usd REAL, tokens REAL, PRIMARY KEY (key, day));
"""
_SPEND = """
    INSERT INTO spent VALUES (:key, :day, :usd, :tokens) ON CONFLICT (key, day)
    DO UPDATE SET usd = usd + :usd, tokens = tokens + :tokens
"""


@dataclass(frozen=True, slots=True)
class TooMuch:
    """Why a request is refused for now, and the seconds after which it would not be."""

    message: str
    retry_after_s: int


class Allowances:
    """Counts by key name. Safe to share between threads; processes share the file.

    Close it when done. What a question that is still ending took is counted after that, too.
    """

    def __init__(self, path: Path | None, now: Callable[[], float] = time.time) -> None:
        self._path, self._now = path, now
        self._lock = Lock()
        self._is_closed = False
        self._file: sqlite3.Connection | None = None
        self._memory: sqlite3.Connection | None = None
        """What could not be written to the file."""

    def take_request(self, key: ServerKey) -> TooMuch | None:
        """Count a request; or say why it is one too many. A key may use a minute's requests at once, and
        gets them back evenly."""
        if key.per_minute is None:
            return None
        with self._lock:
            try:
                with self._writing() as file:
                    return self._take(file, key, key.per_minute)
            except sqlite3.Error as error:
                self._give_up(error)
                return self._take(self._own, key, key.per_minute)

    def _take(self, counts: sqlite3.Connection, key: ServerKey, per_minute: int) -> TooMuch | None:
        now = self._now()
        row = counts.execute("SELECT left, at FROM requests WHERE key = ?", (key.name,)).fetchone()
        left, then = row or (float(per_minute), now)
        left = min(float(per_minute), left + max(0.0, now - then) * per_minute / 60)
        if left < 1:
            wait = ceil((1 - left) * 60 / per_minute)
            return TooMuch(f"the key {key.name!r} may ask {per_minute} times a minute", wait)
        counts.execute("INSERT OR REPLACE INTO requests VALUES (?, ?, ?)", (key.name, left - 1, now))
        return None

    def over_budget(self, key: ServerKey) -> TooMuch | None:
        """Why the key may not use a language model any more today."""
        if key.usd_per_day is None and key.tokens_per_day is None:
            return None
        now = datetime.fromtimestamp(self._now(), UTC)
        usd, tokens = self._spent(key.name, now.date().isoformat())
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        wait = ceil((tomorrow - now).total_seconds())
        if key.usd_per_day is not None and usd >= key.usd_per_day:
            return TooMuch(f"the key {key.name!r} may spend ${key.usd_per_day:g} a day", wait)
        if key.tokens_per_day is not None and tokens >= key.tokens_per_day:
            return TooMuch(f"the key {key.name!r} may use {key.tokens_per_day:,} tokens a day", wait)
        return None

    def _spent(self, name: str, day: str) -> tuple[float, float]:
        query = "SELECT usd, tokens FROM spent WHERE key = ? AND day = ?"
        with self._lock:
            usd, tokens = self._own.execute(query, (name, day)).fetchone() or (0.0, 0.0)
            if self._path is None:
                return usd, tokens
            try:
                with self._writing() as file:
                    more_usd, more_tokens = file.execute(query, (name, day)).fetchone() or (0.0, 0.0)
            except sqlite3.Error as error:
                self._give_up(error)
                return usd, tokens
        return usd + more_usd, tokens + more_tokens

    def spend(self, key: ServerKey, usage: Usage) -> None:
        """Count what a model took for the key. Where that cannot be written it is counted until a restart."""
        if key.usd_per_day is None and key.tokens_per_day is None:
            return
        spent = {
            "key": key.name,
            "day": datetime.fromtimestamp(self._now(), UTC).date().isoformat(),
            "usd": usage.cost_usd or 0.0,
            "tokens": usage.prompt_tokens + usage.completion_tokens,
        }
        with self._lock:
            try:
                with self._writing() as file:
                    file.execute("DELETE FROM spent WHERE day < ?", (spent["day"],))
                    file.execute(_SPEND, spent)
            except sqlite3.Error as error:
                self._give_up(error)
                self._own.execute(_SPEND, spent)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The file's counts, for this process alone. Raises sqlite3.Error."""
        if self._path is None:
            yield self._own
            return
        if self._file is None:
            self._file = _open(str(self._path))
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield self._file
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise
        finally:
            if self._is_closed:
                self._let_go()

    @property
    def _own(self) -> sqlite3.Connection:
        if self._memory is None:
            self._memory = _open(":memory:")
        return self._memory

    def _give_up(self, error: sqlite3.Error) -> None:
        """Go on without the file this time, and open it anew the next."""
        LOG.warning("what keys have used could not be read or written: %s", error)
        self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._let_go()
            if self._memory is not None:
                self._memory.close()
                self._memory = None


def _open(path: str) -> sqlite3.Connection:
    """The counts at `path`. A process that is killed in the middle of a write leaves the file as it was."""
    counts = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    counts.execute("PRAGMA journal_mode = WAL")
    counts.execute("PRAGMA synchronous = NORMAL")
    counts.executescript(_TABLES)
    return counts
