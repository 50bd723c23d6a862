"""Files, folders, archives and standard input as a stream of documents, each with its first bytes at hand.

Owns what is opened and in which order, and keeps unpacking within bounds: nothing is ever written under a
name from an archive, what unpacks to far more than its size is cut short, archives nest three deep. A
document that cannot be opened is a Skip that says why, and the next one follows.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from rag.errors import InputError
from rag.readers.text_lines import encoding_of
from rag.records import Skip

STDIN = "-"
HEAD = 65_536
"""Bytes looked at before a document is read."""
MAX_DEPTH = 3
MAX_RATIO = 200
"""What unpacks to more than this many times its size is no export: JSON and XML pack 5 to 30 times."""
MAX_FROM_PIPE = 8 * 2**30
"""The same in bytes, where the packed size is not known."""
MAX_DIRECTORY = 16 * 2**20
"""Bytes of a zip's list of contents: some 150,000 files."""

UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, InputError)
"""What reading a damaged, oversized or vanished file raises."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text: its name in messages, its name in `Paper.sources`, its encoding, and all its bytes, of which
    `head` are the first."""

    name: str
    source: str
    encoding: str
    head: bytes
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class _Packed:
    """Something to open: names as in Document, its size in bytes where known, how deep in archives it is,
    and how many bytes it may come to."""

    name: str
    source: str
    size: int | None
    depth: int = 0
    limit: int | None = None


def documents(path: str | Path) -> Iterator[Document | Skip]:
    """The documents of a file, of a folder (by name, hidden files left out) or of "-".

    A document is closed when the next is asked for.
    """
    if str(path) == STDIN:
        yield from _opened(sys.stdin.buffer, _Packed("standard input", "stdin", None))
        return
    is_empty = True
    for file in _files(Path(path)):
        is_empty = False
        if isinstance(file, Skip):
            yield file
            continue
        try:
            size = file.stat().st_size if file.is_file() else None
            with file.open("rb") as stream:
                yield from _opened(stream, _Packed(str(file), file.name, size))
        except OSError as error:
            yield Skip(str(file), why(error))
    if is_empty:
        yield Skip(str(path), "a folder without files")


def why(error: Exception) -> str:
    """One of UNREADABLE in words, without the file's name."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"damaged ({error})"


def _files(path: Path) -> Iterator[Path | Skip]:
    if not path.is_dir():
        yield path
        return
    try:
        with os.scandir(path) as found:
            inner = sorted(
                (item.name, item.is_dir())
                for item in found
                if not item.name.startswith((".", "__MACOSX"))
                and (item.is_file() or item.is_dir(follow_symlinks=False))  # a link back up would never end
            )
    except OSError as error:
        yield Skip(str(path), why(error))
        return
    for name, is_folder in inner:
        if is_folder:
            yield from _files(path / name)
        else:
            yield path / name


def _opened(stream: BinaryIO, packed: _Packed) -> Iterator[Document | Skip]:
    """The document in a stream, or those of the archive that it is."""
    try:
        head = stream.read(HEAD)
        whole = _from_start(head, stream, packed.limit)
        if not head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06")):
            yield Document(packed.name, packed.source, encoding_of(head), head, whole)
        elif packed.depth == MAX_DEPTH:
            raise InputError(f"packed more than {MAX_DEPTH} times over")
        elif head.startswith(b"PK"):
            yield from _unzipped(whole, packed)
        else:
            limit = MAX_FROM_PIPE if packed.size is None else max(HEAD, packed.size * MAX_RATIO)
            with gzip.GzipFile(fileobj=whole) as inner:
                content = _Packed(packed.name, packed.source, packed.size, packed.depth + 1, limit)
                yield from _opened(cast(BinaryIO, inner), content)
    except UNREADABLE as error:
        yield Skip(packed.name, why(error))


def _unzipped(stream: BinaryIO, packed: _Packed) -> Iterator[Document | Skip]:
    """A zip is read where it lies if it is a file of its own, else from a copy: its contents are listed at
    its end."""
    with TemporaryFile() as copy:
        if not stream.seekable():
            shutil.copyfileobj(stream, copy)
            stream = cast(BinaryIO, copy)
        _refuse_swollen(stream)
        with zipfile.ZipFile(stream) as archive:
            if "[Content_Types].xml" in archive.NameToInfo:
                raise InputError("an Office document; save it as CSV or plain text")
            for member in archive.infolist():
                name = Path(member.filename).name
                if not (member.is_dir() or name.startswith(".") or member.filename.startswith("__MACOSX")):
                    yield from _member(archive, member, packed)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, packed: _Packed) -> Iterator[Document | Skip]:
    name = f"{packed.name}/{member.filename}"
    limit = max(HEAD, member.compress_size * MAX_RATIO)
    source = f"{packed.source}/{Path(member.filename).name}"
    try:
        with archive.open(member) as stream:
            content = _Packed(name, source, member.compress_size, packed.depth + 1, limit)
            yield from _opened(cast(BinaryIO, stream), content)
    except RuntimeError:  # zipfile's word for a missing password
        yield Skip(name, "locked with a password; unpack it first")
    except UNREADABLE as error:
        yield Skip(name, why(error))


def _refuse_swollen(stream: BinaryIO) -> None:
    """Raise InputError if a zip's list of contents would not fit in memory; ZipFile loads it whole."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - HEAD - 22))
    tail = stream.read()
    found = tail.rfind(b"PK\x05\x06")
    if found >= 0 and len(tail) >= found + 16:
        size = struct.unpack("<L", tail[found + 12 : found + 16])[0]
        if size > MAX_DIRECTORY:
            raise InputError("a zip of too many files; unpack it and give its folder")
    stream.seek(0)


def _from_start(head: bytes, stream: BinaryIO, limit: int | None) -> BinaryIO:
    """The stream as if its head had not been read yet, within its limit."""
    if limit is None and stream.seekable():
        stream.seek(0)
        return stream
    return io.BufferedReader(_Unread(head, stream, limit), HEAD)


class _Unread(io.RawIOBase):
    """A head and what follows it, up to a limit in bytes."""

    def __init__(self, head: bytes, rest: BinaryIO, limit: int | None) -> None:
        self._head = head
        self._rest = rest
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise InputError(f"cut short: it unpacks to more than {MAX_RATIO} times its size")
        buffer[: len(chunk)] = chunk
        return len(chunk)
