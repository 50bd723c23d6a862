"""Who may touch a library when: one writer at a time, and nobody opens Chroma while it is written.

Both locks are the operating system's, through filelock (flock, or LockFileEx on Windows), so they go with
the process that held them, however it ended. The text in the writer's lock file is only there to name the
holder.
"""

from __future__ import annotations

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
VECTOR_FILES_LOCK_FILE = "gate"
"""Its name on disk is that of the first release, so that both versions keep out of each other's way."""
_TRIES, _PAUSE_S = 5, 0.02
"""Long enough to outlast a look at who holds the lock. Chosen by hand."""
_TEXT_AT = 1
"""Where the holder's name begins: Windows lets nobody else read the locked first byte."""
_BINARY = getattr(os, "O_BINARY", 0)
"""Windows alone has it, and would change line ends without."""


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
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | _BINARY, 0o666)
    except OSError as error:
        raise disk_fault(folder, error) from error
    try:
        if not _try_lock(descriptor, _TRIES):
            raise LibraryLocked(
                f"{folder} is being written to by {_read_name(descriptor) or 'another process'}; "
                "wait for it to end, then run the same command again"
            )
        _write_name(descriptor)
        yield
        os.truncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(folder: Path) -> Holder | None:
    """Who is writing to the library now, or None. A name left behind by a dead process does not count."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY | _BINARY)
    except OSError:
        return None
    try:
        # More than once: another process may be looking, too, and holds the lock while it does.
        return None if _try_lock(descriptor, 3) else _read_name(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def vector_files_lock(folder: Path) -> Iterator[None]:
    """Wait for, and hold, the one place at Chroma's files: to open them or to change them.

    Chroma writes its vector index in place; opening it half written ends the process.
    """
    from filelock import lock_descriptor

    try:
        descriptor = os.open(folder / VECTOR_FILES_LOCK_FILE, os.O_RDONLY | os.O_CREAT | _BINARY, 0o666)
    except OSError as error:
        raise disk_fault(folder, error) from error
    try:
        lock_descriptor(descriptor, poll_interval=_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, tries: int) -> bool:
    """Whether the lock is ours now; it is until the descriptor is closed."""
    from filelock import lock_descriptor

    for attempt in range(tries):
        if attempt:
            time.sleep(_PAUSE_S)
        if lock_descriptor(descriptor, blocking=False):
            return True
    return False


def _write_name(descriptor: int) -> None:
    os.truncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, b" " * _TEXT_AT + json.dumps(asdict(Holder.this_process())).encode())


def _read_name(descriptor: int) -> Holder | None:
    os.lseek(descriptor, _TEXT_AT, os.SEEK_SET)
    try:
        return Holder(**json.loads(os.read(descriptor, 4096)))
    except (ValueError, TypeError):
        return None
