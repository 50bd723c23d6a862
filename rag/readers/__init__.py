"""Papers from files, folders, archives and standard input, one by one, in constant memory.

    documents ── recognise ──▶ a format's reader ── Entry ──▶ Paper, or Skip with file, place and reason

One file per format; each has `read(document) -> Iterator[Entry | Fault]`. What can be read is read: a bad
record costs itself, a bad file itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from rag.errors import InputError
from rag.readers.documents import UNREADABLE, Document, documents, why
from rag.readers.raw_record import RawRecord, UnreadableRecord, to_paper
from rag.readers.recognise import FORMATS, recognise
from rag.records import Paper, Skip

__all__ = ["FORMATS", "read_papers", "read_paths"]


def read_papers(
    path: str | Path, *, format: str | None = None, keep_title_only: bool = False
) -> Iterator[Paper | Skip]:
    """The papers of one file, folder or archive, or of standard input ("-"); see `read_paths`."""
    return read_paths([path], format=format, keep_title_only=keep_title_only)


def read_paths(
    paths: Iterable[str | Path], *, format: str | None = None, keep_title_only: bool = False
) -> Iterator[Paper | Skip]:
    """The papers of each path in order, and a Skip for each record or file that gives none.

    `format` is one of FORMATS; without it each document is recognised by its content. A record without an
    abstract is skipped, or taken with an empty one if `keep_title_only`. Papers repeat where the files do.
    Raises InputError if no document at all could be opened, or the format is unknown.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"unknown format {format!r}; it is one of {', '.join(FORMATS)}")
    unopened: list[Skip] = []
    found_any = False
    for document in (found for path in paths for found in documents(path)):
        if isinstance(document, Document):
            found_any = True
            yield from unopened
            unopened.clear()
            yield from _read(document, format or recognise(document), keep_title_only)
        elif found_any:
            yield document
        else:
            unopened.append(document)
    if unopened:
        more = f", and {len(unopened) - 1:,} more like it" if len(unopened) > 1 else ""
        raise InputError(f"{unopened[0].where}: {unopened[0].reason}{more}; nothing was read")


def _read(document: Document, format: str, keep_title_only: bool) -> Iterator[Paper | Skip]:
    is_empty = True
    try:
        for found in _entries(document, format):
            is_empty = False
            yield to_paper(found, document.name, document.source, keep_title_only=keep_title_only)
    except UNREADABLE as error:
        yield Skip(document.name, f"not read to its end: {why(error)}")
        return
    if is_empty:
        yield Skip(
            document.name, f"no paper in it, read as {format}; another format can be given with --format"
        )


def _entries(document: Document, format: str) -> Iterator[RawRecord | UnreadableRecord]:
    """The reader of a format, imported when it is first needed."""
    entries: Iterator[RawRecord | UnreadableRecord] = import_module(f"rag.readers.{format}").read(document)
    return entries
