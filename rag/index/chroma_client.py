"""Connecting to Chroma, embedded or a server, and its errors in our words. What it keeps:
rag/index/passage_store.py. How a server is spoken to: rag/index/chroma_server.py."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from rag.errors import (
    ConfigError,
    LibraryDamaged,
    LibraryNotFound,
    LibraryReadOnly,
    RagError,
    ServerUnreachable,
    StorageError,
)

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

T = TypeVar("T")
_FULL = 1 << 20
"""Bytes free under which a disk counts as full."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
"""Between two looks for a server that went away; the pause doubles. Chosen by hand."""
_CLOUD_HOSTS = "trychroma.com"
_CLOUD_RECORDS = 300
"""Records that Chroma's cloud takes, and gives, in one request (its quotas, November 2026)."""
_NO_SERVER = "no Chroma server answers at {where}; start it with: chroma run, or unset RAG_CHROMA_URL"
_FAULTS: tuple[tuple[str, type[RagError], str], ...] = (
    (r"readonly|read-only|permission denied|unable to open database", LibraryReadOnly,
     "cannot write to the library at {where}; change its permissions, or give a copy of it with --library"),
    (r"disk is full|no space left|disk i/o error|file too large", StorageError,
     "no room left for the library at {where}; free some and run the same command again: all done stays"),
    (r"malformed|not a database|corrupt", LibraryDamaged,
     "the library at {where} is damaged ({fault}); restore a backup: rag restore FILE --library NEW"),
    (r"certificate.verify.failed|no_certificate", ConfigError,
     "the certificate of {where} is not trusted ({fault}); set RAG_CHROMA_CA to its authority's PEM file"),
    (r"\bstatus 40[13]\b", ConfigError,
     "the Chroma server at {where} does not take the key (or there is none); set RAG_CHROMA_KEY, and "
     "RAG_CHROMA_HEADER where it is not sent as x-chroma-token"),
    (r"collection \[.*\] does not exist", LibraryNotFound,
     "the library is gone from the Chroma server at {where} ({fault}); restore the server's backup, or "
     "make a new one: rag ingest PATH... --library NEW"),
    (r"could not connect|connection (attempts )?(refused|failed)|disconnected|name or service|"
     r"\bstatus (429|502|503|504)\b", ServerUnreachable, _NO_SERVER),
    ("", StorageError, "Chroma failed at {where}: {fault}; run: rag doctor --library DIR"),
)  # fmt: skip
"""What Chroma's message says, what that is to us, and what to tell the user. First match counts."""


