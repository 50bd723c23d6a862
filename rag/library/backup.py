"""A library as one file, and back: an ordinary tar whose last member lists the SHA-256 of all others.

Owns the file's form. Nothing is restored before every byte has been checked, and nothing is ever written
over. A library whose papers are on a Chroma server is backed up there.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rag.config import Config
from rag.errors import InputError, LibraryDamaged
from rag.files import disk_faults
from rag.index.locks import LOCK_FILE, VECTOR_FILES_LOCK_FILE
from rag.library import manifest
from rag.library.library import Library
from rag.library.shards import shard_manifest

SUMS = "SHA256SUMS.json"
_CHUNK = 1 << 20


def backup(folder: Path, file: Path, config: Config) -> int:
    """Write the library in `folder` to `file`, which must not exist yet. Returns its size in bytes.

    Readers go on meanwhile. Raises InputError, LibraryLocked, StorageError, and what `Library.open` does.
    """
    if config.chroma_url:
        raise InputError(
            f"the papers of {folder} are on the Chroma server at {config.chroma_url}; back that up"
        )
    if file.exists():
        raise InputError(f"{file} is there already; give the name of a new file")
    if file.resolve().is_relative_to(folder.resolve()):  # it would take itself in, and not read back
        raise InputError(f"{file} is in the library itself; give a file outside {folder}")
    draft = file.with_name(f"{file.name}.part")
    with Library.open(folder, config) as library, disk_faults(file), _gone_on_error(draft), library.at_rest():
        sums: dict[str, str] = {}
        with tarfile.open(draft, "w") as tar:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                name = path.relative_to(folder).as_posix()
                if path.name not in (LOCK_FILE, VECTOR_FILES_LOCK_FILE):
                    tar.add(path, name)
                    with path.open("rb") as content:
                        sums[name] = _copy(content, None)
            _add(tar, SUMS, json.dumps(sums, indent=0).encode())
        draft.rename(file)
    return file.stat().st_size


def restore(file: Path, folder: Path) -> None:
    """Make the library in `file` again in `folder`, which must not exist yet, or be empty.

    Raises InputError, LibraryDamaged where the file is not whole, LibraryTooNew, StorageError.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(
            f"{folder} is there already; restore to a new folder: rag restore FILE --library NEW"
        )
    if not file.is_file():
        raise InputError(f"there is no file {file}; give one that `rag backup` wrote")
    draft = folder.with_name(f".{folder.name}-{os.getpid()}")
    with disk_faults(folder), _gone_on_error(draft):
        draft.mkdir(parents=True)
        try:
            _extract(file, draft)
        except (tarfile.TarError, EOFError, ValueError) as error:
            raise LibraryDamaged(f"{file} is no whole backup ({error}); give another") from error
        if shard_manifest.is_sharded(draft):
            shard_manifest.read(draft)
        else:
            manifest.read(draft)
        draft.replace(folder)


def _extract(file: Path, folder: Path) -> None:
    """Unpack into `folder`. Raises ValueError where a member is not what was packed."""
    found: dict[str, str] = {}
    with tarfile.open(file, "r:") as tar:
        for member in tar:
            source = tar.extractfile(member) if member.isreg() else None
            target = folder / member.name
            if source is None or not target.resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"{member.name!r} is no file of a library")
            if member.name == SUMS:
                if json.load(source) != found:
                    raise ValueError("its checksums do not match")
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as copy:
                found[member.name] = _copy(source, copy)
    raise ValueError("its end is missing")


def _copy(source: IO[bytes], target: IO[bytes] | None) -> str:
    """The SHA-256 of what `source` gives, copied on the way."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        if target:
            target.write(chunk)
    return digest.hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


@contextmanager
def _gone_on_error(draft: Path) -> Iterator[None]:
    """Leave nothing half made behind."""
    try:
        yield
    except BaseException:
        if draft.is_dir():
            shutil.rmtree(draft)
        else:
            draft.unlink(missing_ok=True)
        raise
