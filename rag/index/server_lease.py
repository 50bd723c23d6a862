"""One writer per library, also where several machines share it on a Chroma server.

Who writes holds a lease: a collection `NAME.writer`, which cannot be made where there is one. It is renewed
while it is held; one that was not for a while was left by a process that died, and is taken over. Ages are
told by the machines' own clocks, which must agree to half a minute. A folder's lock file is held before its
lease is taken, so that a lease of the same folder was left behind, too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from rag.errors import LibraryLocked, LibraryNotFound, StorageError
from rag.index.chroma_client import ChromaConnection
from rag.index.locks import Holder

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_SUFFIX = ".writer"
_RENEWED_S, _EXPIRED_S = 15.0, 90.0
"""How often a lease is renewed, and after how long without it counts as left behind. Chosen by hand."""
_TRIES = 5
"""How often a lease is gone for that others go for, too."""


class Lease:
    """A lease that is held."""

    def __init__(self, connection: ChromaConnection, collection: Collection, notes: dict[str, Any]) -> None:
        self._connection, self._collection, self._notes = connection, collection, notes
        self._is_lost = False

    def check(self) -> None:
        """Raises LibraryLocked where another took the lease over, as after a long sleep of this process."""
        if time.time() - float(self._notes["renewed"]) > _EXPIRED_S / 2:
            self.renew()
        if self._is_lost:
            raise LibraryLocked(
                f"this process was not heard of for {_EXPIRED_S:.0f} s, and another writes to its library on "
                f"{self._connection.where} now; run the same command again later: all written stays"
            )

    def renew(self) -> None:
        notes = self._notes | {"renewed": time.time()}
        try:
            self._connection.call(lambda _: self._collection.modify(metadata=notes))
        except LibraryNotFound:
            self._is_lost = True
        else:
            self._notes = notes

    def give_back(self) -> None:
        if not self._is_lost:
            _discard(self._connection, self._collection)


@contextmanager
def leased(connection: ChromaConnection, library: str, folder: str) -> Iterator[Lease]:
    """Be the only writer of the library whose collection is `library`, from the folder named.

    Raises LibraryLocked where another machine writes, StorageError.
    """
    lease = _take(connection, library + _SUFFIX, folder)
    ended = Event()
    thread = Thread(target=_keep, args=(lease, ended), name="rag-lease", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        ended.set()
        thread.join()
        lease.give_back()


def is_leased(connection: ChromaConnection, library: str, folder: str) -> bool:
    """Whether another folder's process is writing to the library."""
    try:
        found = connection.call(lambda client: _find(client, library + _SUFFIX))
    except LibraryNotFound:
        return False
    return _is_alive(found.metadata or {}, folder)


def _take(connection: ChromaConnection, name: str, folder: str) -> Lease:
    notes: dict[str, Any] = {"token": token_hex(8), "folder": folder, "holder": str(Holder.this_process())}
    for _ in range(_TRIES):
        notes["renewed"] = time.time()
        try:
            found = connection.call(lambda client: _made_or_found(client, name, notes))
        except LibraryNotFound:  # it was given back between being met and being looked at
            continue
        existing = found.metadata or {}
        if existing.get("token") == notes["token"]:
            return Lease(connection, found, notes)
        if _is_alive(existing, folder):
            break
        _discard(connection, found)
    raise LibraryLocked(
        f"the library on {connection.where} is being written to by {existing.get('holder', 'another')}; "
        "wait for it to end, then run the same command again"
    )


def _is_alive(notes: Any, folder: str) -> bool:
    return notes.get("folder") != folder and time.time() - float(notes.get("renewed", 0)) < _EXPIRED_S


def _made_or_found(client: Client, name: str, notes: dict[str, Any]) -> Collection:
    from chromadb.errors import ChromaError

    try:
        return client.create_collection(name, embedding_function=None, metadata=notes)
    except ChromaError as error:
        if "already exists" not in str(error):
            raise
        return _find(client, name)


def _find(client: Client, name: str) -> Collection:
    return client.get_collection(name, embedding_function=None)


def _discard(connection: ChromaConnection, lease: Collection) -> None:
    """Remove this very lease. Removing goes by name, which another's may have by now; renaming does not."""
    name = f"{lease.name}.{token_hex(8)}"
    try:
        connection.call(lambda _: lease.modify(name=name))
        connection.call(lambda client: client.delete_collection(name))
    except LibraryNotFound:
        return  # another went for it at the same time


def _keep(lease: Lease, ended: Event) -> None:
    while not ended.wait(_RENEWED_S):
        try:
            lease.renew()
        except StorageError:
            continue  # the writer itself meets with the same, and says so
