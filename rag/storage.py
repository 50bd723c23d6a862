"""Small files that are whole or absent, seals on folders, and disk faults in one line.

Owns no format of its own: what the files mean is the caller's. A seal notices that files a native
library is about to map are not the ones it wrote, before the library trips over them.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import LibraryReadOnly, StorageError

Seal = dict[str, tuple[int, int, int | None]]
"""File name to (size, modification time in ns, CRC-32 or None where it was not taken)."""

_CHUNK = 1 << 20


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


def seal(folder: Path, pattern: str, *, crc: bool = True, known: Seal | None = None) -> Seal:
    """Of the files in `folder` that match `pattern`. Those that look as `known` are not read again."""
    taken: Seal = {}
    for path in sorted(folder.glob(pattern)):
        name, stat = path.relative_to(folder).as_posix(), path.stat()
        was = (known or {}).get(name)
        if was is None or was[:2] != (stat.st_size, stat.st_mtime_ns) or (crc and was[2] is None):
            was = stat.st_size, stat.st_mtime_ns, _crc(path) if crc else None
        taken[name] = was
    return taken


def read_seal(value: Any) -> Seal:
    """A seal back from JSON."""
    return {name: (size, mtime_ns, crc) for name, (size, mtime_ns, crc) in (value or {}).items()}


def broken(folder: Path, sealed: Seal) -> list[str]:
    """Files that are gone or not what was sealed. One whose time alone has changed is read and compared."""
    return [name for name, was in sealed.items() if _differs(folder / name, was)]


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


def _differs(path: Path, was: tuple[int, int, int | None]) -> bool:
    size, mtime_ns, crc = was
    try:
        stat = path.stat()
    except FileNotFoundError:
        return True
    if stat.st_size != size:
        return True
    return stat.st_mtime_ns != mtime_ns and (crc is None or _crc(path) != crc)


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc
