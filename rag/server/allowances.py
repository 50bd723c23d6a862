"""What a key has used: requests in the last minute, and a language model's tokens and dollars of a UTC day.

What models cost is written to a file beside the keys, so that a restart forgives nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any

from rag.files import read_json, write_json
from rag.records import Usage
from rag.server.keys import ServerKey

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TooMuch:
    """Why a request is refused for now, and the seconds after which it would not be."""

    message: str
    retry_after_s: int


class Allowances:
    """Counts by key name. Safe to share between threads."""

    def __init__(self, path: Path | None, now: Callable[[], float] = time.time) -> None:
        self._path, self._now = path, now
        self._lock = Lock()
        self._tokens: dict[str, tuple[float, float]] = {}
        """Of a bucket a key: how many requests are left, and when that was so."""
        self._day, self._spent = "", dict[str, dict[str, float]]()

    def take_request(self, key: ServerKey) -> TooMuch | None:
        """Count a request; or say why it is one too many. A key may use a minute's requests at once, and
        gets them back evenly."""
        if key.per_minute is None:
            return None
        with self._lock:
            now = self._now()
            left, then = self._tokens.get(key.name, (float(key.per_minute), now))
            left = min(float(key.per_minute), left + (now - then) * key.per_minute / 60)
            if left < 1:
                wait = ceil((1 - left) * 60 / key.per_minute)
                return TooMuch(f"the key {key.name!r} may ask {key.per_minute} times a minute", wait)
            self._tokens[key.name] = left - 1, now
        return None

    def over_budget(self, key: ServerKey) -> TooMuch | None:
        """Why the key may not use a language model any more today."""
        if key.usd_per_day is None and key.tokens_per_day is None:
            return None
        with self._lock:
            now = self._today()
            spent = self._spent.get(key.name, {})
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        wait = ceil((tomorrow - now).total_seconds())
        if key.usd_per_day is not None and spent.get("usd", 0.0) >= key.usd_per_day:
            return TooMuch(f"the key {key.name!r} may spend ${key.usd_per_day:g} a day", wait)
        if key.tokens_per_day is not None and spent.get("tokens", 0.0) >= key.tokens_per_day:
            return TooMuch(f"the key {key.name!r} may use {key.tokens_per_day:,} tokens a day", wait)
        return None

    def spend(self, key: ServerKey, usage: Usage) -> None:
        """Count what a model took for the key. Where that cannot be written it is counted until a restart."""
        if key.usd_per_day is None and key.tokens_per_day is None:
            return
        with self._lock:
            self._today()
            spent = self._spent.setdefault(key.name, {"usd": 0.0, "tokens": 0.0})
            spent["usd"] += usage.cost_usd or 0.0
            spent["tokens"] += usage.prompt_tokens + usage.completion_tokens
            if self._path is None:
                return
            try:
                write_json(self._path, {"day": self._day, "spent": self._spent})
            except OSError as error:
                LOG.warning("what keys have spent could not be written: %s", error.strerror)

    def _today(self) -> datetime:
        """Now, with the counts of its day at hand."""
        now = datetime.fromtimestamp(self._now(), UTC)
        day = now.date().isoformat()
        if day != self._day:
            kept: Any = read_json(self._path) if self._path else None
            same_day = isinstance(kept, dict) and kept.get("day") == day
            self._day, self._spent = day, dict(kept["spent"]) if same_day else {}
        return now