class ChromaConnection:
    """A client of Chroma's, embedded or a server's. Safe to share between threads.

    Whatever is asked of a server may be asked twice: writing the same again changes nothing. So where a
    server goes away it is waited for, `retry_s` at most since it was first missed.
    """

    def __init__(
        self, connect: Callable[[], Client], where: str, *, retry_s: float = 0.0, is_server: bool = False
    ) -> None:
        self.where = where
        self._connect, self._retry_s = connect, retry_s
        # Of an embedded client threads take turns; requests to a server may run side by side.
        self.turn: AbstractContextManager[Any] = nullcontext() if is_server else RLock()
        self._missed_since: float | None = None
        with self.turn, faults(where):
            self.client = connect()

    def call(self, ask: Callable[[Client], T]) -> T:
        """What `ask` gives. Raises ServerUnreachable, and what `faults` makes of other errors."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                with self.turn, faults(self.where):
                    value = ask(self.client)
            except ServerUnreachable:
                now = time.monotonic()
                self._missed_since = self._missed_since or now
                if now + pause > self._missed_since + self._retry_s:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            else:
                self._missed_since = None
                return value

    def reopen(self) -> None:
        with self.turn:
            self.close()
            with faults(self.where):
                self.client = self._connect()

    def close(self) -> None:
        """Let go of the files, or the connections."""
        with self.turn:
            close(self.client)


class ChromaCollection:
    """One collection, by its name. Each of its calls may be made again."""

    def __init__(self, connection: ChromaConnection, name: str, configuration: Any) -> None:
        self.name = name
        self._connection, self._configuration = connection, configuration
        self._most_read = records_per_request(connection.where)
        self.reopen()
        most = connection.call(lambda client: client.get_max_batch_size())
        self.most_written = min(most, self._most_read or most)

    def reopen(self) -> None:
        """Find the collection, or make it."""
        self._found = self._connection.call(
            lambda client: client.get_or_create_collection(
                self.name, embedding_function=None, configuration=self._configuration
            )
        )

    def ask(self, work: Callable[[Collection], T]) -> T:
        """What `work` gives, done to the collection. Raises LibraryNotFound where it is gone."""
        from chromadb.errors import NotFoundError

        def ask(client: Client) -> T:
            try:
                return work(self._found)
            except NotFoundError:  # perhaps restored from a backup, under its name
                self._found = client.get_collection(self.name, embedding_function=None)
                return work(self._found)

        return self._connection.call(ask)

    @property
    def notes(self) -> dict[str, Any]:
        """The collection's metadata."""
        found = self._connection.call(
            lambda client: client.get_collection(self.name, embedding_function=None)
        )
        return dict(found.metadata or {})

    def note(self, **notes: str | int) -> None:
        """Add to `notes`."""
        both: Any = self.notes | notes
        self.ask(lambda collection: collection.modify(metadata=both))

    def upsert(self, **columns: Any) -> None:
        """Write `most_written` records at most, in one transaction."""
        self.ask(lambda collection: collection.upsert(**columns))

    def delete(self, ids: Sequence[str]) -> None:
        for part in parts(ids, self.most_written):
            self.ask(lambda collection, part=list(part): collection.delete(ids=part))  # type: ignore[misc]

    def get(self, include: list[Any], **selection: Any) -> list[tuple[str, str | None, dict[str, Any]]]:
        """Id, document and metadata of the records of a selection, as Chroma's `get` has it."""
        if (most := self._most_read) is None:
            return self._get(include, selection)
        if ids := selection.get("ids"):
            return [row for part in parts(ids, most) for row in self._get(include, {"ids": list(part)})]
        rows: list[tuple[str, str | None, dict[str, Any]]] = []
        start, wanted = selection.pop("offset", 0), selection.pop("limit", None)
        while wanted is None or len(rows) < wanted:
            limit = most if wanted is None else min(most, wanted - len(rows))
            found = self._get(include, {**selection, "offset": start + len(rows), "limit": limit})
            rows += found
            if len(found) < limit:
                break
        return rows

    def distances(self, vectors: NDArray[np.float32], n: int) -> list[list[float]]:
        """To the `n` records nearest to each of float32[k, dimensions]."""
        found = self.ask(
            lambda collection: collection.query(query_embeddings=vectors, n_results=n, include=["distances"])
        )
        return cast("list[list[float]]", found["distances"])

    def _get(
        self, include: list[Any], selection: dict[str, Any]
    ) -> list[tuple[str, str | None, dict[str, Any]]]:
        found = self.ask(lambda collection: collection.get(include=include, **selection))
        ids = found["ids"]
        documents: Sequence[str | None] = found["documents"] or [None] * len(ids)
        metadatas: Sequence[Any] = found["metadatas"] or [None] * len(ids)
        columns = zip(ids, documents, metadatas, strict=True)
        return [(id, text, dict(metadata or {})) for id, text, metadata in columns]


def records_per_request(where: str) -> int | None:
    """How many records one request may read or write, where that is bounded."""
    is_cloud = (urlsplit(where).hostname or "").endswith(_CLOUD_HOSTS)
    return _CLOUD_RECORDS if is_cloud else None


def parts(items: Any, size: int) -> Iterator[Any]:
    """`size` at a time of a sequence or an array."""
    return (items[i : i + size] for i in range(0, len(items), size))


def folder_client(folder: Path) -> Client:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    # Chroma lets all clients of one path share what the first has loaded, however old that is. A path can be
    # spelled in many ways, though.
    spellings = (f"{folder}{'/.' * n}" for n in count())
    path = next(path for path in spellings if path not in SharedSystemClient._identifier_to_system)
    return cast("Client", chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False)))


def close(client: Client) -> None:
    """Let go of the files, or the connections."""
    client.close()
    clients: list[Any] = [client, client._admin_client]
    for each in clients:
        if session := getattr(each._server, "_session", None):
            session.close()  # which Chroma 1.5 leaves open


@contextmanager
def faults(where: str) -> Iterator[None]:
    """Turn Chroma's errors into ours."""
    from chromadb.errors import ChromaError
    from httpx import HTTPError, TimeoutException, TransportError

    try:
        yield
    except TimeoutException as error:
        raise StorageError(
            f"the Chroma server at {where} took too long; run the same command again (all written stays), "
            "or allow it more seconds: RAG_CHROMA_TIMEOUT_S"
        ) from error
    # ValueError is what a client that finds no server raises at first.
    except (ChromaError, HTTPError, ValueError, OSError) as error:
        fault = " ".join(str(error).split())
        if Path(where).is_dir() and shutil.disk_usage(where).free < _FULL:
            fault += " (disk is full)"  # which Chroma does not always say
        _, kind, message = next(row for row in _FAULTS if re.search(row[0], fault, re.IGNORECASE))
        if kind is StorageError and isinstance(error, TransportError):
            kind, message = ServerUnreachable, _NO_SERVER
        raise kind(message.format(where=where, fault=fault)) from error
