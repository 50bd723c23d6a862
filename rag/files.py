"""Small files that are whole or absent, and disk faults in one line.

Owns no format of its own: what the files mean is the caller's.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import LibraryReadOnly, StorageError


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as JSON: after a crash either the old or the new file is there, whole."""
    write_bytes(path, json.dumps(value, ensure_ascii=False).encode())


def write_bytes(path: Path, content: bytes) -> None:
    """As `write_json`, for bytes."""
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(content)
        sync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> Any:
    """The value in `path`, or None where there is no such file or it is not whole."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def sync(descriptor: int) -> None:
    """Have written bytes reach the disk, where the platform can."""
    getattr(os, "fdatasync", os.fsync)(descriptor)


def size_of(folder: Path) -> int:
    """Bytes in the files below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def disk_faults(where: Path) -> Iterator[None]:
    """Turn an operating system's disk error into one of ours, naming the library and what to do."""
    try:
        yield
    except OSError as error:
        raise disk_fault(where, error) from error


def disk_fault(where: Path, error: OSError) -> StorageError | LibraryReadOnly:
    """The error to raise for an OSError met in the library at `where`."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return LibraryReadOnly(
            f"cannot write to the library at {where} ({error.strerror}); "
            "change its permissions, or copy it and give the copy with --library"
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(
            f"no room left for the library at {where} ({error.strerror}); "
            "free some space and run the same command again: what was done is kept"
        )
    return StorageError(
        f"the library at {where} could not be read or written ({error}); run: rag doctor --library {where}"
    )
