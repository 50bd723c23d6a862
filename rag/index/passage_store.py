"""Chroma, the source of truth: every passage with its text, its vector, and its paper's metadata.

Owns the collection, its settings and its stamp; knows nothing of locks, of the files beside it,
or of when a paper is whole. Text and metadata lie in SQLite, whose transactions survive a crash; the vector
index of an embedded folder is written in place and does not, and rag/index/vector_files.py watches over it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from rag.errors import StorageError
from rag.index.chroma_client import close, faults, folder_client, server_client
from rag.index.passage_rows import NAMES, PassageRow

if TYPE_CHECKING:
    from chromadb.api.client import Client

_CONFIGURATION: Any = {
    "hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "sync_threshold": 250}
}
"""A wide `ef_construction` keeps passages from being cut off in the graph as others come and go. What came
since the graph was last written, `sync_threshold` at most, is added to it anew whenever it is opened."""
_FIRST_PAGE, _PAGE = 100, 1000
_EQUALS = 8
"""Asked for beyond what is wanted: where the last have equals (papers of one text), the first by id count."""
_SAME = 1e-4
"""Cosine distance below which two vectors are one."""
_NO_INDEX = "Nothing found on disk"


class Dense:
    """One collection of Chroma's. Safe to share between threads, which take turns."""

    def __init__(self, connect: Callable[[], Client], name: str, where: str) -> None:
        self._connect, self._name, self._where = connect, name, where
        self._lock = RLock()
        self._open()

    @classmethod
    def open_folder(cls, folder: Path) -> Dense:
        """The collection in an embedded folder; made where there is none."""
        return cls(partial(folder_client, folder), "passages", str(folder.parent))

    @classmethod
    def open_server(cls, url: str, name: str) -> Dense:
        """The collection `name` on a Chroma server. Raises StorageError where none answers."""
        return cls(partial(server_client, url), name, url)

    def reopen(self) -> None:
        """Load the vector index anew: an embedded one shows no vector that another process added since."""
        with self._lock:
            self.close()
            self._open()
            self.load()

    def load(self) -> None:
        """Have Chroma load the vector index and catch up with its log now, not at the first use."""
        with self._calling():
            self._collection.count()

    def close(self) -> None:
        """Let go of the files, or the connection."""
        with self._lock:
            close(self._client)

    @property
    def n_passages(self) -> int:
        with self._calling():
            return self._collection.count()

    @property
    def stamp(self) -> int:
        """Grows with every change, whoever made it."""
        with self._calling():
            metadata = self._client.get_collection(self._name, embedding_function=None).metadata
        return int((metadata or {}).get("stamp", 0))

    def set_stamp(self, stamp: int) -> None:
        with self._calling():
            self._collection.modify(metadata={"stamp": stamp})

    def upsert(self, rows: Sequence[PassageRow], vectors: NDArray[np.float32]) -> None:
        """Add or replace papers, the rows of each together; vectors is float32[len(rows), 384].

        Each paper is written in one transaction. One of more passages than Chroma takes at once (some 5,000)
        is cut, its first passage coming last: until that is there it is not whole.
        """
        for part in _calls(rows, self._max_batch):
            with self._calling():
                self._collection.upsert(
                    ids=[rows[i].passage_id for i in part],
                    documents=[rows[i].text for i in part],
                    # A name left out would keep its old value; None takes it away.
                    metadatas=[{**dict.fromkeys(NAMES), **rows[i].metadata} for i in part],
                    embeddings=vectors[part],
                )

    def set_vectors(self, passage_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Give passages that are there their vectors anew. float32[len(passage_ids), 384]"""
        for part in _parts(range(len(passage_ids)), self._max_batch):
            with self._calling():
                # `update` passes over ids that the vector index does not know.
                self._collection.upsert(ids=[passage_ids[i] for i in part], embeddings=vectors[part])

    def delete(self, passage_ids: Sequence[str]) -> None:
        for part in _parts(passage_ids, self._max_batch):
            with self._calling():
                self._collection.delete(ids=list(part))

    def query(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """The `n` nearest (passage_id, cosine) to float32[384], best first, equals by id."""
        if n < 1:
            return []
        try:
            with self._calling():
                found = self._collection.query(
                    query_embeddings=np.atleast_2d(vector), n_results=n + _EQUALS, include=["distances"]
                )
        except StorageError as error:
            if _NO_INDEX in str(error):  # opened before the first paper came
                return []
            raise
        hits = zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True)
        best = sorted(((id, 1.0 - distance) for id, distance in hits), key=lambda hit: (-hit[1], hit[0]))
        return best[:n]

    def get(self, passage_ids: Sequence[str]) -> list[PassageRow]:
        """Rows in the order of their ids; ids that are not there are left out."""
        if not passage_ids:
            return []
        found = {row.passage_id: row for row in self._rows(ids=list(dict.fromkeys(passage_ids)))}
        return [found[passage_id] for passage_id in passage_ids if passage_id in found]

    def of_papers(self, paper_ids: Sequence[str]) -> list[PassageRow]:
        """Every row of these papers, in no order."""
        return self._rows(where={"paper_id": {"$in": list(paper_ids)}}) if paper_ids else []

    def scan(self) -> Iterator[list[PassageRow]]:
        """All rows, page by page, oldest first. The first page is short: who shows them has some at once."""
        offset = 0
        while rows := self.page(offset):
            yield rows
            offset += len(rows)

    def page(self, start: int) -> list[PassageRow]:
        """One page of `scan`, from the row `start` on; none after the last."""
        return self._rows(limit=_PAGE if start else _FIRST_PAGE, offset=start)

    def unreachable(self, passage_ids: Sequence[str], vectors: NDArray[np.float32]) -> list[str]:
        """Passages that a search for their own vector, float32[len(passage_ids), 384], does not find."""
        with self._calling():
            found = self._collection.query(query_embeddings=vectors, n_results=1, include=["distances"])
        distances = cast("list[list[float]]", found["distances"])
        # Another with the same vector serves as well.
        return [id for id, best in zip(passage_ids, distances, strict=True) if not best or best[0] > _SAME]

    def _rows(self, **selection: Any) -> list[PassageRow]:
        with self._calling():
            found = self._collection.get(include=["documents", "metadatas"], **selection)
        columns = zip(found["ids"], found["documents"] or (), found["metadatas"] or (), strict=True)
        return [
            PassageRow(passage_id, text or "", dict(metadata or {})) for passage_id, text, metadata in columns
        ]

    def _open(self) -> None:
        with self._calling():
            self._client = self._connect()
            self._collection = self._client.get_or_create_collection(
                self._name, embedding_function=None, configuration=_CONFIGURATION
            )
            self._max_batch = self._client.get_max_batch_size()

    @contextmanager
    def _calling(self) -> Iterator[None]:
        with self._lock, faults(self._where):
            yield


def collection_name(library: Path) -> str:
    """What a library's collection is called on a server, where several live together."""
    return "rag-" + (re.sub(r"[^a-zA-Z0-9]+", "-", library.resolve().name).strip("-") or "library")


def _calls(rows: Sequence[PassageRow], size: int) -> Iterator[list[int]]:
    """Places of the rows to be written together, `size` at most, papers undivided where they fit."""
    part: list[int] = []
    for _, group in groupby(range(len(rows)), key=lambda i: rows[i].paper_id):
        paper = sorted(group, key=lambda i: rows[i].ordinal == 0)
        if part and len(part) + len(paper) > size:
            yield part
            part = []
        while len(paper) > size:
            yield paper[:size]
            paper = paper[size:]
        part += paper
    if part:
        yield part


def _parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[i : i + size] for i in range(0, len(items), size))
