"""library.json: what makes a folder a library, and which program can read it.

A later form of the folder raises FORMAT and adds to MIGRATIONS how the one before becomes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import LibraryDamaged, LibraryError, LibraryNotFound, LibraryTooNew
from rag.files import read_json, write_json
from rag.index.locks import LOCK_FILE, VECTOR_FILES_LOCK_FILE

FORMAT = 1
MANIFEST = "library.json"

Migrations = Mapping[int, Callable[[Path], None]]
MIGRATIONS: Migrations = {}
"""Format n to what turns a folder of format n into one of n + 1. Each may be run again after a crash."""


@dataclass(frozen=True, slots=True)
class LibraryManifest:
    """`encoder` is the fingerprint of what encoded the library, None before the first paper."""

    format: int
    encoder: str | None
    created: str


def exists(folder: Path) -> bool:
    """Whether there is a library in the folder, of whatever format and condition."""
    return (folder / MANIFEST).exists()


def create(folder: Path) -> LibraryManifest:
    """Make a new, empty library in a folder that is new or empty, or leave the one that is there."""
    if exists(folder):
        return read(folder)
    if folder.is_dir() and any(
        path.name not in (LOCK_FILE, VECTOR_FILES_LOCK_FILE) for path in folder.iterdir()
    ):
        raise LibraryError(f"{folder} holds other files and no library; give a new folder with --library")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = LibraryManifest(FORMAT, None, datetime.now(UTC).isoformat(timespec="seconds"))
    write_json(folder / MANIFEST, asdict(manifest))
    return manifest


def read(folder: Path, newest: int = FORMAT) -> LibraryManifest:
    """Raises LibraryNotFound, LibraryTooNew (of a format after `newest`), LibraryDamaged."""
    if not exists(folder):
        raise LibraryNotFound(f"no library at {folder}; make one with: rag ingest PATH... --library {folder}")
    try:
        manifest = LibraryManifest(**(read_json(folder / MANIFEST) or {}))
        too_new = manifest.format > newest
    except TypeError:
        raise LibraryDamaged(
            f"{folder / MANIFEST} does not read back; restore a backup: rag restore FILE --library NEW"
        ) from None
    if too_new:
        raise LibraryTooNew(
            f"{folder} was written by a later version of this program (its format is {manifest.format}, "
            f"this version reads up to {newest}); upgrade with: pip install --upgrade rag-abstracts"
        )
    return manifest


def set_encoder(folder: Path, fingerprint: str) -> LibraryManifest:
    """Say what encodes the library from now on."""
    manifest = replace(read(folder), encoder=fingerprint)
    write_json(folder / MANIFEST, asdict(manifest))
    return manifest


def migrate(folder: Path, migrations: Migrations = MIGRATIONS, to: int = FORMAT) -> LibraryManifest:
    """Bring an older folder to the format `to`, one step at a time; each step counts once it is done.

    The caller holds the library's lock.
    """
    manifest = read(folder, to)
    while manifest.format < to:
        migrations[manifest.format](folder)
        manifest = replace(manifest, format=manifest.format + 1)
        write_json(folder / MANIFEST, asdict(manifest))
    return manifest
