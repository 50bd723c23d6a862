"""chroma.json: which library on a Chroma server a folder is a copy of.

On the server a library is a collection `rag-ID`, and beside it `rag-ID.tokens` (server_blocks.py) and, while
somebody writes, `rag-ID.writer` (server_lease.py). A sharded one is an empty `rag-ID` that says how many
shards there are, and `rag-ID-1-000` and so on. Before there were ids a collection was named for the folder;
such a one is renamed when it is met.
"""

from __future__ import annotations

import re
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError, InputError, LibraryDamaged, LibraryNotFound, LibraryTooNew
from rag.files import read_json, write_json
from rag.index.chroma_client import ChromaConnection
from rag.index.passage_store import CONFIGURATION

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

FILE = "chroma.json"
FORM = 1
"""Of what is on the server. A later one is refused."""
_PREFIX = "rag-"
_NAMED = re.compile(_PREFIX + "[0-9a-f]{12}")
_PAGE = 100
_NAME_LENGTH = 60
"""Characters of a folder's name that are kept: Chroma's cloud takes 256 bytes."""


@dataclass(frozen=True, slots=True)
class ServerCopy:
    """`library`: the id; `copy`: one for this folder; `url`: where the server was when it was last met."""

    library: str
    copy: str
    url: str

    @property
    def collection(self) -> str:
        return _PREFIX + self.library

    def place(self, folder: Path) -> str:
        """What no other copy is called, wherever this one was copied from."""
        return f"{socket.gethostname()} {folder.resolve()} {self.copy}"


@dataclass(frozen=True, slots=True)
class ServedLibrary:
    """A library on a server. `n_shards` is 0 for one without; `encoder` None before the first paper."""

    id: str
    name: str
    created: str
    encoder: str | None
    shard_folder: str
    n_shards: int
    n_passages: int


def of(folder: Path) -> ServerCopy | None:
    """What the folder says. Raises LibraryDamaged where that cannot be read."""
    if not (folder / FILE).exists():
        return None
    try:
        return ServerCopy(**(read_json(folder / FILE) or {}))
    except TypeError:
        raise LibraryDamaged(
            f"{folder / FILE} does not read back; attach a new folder: rag attach ID --library NEW"
        ) from None


def refuse_without_server(folder: Path) -> None:
    """Raises ConfigError where the folder's papers are on a server and none is configured."""
    if copy := of(folder):
        raise ConfigError(
            f"the papers of {folder} are on the Chroma server at {copy.url}; set RAG_CHROMA_URL={copy.url}"
        )


def write(folder: Path, library: str, url: str) -> ServerCopy:
    copy = ServerCopy(library, token_hex(6), url)
    write_json(folder / FILE, asdict(copy))
    return copy


def new_id() -> str:
    return token_hex(6)


def ensure(folder: Path, connection: ChromaConnection, library: str | None = None) -> ServerCopy:
    """What library the folder, which holds a manifest, is a copy of: the one it says, the one of its
    name from before there were ids, or a new one, called `library` if that is given.

    Raises InputError where the folder holds the papers itself, LibraryNotFound, LibraryTooNew, StorageError.
    """
    url = connection.where
    if copy := of(folder):
        found = _find(connection, copy.collection)
        if found is None:
            raise LibraryNotFound(
                f"the Chroma server at {url} has no library {copy.library}, of which {folder} is a copy; "
                f"{_what_there_is(connection)}"
            )
        check_form(found.metadata, url)
        return copy
    # One that was never opened is new, whatever others of its name there are.
    was_opened = (folder / "lexical").exists()
    if was_opened and (found := _of_folder(connection, folder)):
        return write(folder, _claimed(connection, found, folder, library), url)
    if (folder / "chroma").exists():
        raise InputError(
            f"the papers of {folder} are in it, not on a Chroma server; unset RAG_CHROMA_URL, or make a "
            "new library on the server: rag ingest PATH... --library NEW"
        )
    id = library or new_id()
    make(connection, id, folder)
    return write(folder, id, url)


def make(connection: ChromaConnection, id: str, folder: Path, **notes: str | int) -> None:
    """An empty library on the server; one that is there stays as it is."""
    metadata: Any = {
        "stamp": 0,
        "form": FORM,
        "name": folder.resolve().name[:_NAME_LENGTH] or "library",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "has_blocks": 1,
        **notes,
    }
    if _find(connection, _PREFIX + id) is None:
        connection.call(
            lambda client: client.get_or_create_collection(
                _PREFIX + id, embedding_function=None, configuration=CONFIGURATION, metadata=metadata
            )
        )


