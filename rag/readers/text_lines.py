"""Bytes into numbered lines of text. Owns encodings, line ends, and telling text from what is none."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from rag.errors import InputError

MAX_LINE = 16_000_000
"""Characters of a line that are kept; no record needs more, and memory stays bounded."""

_MARKS = {  # the longer first: UTF-32's begins as UTF-16's does
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NOT_TEXT = {
    b"%PDF": "a PDF, not text; export its record as BibTeX or RIS from where it came from",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\xd0\xcf\x11\xe0": "an Office document; save it as CSV or plain text",
    b"SQLite format 3": "a database; export its records as JSON or CSV",
    b"BZh": "packed with bzip2; unpack it first",
    b"\xfd7zXZ": "packed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it first",
    b"7z\xbc\xaf": "packed with 7-Zip; unpack it first",
    b"Rar!": "packed with RAR; unpack it first",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet table; save it as CSV or JSON lines",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LATIN = re.compile("(?<![\udc80-\udcff])[\udc91-\udc97\udca0-\udcff](?![\udc80-\udcff])(?=.)")
"""A byte on its own, amid text, that is a letter, quote or dash in Windows' Western encoding."""


def encoding_of(head: bytes) -> str:
    """The encoding of a file that begins so. Raises InputError, saying what it is, where it is not text."""
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            _require_decodable(head, encoding)
            return encoding
    for magic, what in _NOT_TEXT.items():
        if head.startswith(magic):
            raise InputError(what)
    if not head.strip():
        raise InputError("empty")
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) > 0.4 * len(head) / 2 > 1 and head.count(0) < 1.1 * zeros.count(0):
            return encoding
    if len(_CONTROL.findall(head)) > 0.05 * len(head):
        raise InputError("not text")
    return "utf-8"


def _require_decodable(head: bytes, encoding: str) -> None:
    try:
        if encoding != "utf-8-sig":  # whose bad bytes cost a record, not the file
            codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError as error:
        raise InputError(
            f"not text: it begins as {encoding.upper()} does, but byte {error.start:,} is not"
        ) from error


@contextmanager
def text_of(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The stream as text, all line ends as "\\n", undecodable bytes as lone surrogates
    (see `decode_stray_bytes`)."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=None)
    try:
        yield text
    finally:
        if not stream.closed:  # it is closed by who opened it
            text.detach()


def numbered_lines(stream: BinaryIO, encoding: str) -> Iterator[tuple[int, str]]:
    """Lines from 1, without their ends; of one beyond MAX_LINE, its beginning."""
    number = 0
    with text_of(stream, encoding) as text:
        while line := text.readline(MAX_LINE):
            number += 1
            rest = line
            while len(rest) == MAX_LINE and not rest.endswith("\n"):
                rest = text.readline(MAX_LINE)
            yield number, decode_stray_bytes(line.rstrip("\n"))


def decode_stray_bytes(text: str) -> str:
    """Text in which single stray bytes, as of a file made of two encodings, are read as Windows-1252.

    Other undecodable bytes stay lone surrogates; a record that holds one in its title or abstract is refused.
    """
    try:
        text.encode()  # fifty times as fast as looking for what the pattern means
    except UnicodeEncodeError:
        return _LATIN.sub(lambda stray: bytes([ord(stray[0]) - 0xDC00]).decode("cp1252"), text)
    return text
