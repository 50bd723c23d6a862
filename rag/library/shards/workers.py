"""Where shards are open, and who runs what is asked of them: here, threads of this process.

A method of `Shard` is named with its arguments, and a future comes back; so the same coordinator speaks to
shards in other processes (rag/library/shards/ray_workers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from rag.config import Config
from rag.errors import StorageError
from rag.index.token_store import TokenBlock
from rag.library.ingest import PassageEncoder, to_block
from rag.library.shards.shard import Shard
from rag.records import Paper, Skip

P = ParamSpec("P")
T = TypeVar("T")
MOST_THREADS = 16
"""Shards asked at a time by one process. Chosen by hand: more threads than cores only wait for each other."""


class ShardWorkers(Protocol):
    """Shards that are open somewhere. Safe to share between threads."""

    def start(self, shard: int) -> None:
        """Open a shard, again if need be. Raises LibraryError or StorageError where it is not to be had."""
        ...

    def submit(
        self, shard: int, method: Callable[Concatenate[Shard, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Have a started shard's method run. The future raises what the method does, and StorageError where
        the shard was lost."""
        ...

    def encoding(self, encoder: PassageEncoder) -> Encoding:
        """What encodes the texts of an ingest."""
        ...

    def close(self) -> None: ...


class Encoding(Protocol):
    """Encodes texts for the token store, here or elsewhere."""

    def ahead(self, records: Iterable[Paper | Skip]) -> Iterable[Paper | Skip]:
        """The same records; what they need may be begun while those before them are written."""
        ...

    def blocks(self, texts: Mapping[int, str]) -> dict[int, TokenBlock]:
        """What the encoder sees in each text, by its key."""
        ...


class EncodingHere:
    """Encodes in this process, as texts are needed."""

    def __init__(self, encoder: PassageEncoder) -> None:
        self._encoder = encoder

    def ahead(self, records: Iterable[Paper | Skip]) -> Iterable[Paper | Skip]:
        return records

    def blocks(self, texts: Mapping[int, str]) -> dict[int, TokenBlock]:
        encoded = self._encoder.encode_passages(list(texts.values()))
        return {key: to_block(each, self._encoder) for key, each in zip(texts, encoded, strict=True)}


class ThreadWorkers:
    """Every shard open in this process."""

    def __init__(self, paths: Sequence[Path], config: Config, *, read_only: bool) -> None:
        self._paths, self._config, self._read_only = paths, config, read_only
        self._shards: dict[int, Shard] = {}
        self._pool = ThreadPoolExecutor(min(MOST_THREADS, len(paths)), thread_name_prefix="shard")

    def start(self, shard: int) -> None:
        if before := self._shards.pop(shard, None):
            before.close()
        self._shards[shard] = Shard.open_folder(self._paths[shard], self._config, read_only=self._read_only)

    def submit(
        self, shard: int, method: Callable[Concatenate[Shard, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        if (found := self._shards.get(shard)) is None:  # another thread is opening it again
            return lost(self._paths[shard])
        return self._pool.submit(method, found, *args, **kwargs)

    def encoding(self, encoder: PassageEncoder) -> EncodingHere:
        return EncodingHere(encoder)

    def close(self) -> None:
        self._pool.shutdown()
        for shard in self._shards.values():
            shard.close()


def lost(path: Path) -> Future[Any]:
    """The result of asking a shard that is not open."""
    result: Future[Any] = Future()
    result.set_exception(StorageError(f"the shard at {path} is not open; ask again"))
    return result
