"""Connecting to Chroma, embedded or a server, and its errors in our words. What it keeps:
rag/index/passage_store.py."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from rag.errors import LibraryDamaged, LibraryReadOnly, RagError, StorageError

if TYPE_CHECKING:
    from chromadb.api.client import Client

_FULL = 1 << 20
"""Bytes free under which a disk counts as full."""
_FAULTS: tuple[tuple[str, type[RagError], str], ...] = (
    (r"readonly|read-only|permission denied|unable to open database", LibraryReadOnly,
     "cannot write to the library at {where}; change its permissions, or give a copy of it with --library"),
    (r"disk is full|no space left|disk i/o error|file too large", StorageError,
     "no room left for the library at {where}; free some and run the same command again: all done stays"),
    (r"malformed|not a database|corrupt", LibraryDamaged,
     "the library at {where} is damaged ({fault}); restore a backup: rag restore FILE --library NEW"),
    (r"could not connect|connection (attempts )?(refused|failed)|disconnected|name or service", StorageError,
     "no Chroma server answers at {where}; start it with: chroma run, or unset RAG_CHROMA_URL"),
    ("", StorageError, "Chroma failed at {where}: {fault}; run: rag doctor --library DIR"),
)  # fmt: skip
"""What Chroma's message says, what that is to us, and what to tell the user. First match counts."""


def folder_client(folder: Path) -> Client:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    # Chroma lets all clients of one path share what the first has loaded, however old that is. A path can be
    # spelled in many ways, though.
    spellings = (f"{folder}{'/.' * n}" for n in count())
    path = next(path for path in spellings if path not in SharedSystemClient._identifier_to_system)
    return cast("Client", chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False)))


def server_client(url: str) -> Client:
    import chromadb
    from chromadb.config import Settings

    address = urlsplit(url)
    secure = address.scheme == "https"
    client = chromadb.HttpClient(
        host=address.hostname or "localhost",
        port=address.port or (443 if secure else 8000),
        ssl=secure,
        settings=Settings(anonymized_telemetry=False),
    )
    return cast("Client", client)


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
    from httpx import HTTPError

    try:
        yield
    # ValueError is what a client that finds no server raises at first.
    except (ChromaError, HTTPError, ValueError, OSError) as error:
        fault = " ".join(str(error).split())
        if Path(where).is_dir() and shutil.disk_usage(where).free < _FULL:
            fault += " (disk is full)"  # which Chroma does not always say
        _, kind, message = next(row for row in _FAULTS if re.search(row[0], fault, re.IGNORECASE))
        raise kind(message.format(where=where, fault=fault)) from error
