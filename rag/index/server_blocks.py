"""What the encoder saw, kept on the Chroma server beside the papers, and which papers changed when.

A second collection, `NAME.tokens`, holds a record for each text, under its key, and one for each change,
under its stamp. So another machine copies what it lacks and encodes nothing, and reads only what changed.

A record's content is compressed bytes in base 64, cut into values of metadata that Chroma's cloud takes. Not
its document: Chroma keeps a full-text index of those (600 blocks took 7.2 s to write and seven times their
size; as metadata 0.5 s and 2.3 times). Every record needs a vector; these have two dimensions and are never
searched.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from rag.index.chroma_client import ChromaCollection, ChromaConnection, parts
from rag.index.token_store import TokenBlock, block_bytes, block_of, text_key

_CONFIGURATION: Any = {
    "hnsw": {"space": "l2", "ef_construction": 10, "max_neighbors": 4, "sync_threshold": 250}
}
_SUFFIX = ".tokens"
_VALUE = 4000
"""Characters of a value; Chroma's cloud takes 4,096 bytes."""
_BATCH = 100
"""Blocks written or read in one request: some 2 MB. Chosen by hand."""
_PAGE = 1000
_KEPT = 1000
"""Changes that are kept. Who has missed more reads all papers' hashes. Chosen by hand: of an ingest, a change
has 128 papers."""


class ServerBlocks:
    """A library's second collection. Only who holds its lease writes (server_lease.py)."""

    def __init__(self, connection: ChromaConnection, name: str) -> None:
        self._collection = ChromaCollection(connection, name + _SUFFIX, _CONFIGURATION)

    # What the encoder saw

    def read(self, keys: Sequence[int]) -> Iterator[tuple[int, TokenBlock]]:
        """Those of these texts' blocks that are there and read back."""
        for part in parts(keys, self._most):
            found = self._collection.get(["metadatas"], ids=[_block_id(key) for key in part])
            for record_id, _, metadata in found:
                if (content := _content(metadata)) is not None:
                    try:
                        yield int(record_id[1:], 16), block_of(content)
                    except ValueError:  # as if it were not there: it is encoded again
                        continue

    def write(self, keys: Iterable[int], block: Callable[[int], TokenBlock | None]) -> None:
        """Keep these texts' blocks, where `block` has one; what is there already is not sent again."""
        wanted = iter(dict.fromkeys(keys))
        while part := list(islice(wanted, self._most)):
            there = {row[0] for row in self._collection.get([], ids=[_block_id(key) for key in part])}
            missing = {key: found for key in part if _block_id(key) not in there and (found := block(key))}
            self._put({_block_id(key): block_bytes(found) for key, found in missing.items()})

    def keep_only(self, keys: Iterable[int]) -> None:
        """Remove the blocks of all other texts."""
        kept = {_block_id(key) for key in keys}
        ids = [record_id for record_id in self._ids() if record_id[0] == "t" and record_id not in kept]
        self._collection.delete(ids)

    # What changed

    def note_change(self, stamp: int, paper_ids: Iterable[str]) -> None:
        """Say, before it is done, which papers the change to `stamp` is of."""
        self._put({_change_id(stamp): json.dumps(sorted(paper_ids), ensure_ascii=False).encode()})
        self._collection.delete([_change_id(stamp - _KEPT)])

    def change(self, stamp: int) -> list[str] | None:
        """The papers of the change to `stamp`; None where it is not noted."""
        return self._changes([stamp]).get(stamp)

    def changes(self, since: int, to: int) -> set[str] | None:
        """The papers changed after the stamp `since`, up to `to`; None where not all changes are noted."""
        if not 0 <= to - since <= _KEPT:
            return None
        found = self._changes(list(range(since + 1, to + 1)))
        return set().union(*found.values()) if len(found) == to - since else None

    def _changes(self, stamps: Sequence[int]) -> dict[int, list[str]]:
        rows = self._collection.get(["metadatas"], ids=[_change_id(s) for s in stamps]) if stamps else []
        contents = {int(record_id[1:]): _content(metadata) for record_id, _, metadata in rows}
        return {stamp: json.loads(content) for stamp, content in contents.items() if content is not None}

    # Records

    @property
    def _most(self) -> int:
        return min(_BATCH, self._collection.most_written)

    def _ids(self) -> list[str]:
        ids: list[str] = []
        while page := self._collection.get([], limit=_PAGE, offset=len(ids)):
            ids += (row[0] for row in page)
        return ids

    def _put(self, contents: Mapping[str, bytes]) -> None:
        if contents:
            self._collection.upsert(
                ids=list(contents),
                metadatas=[_metadata(content) for content in contents.values()],
                embeddings=[_place(record_id) for record_id in contents],
            )


def _block_id(key: int) -> str:
    return f"t{key:016x}"


def _change_id(stamp: int) -> str:
    return f"c{stamp}"


def _metadata(content: bytes) -> dict[str, Any]:
    """`n` says how many values follow: what an older version of a record had beyond them stays in it."""
    text = b64encode(zlib.compress(content)).decode()
    values = list(parts(text, _VALUE))
    return {"n": len(values), **{f"v{i}": value for i, value in enumerate(values)}}


def _content(metadata: Mapping[str, Any]) -> bytes | None:
    """None where it does not read back; zlib has a checksum."""
    try:
        return zlib.decompress(b64decode("".join(metadata[f"v{i}"] for i in range(metadata["n"]))))
    except (KeyError, TypeError, ValueError, zlib.error):
        return None


def _place(record_id: str) -> list[float]:
    """Somewhere, and seldom where another is: a vector index of equal vectors is slow to build."""
    key = text_key(record_id)
    return [(key >> 32) / 2**32, (key & 0xFFFFFFFF) / 2**32]