def libraries(connection: ChromaConnection) -> list[ServedLibrary]:
    """All libraries on the server, by name; shards are not counted as such."""
    names = _names(connection)
    found = (
        _served(connection, name, [each for each in names if each.startswith(f"{name}-")])
        for name in names
        if _NAMED.fullmatch(name)
    )
    return sorted(filter(None, found), key=lambda each: (each.name, each.created, each.id))


def choose(connection: ChromaConnection, wanted: str) -> ServedLibrary:
    """The library of this id, or of this name where only one has it. Raises InputError."""
    there = libraries(connection)
    found = [each for each in there if each.id == wanted] or [each for each in there if each.name == wanted]
    if len(found) == 1:
        return found[0]
    problem = "several libraries" if found else "no library"
    raise InputError(
        f"the Chroma server at {connection.where} has {problem} {wanted!r}; {_listing(found or there)}"
    )


def check_form(notes: Any, url: str) -> None:
    """Raises LibraryTooNew."""
    if int((notes or {}).get("form", FORM)) > FORM:
        raise LibraryTooNew(
            f"the library on {url} was written by a later version of this program; "
            "upgrade with: pip install --upgrade rag-abstracts"
        )


def _what_there_is(connection: ChromaConnection) -> str:
    return _listing(libraries(connection))


def _listing(there: list[ServedLibrary]) -> str:
    if not there:
        return "it has none; make one: rag ingest PATH... --library DIR"
    some = ", ".join(f"{each.id} ({each.name}, {each.n_passages:,} passages)" for each in there[:5])
    more = f" and {len(there) - 5:,} more" if len(there) > 5 else ""
    return f"it has {some}{more}; attach one by its id: rag attach ID --library NEW"


def _served(connection: ChromaConnection, name: str, others: list[str]) -> ServedLibrary | None:
    found = _find(connection, name)
    if found is None:  # removed meanwhile
        return None
    notes: dict[str, Any] = dict(found.metadata or {})
    folder, n_shards = str(notes.get("shard_folder", "")), int(notes.get("shards", 0))
    shards = [name] if not n_shards else [shard_name(name, folder, i) for i in range(n_shards)]
    collections = [each for shard in shards if shard == name or shard in others
                   if (each := _find(connection, shard))]  # fmt: skip
    encoders = [each.metadata.get("encoder") for each in collections if each.metadata]
    return ServedLibrary(
        name.removeprefix(_PREFIX),
        str(notes.get("name", "")),
        str(notes.get("created", "")),
        next((str(each) for each in encoders if each), None),
        folder,
        n_shards,
        sum(map(partial(_count, connection), collections)),
    )


def _count(connection: ChromaConnection, collection: Collection) -> int:
    return connection.call(lambda _: collection.count())


def shard_name(library: str, shard_folder: str, shard: int) -> str:
    """The id, or the collection's name, of a shard of the library with that id, or name."""
    return f"{library}-{shard_folder.rpartition('-')[2]}-{shard:03}"


def _names(connection: ChromaConnection) -> list[str]:
    names: list[str] = []
    while page := connection.call(partial(_page_of_names, start=len(names))):
        names += page
    return names


def _page_of_names(client: Client, start: int) -> list[str]:
    return [each.name for each in client.list_collections(limit=_PAGE, offset=start)]


def _find(connection: ChromaConnection, name: str) -> Collection | None:
    try:
        return connection.call(lambda client: client.get_collection(name, embedding_function=None))
    except LibraryNotFound:
        return None


def old_name(folder: Path) -> str:
    """What the collection of a folder's library was called before there were ids."""
    return _PREFIX + (re.sub(r"[^a-zA-Z0-9]+", "-", folder.resolve().name).strip("-") or "library")


def _of_folder(connection: ChromaConnection, folder: Path) -> Collection | None:
    """The collection named for the folder, as they were before there were ids, renamed since or not."""
    old = old_name(folder)
    if found := _find(connection, old):
        return found
    renamed = (_find(connection, name) for name in _names(connection) if _NAMED.match(name))
    return next((each for each in renamed if each and (each.metadata or {}).get("was") == old), None)


def _claimed(connection: ChromaConnection, found: Collection, folder: Path, library: str | None) -> str:
    """The id, `library` if given, of a collection that was named for its folder. It is renamed, which loses
    nothing."""
    if found.name == old_name(folder):
        notes: Any = {
            **(found.metadata or {}),
            "form": FORM,
            "was": found.name,
            "name": folder.resolve().name[:_NAME_LENGTH],
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        connection.call(lambda _: found.modify(name=_PREFIX + (library or new_id()), metadata=notes))
        # Another copy may have renamed it at the same moment: the last name counts.
        found = _of_folder(connection, folder) or found
    return found.name.removeprefix(_PREFIX)
