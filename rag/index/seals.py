"""Seals on folders: they notice that files a native library is about to map are not the ones it wrote."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

Seal = dict[str, tuple[int, int, int | None]]
"""File name to (size, modification time in ns, CRC-32 or None where it was not computed)."""


_CHUNK = 1 << 20


def seal(folder: Path, pattern: str, *, crc: bool = True, known: Seal | None = None) -> Seal:
    """Of the files in `folder` that match `pattern`. Those that look as `known` are not read again."""
    sealed: Seal = {}
    for path in sorted(folder.glob(pattern)):
        name, stat = path.relative_to(folder).as_posix(), path.stat()
        was = (known or {}).get(name)
        if was is None or was[:2] != (stat.st_size, stat.st_mtime_ns) or (crc and was[2] is None):
            was = stat.st_size, stat.st_mtime_ns, _crc(path) if crc else None
        sealed[name] = was
    return sealed


def read_seal(value: Any) -> Seal:
    """A seal back from JSON."""
    return {name: (size, mtime_ns, crc) for name, (size, mtime_ns, crc) in (value or {}).items()}


def broken(folder: Path, sealed: Seal) -> list[str]:
    """Files that are gone or not what was sealed. One whose time alone has changed is read and compared."""
    return [name for name, was in sealed.items() if _differs(folder / name, was)]


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
