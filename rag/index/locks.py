"""Who may touch a library when: one writer at a time, and nobody opens Chroma while it is written.

Both locks are the operating system's (flock), so they go with the process that held them, however it
ended. The text in the writer's lock file is only there to name the holder.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from rag.errors import LibraryLocked
from rag.files import disk_fault

LOCK_FILE = "lock"
GATE_FILE = "gate"
_TRIES, _PAUSE_S = 5, 0.02
"""Long enough to outlast a look at who holds the lock."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes to a library. `since` is local time, ISO 8601."""

    pid: int
    host: str
    since: str
    command: str

    @classmethod
    def this_process(cls) -> Holder:
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        return cls(os.getpid(), socket.gethostname(), datetime.now().isoformat(" ", "seconds"), command[:200])

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since} ({self.command})"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the library's only writer. Raises LibraryLocked at once where another is, LibraryReadOnly where
    the lock file cannot be written."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise disk_fault(folder, error) from error
    try:
        _take(descriptor, folder)
        yield
        os.truncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(folder: Path) -> Holder | None:
    """Who is writing to the library now, or None. A name left behind by a dead process does not count."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    finally:
        os.close(descriptor)
    return None


@contextmanager
def vector_files_lock(folder: Path) -> Iterator[None]:
    """Wait for, and hold, the one place at Chroma's files: to open them or to change them.

    Chroma writes its vector index in place; opening it half written ends the process.
    """
    try:
        descriptor = os.open(folder / GATE_FILE, os.O_RDONLY | os.O_CREAT, 0o666)
    except OSError as error:
        raise disk_fault(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(Holder.this_process())).encode(), 0)
            return
    raise LibraryLocked(
        f"{folder} is being written to by {_read(descriptor) or 'another process'}; "
        "wait for it to end, then run the same command again"
    )


def _read(descriptor: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(descriptor, 4096, 0)))
    except (ValueError, TypeError):
        return None
