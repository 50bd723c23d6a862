"""shards.json: what makes a folder a sharded library, how many shards it has, and which paper is in which.

The shards are ordinary libraries in a folder of their own, whose name changes when the library is cut anew:
the manifest, replaced last, says which counts.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from rag.config import Config
from rag.errors import InputError, LibraryDamaged, LibraryError, LibraryNotFound, LibraryTooNew
from rag.files import read_json, write_json
from rag.index.locks import LOCK_FILE, VECTOR_FILES_LOCK_FILE

FORMAT = 1
SHARDS = "shards.json"
ORDINARY = "library.json"
MOST_SHARDS = 1024
_OF_ONE_FOLDER = (
    ORDINARY,
    "journal.json",
    "seal.json",
    VECTOR_FILES_LOCK_FILE,
    "chroma",
    "lexical",
    "tokens",
)


@dataclass(frozen=True, slots=True)
class ShardManifest:
    """`folder` holds the shards; `papers` says how many each had when it was last written."""

    format: int
    created: str
    folder: str
    papers: tuple[int, ...]

    @property
    def n_shards(self) -> int:
        return len(self.papers)

    def paths(self, library: Path) -> list[Path]:
        """Where the shards are, in order."""
        return [library / self.folder / f"{i:03}" for i in range(self.n_shards)]


def shard_of(paper_id: str, n_shards: int) -> int:
    """Which shard a paper is in: 64 bits of its id's BLAKE2b, modulo their number."""
    return int.from_bytes(blake2b(paper_id.encode(), digest_size=8).digest(), "big") % n_shards


def is_sharded(library: Path) -> bool:
    return (library / SHARDS).exists()


def is_wanted(library: Path, config: Config, *, create: bool) -> bool:
    """Whether the library at this path is sharded, or is to be when it is made.

    Raises InputError where it is there already, with another number of shards than `config` asks for.
    """
    if is_sharded(library):
        about = read(library)
        if create and config.shards not in (None, about.n_shards):
            raise InputError(_resharded(library, f"{about.n_shards} shards", config.shards))
        return True
    if (library / ORDINARY).exists():
        if create and config.shards is not None:
            raise InputError(_resharded(library, "no shards", config.shards))
        return False
    return create and config.shards is not None


def create(library: Path, n_shards: int, folder: str = "shards-1") -> ShardManifest:
    """Make a new, empty sharded library in a folder that is new or empty."""
    locks = (LOCK_FILE, VECTOR_FILES_LOCK_FILE)
    if library.is_dir() and any(path.name not in locks for path in library.iterdir()):
        raise LibraryError(f"{library} holds other files and no library; give a new folder with --library")
    library.mkdir(parents=True, exist_ok=True)
    return write(library, folder, (0,) * n_shards)


def write(library: Path, folder: str, papers: tuple[int, ...], created: str = "") -> ShardManifest:
    """Say which shards the library has from now on."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    about = ShardManifest(FORMAT, created or now, folder, papers)
    write_json(library / SHARDS, asdict(about))
    return about


def count(library: Path, about: ShardManifest, papers: tuple[int, ...]) -> ShardManifest:
    """Note how many papers each shard has, unless the library was cut anew meanwhile."""
    if papers != about.papers and read(library).folder == about.folder:
        about = replace(about, papers=papers)
        write_json(library / SHARDS, asdict(about))
    return about


def read(library: Path) -> ShardManifest:
    """Raises LibraryNotFound, LibraryTooNew, LibraryDamaged."""
    if not is_sharded(library):
        raise LibraryNotFound(f"no sharded library at {library}; make one: rag shard LIBRARY --into N")
    found = read_json(library / SHARDS) or {}
    if found.get("format", 0) > FORMAT:
        raise LibraryTooNew(
            f"{library} was written by a later version of this program; "
            "upgrade with: pip install --upgrade rag-abstracts"
        )
    try:
        about = ShardManifest(**{**found, "papers": tuple(map(int, found["papers"]))})
    except (TypeError, KeyError, ValueError):
        about = None
    if about is None or not about.papers or Path(about.folder).name != about.folder:
        raise LibraryDamaged(
            f"{library / SHARDS} does not read back; restore a backup: rag restore FILE --library NEW"
        )
    return about


def next_folder(library: Path) -> str:
    """A name for the shards' folder that none has yet."""
    taken = [path.name.rpartition("-")[2] for path in library.glob("shards-*")]
    return f"shards-{1 + max((int(name) for name in taken if name.isdigit()), default=0)}"


def sweep(library: Path) -> None:
    """Remove the shards, or the ordinary library, that the manifest no longer names."""
    about = read(library)
    others = [path for path in library.glob("shards-*") if path.name != about.folder]
    for path in [*others, *(library / name for name in _OF_ONE_FOLDER)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _resharded(library: Path, has: str, wanted: int | None) -> str:
    return f"{library} has {has}; to change that: rag shard {library} --into {wanted}"
