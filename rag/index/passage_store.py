"""Chroma, the source of truth: every passage with its text, its vector, and its paper's metadata.

Owns the collection, its settings and its stamp; knows nothing of locks, of the files beside it,
or of when a paper is whole. Text and metadata lie in SQLite, whose transactions survive a crash; the vector
index of an embedded folder is written in place and does not, and rag/index/vector_files.py watches over it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import StorageError
from rag.index.chroma_client import ChromaCollection, ChromaConnection, folder_client, parts
from rag.index.passage_rows import NAMES, PassageRow

CONFIGURATION: Any = {
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
    """One collection of Chroma's. Safe to share between threads."""

    def __init__(self, connection: ChromaConnection, name: str) -> None:
        self.connection = connection
        self._collection = ChromaCollection(connection, name, CONFIGURATION)

    @classmethod
    def open_folder(cls, folder: Path) -> Dense:
        """The collection in an embedded folder; made where there is none."""
        return cls(ChromaConnection(partial(folder_client, folder), str(folder.parent)), "passages")

    def reopen(self) -> None:
        """Load the vector index anew: an embedded one shows no vector that another process added since."""
        with self.connection.turn:
            self.connection.reopen()
            self._collection.reopen()
            self.load()

    def load(self) -> None:
        """Have Chroma load the vector index and catch up with its log now, not at the first use."""
        self._collection.ask(lambda collection: collection.count())

    def close(self) -> None:
        """Let go of the files, or the connection."""
        self.connection.close()

    @property
    def n_passages(self) -> int:
        return self._collection.ask(lambda collection: collection.count())

    @property
    def notes(self) -> dict[str, Any]:
        """What is noted of the collection: its "stamp", and what who keeps it notes beside that."""
        return self._collection.notes

    @property
    def stamp(self) -> int:
        """Grows with every change, whoever made it."""
        return int(self.notes.get("stamp", 0))

    def set_stamp(self, stamp: int) -> None:
        self._collection.note(stamp=stamp)

    def note(self, **notes: str | int) -> None:
        """Add to `notes`."""
        self._collection.note(**notes)

    def upsert(self, rows: Sequence[PassageRow], vectors: NDArray[np.float32]) -> None:
        """Add or replace papers, the rows of each together; vectors is float32[len(rows), 384].

        Each paper is written in one transaction. One of more passages than Chroma takes at once (some 5,000)
        is cut, its first passage coming last: until that is there it is not whole.
        """
        for part in _calls(rows, self._collection.most_written):
            self._collection.upsert(
                ids=[rows[i].passage_id for i in part],
                documents=[rows[i].text for i in part],
                # A name left out would keep its old value; None takes it away.
                metadatas=[{**dict.fromkeys(NAMES), **rows[i].metadata} for i in part],
                embeddings=vectors[part],
            )

    def set_vectors(self, passage_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Give passages that are there their vectors anew. float32[len(passage_ids), 384]"""
        for part in parts(range(len(passage_ids)), self._collection.most_written):
            # `update` passes over ids that the vector index does not know.
            self._collection.upsert(ids=[passage_ids[i] for i in part], embeddings=vectors[part])

    def delete(self, passage_ids: Sequence[str]) -> None:
        self._collection.delete(passage_ids)

    def query(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """The `n` nearest (passage_id, cosine) to float32[384], best first, equals by id."""
        if n < 1:
            return []
        try:
            found = self._collection.ask(
                lambda collection: collection.query(
                    query_embeddings=np.atleast_2d(vector), n_results=n + _EQUALS, include=["distances"]
                )
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
        distances: list[list[float]] = []
        for part in parts(vectors, self._collection.most_written):
            distances += self._collection.distances(part, 1)
        # Another with the same vector serves as well.
        return [id for id, best in zip(passage_ids, distances, strict=True) if not best or best[0] > _SAME]

    def _rows(self, **selection: Any) -> list[PassageRow]:
        found = self._collection.get(["documents", "metadatas"], **selection)
        return [PassageRow(passage_id, text or "", metadata) for passage_id, text, metadata in found]


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
