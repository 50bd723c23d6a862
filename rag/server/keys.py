"""Keys to the server: made once, kept as hashes, compared in constant time, revoked by name.

A key is 256 random bits, so a plain SHA-256 of it cannot be turned back; it is shown when it is made and
never again. The file holds names, hashes, and what each key may do. Counting what keys use is
rag/server/allowances.py's."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock

from rag.errors import ConfigError, InputError
from rag.files import replacing

_NAME = re.compile(r"[A-Za-z0-9][\w.@-]{0,63}")
_PREFIX = "rag_"
OWNER = "RAG_SERVE_KEY"
"""What the key from the environment is called in logs."""


@dataclass(frozen=True, slots=True)
class ServerKey:
    """A key as it is kept: who has it, and what it may do."""

    name: str
    sha256: str
    """Of the key, in hexadecimal."""
    can_write: bool = False
    """Add and remove papers, too."""
    per_minute: int | None = None
    """Requests a minute; None: as many as the server can take."""
    usd_per_day: float | None = None
    tokens_per_day: int | None = None
    """What a language model may take for this key, by UTC days."""
    created: str = ""
    revoked: str | None = None


class KeyFile:
    """The keys in a file, where there is one, and one from the environment. Safe to share between threads;
    changes of the file are seen at once."""

    def __init__(self, path: Path | None, environment_key: str | None = None) -> None:
        self.path = path
        self._own = (ServerKey(OWNER, _hash(environment_key)),) if environment_key else ()
        self._read: tuple[tuple[int, int], tuple[ServerKey, ...]] | None = None

    @property
    def valid(self) -> tuple[ServerKey, ...]:
        """The keys that open the server. Raises ConfigError where the file does not read."""
        return (*self._own, *(key for key in self.all() if key.revoked is None))

    @property
    def needed(self) -> bool:
        """Whether a key is asked for: as soon as one was ever made, so that revoking the last one opens
        nothing. Raises ConfigError."""
        return bool(self._own or self.all())

    def all(self) -> tuple[ServerKey, ...]:
        """The keys of the file, revoked ones too, in the order they were made. Raises ConfigError."""
        if self.path is None:
            return ()
        try:
            about = os.stat(self.path)
        except FileNotFoundError:
            return ()
        stamp = about.st_mtime_ns, about.st_ino
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, _read(self.path)
        return self._read[1]

    def find(self, given: str) -> ServerKey | None:
        """The valid key that was given; as long for a wrong one as for a right one."""
        hashed, found = _hash(given), None
        for key in self.valid:
            if hmac.compare_digest(key.sha256, hashed):
                found = key
        return found

    def make(self, key: ServerKey) -> str:
        """Keep `key` under a new secret, which is returned. Raises InputError where the name is taken."""
        if not _NAME.fullmatch(key.name):
            raise InputError(
                f"a key cannot be called {key.name!r}; use letters, digits and . _ @ -: rag keys make anna"
            )
        secret = _PREFIX + secrets.token_urlsafe(32)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing() as (path, keys):
            if any(each.name == key.name and each.revoked is None for each in keys):
                raise InputError(
                    f"there is a key {key.name!r}; give another name, or first: rag keys revoke {key.name}"
                )
            self._write(path, [*keys, replace(key, sha256=_hash(secret), created=now)])
        return secret

    def revoke(self, name: str) -> None:
        """Let the key open nothing any more. Raises InputError where there is none of that name."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing() as (path, keys):
            if not any(key.name == name and key.revoked is None for key in keys):
                raise InputError(f"there is no key {name!r}; `rag keys list` shows them")
            self._write(path, [_ended(key, now) if key.name == name else key for key in keys])

    @contextmanager
    def _writing(self) -> Iterator[tuple[Path, tuple[ServerKey, ...]]]:
        """The file and its keys, while nobody else writes it."""
        if self.path is None:
            raise ConfigError("there is no file to keep keys in; name one with RAG_SERVE_KEYS")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):
            yield self.path, self.all()

    def _write(self, path: Path, keys: Sequence[ServerKey]) -> None:
        old = os.umask(0o077)  # for its owner alone, from its first byte on
        try:
            with replacing(path) as file:
                json.dump({"keys": [asdict(key) for key in keys]}, file, ensure_ascii=False, indent=1)
        finally:
            os.umask(old)
        self._read = None


def _ended(key: ServerKey, now: str) -> ServerKey:
    return replace(key, revoked=key.revoked or now)


def _read(path: Path) -> tuple[ServerKey, ...]:
    try:
        data: Any = json.loads(path.read_bytes())
        return tuple(ServerKey(**key) for key in data["keys"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{path}: the keys do not read ({error}); restore the file, or move it away and make new keys"
        ) from error


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
