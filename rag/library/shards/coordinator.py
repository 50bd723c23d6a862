"""Asks shards and gathers what they say; knows which of them are lost, and looks for them again.

Reading goes on without a lost shard, or waits for it, as RAG_SHARD_WAIT_S says; writing does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

from rag.errors import LibraryError, ShardMissing, StorageError
from rag.library.shards.shard import Shard
from rag.library.shards.workers import ShardWorkers

P = ParamSpec("P")
T = TypeVar("T")
_PAUSE_S = 0.2
"""How often a lost shard that is waited for is looked for. Chosen by hand."""


class Coordinator:
    """The shards of one library. Safe to share between threads."""

    def __init__(self, workers: ShardWorkers, n_shards: int, wait_s: float) -> None:
        self.workers = workers
        self.n_shards = n_shards
        self.missing: dict[int, str] = dict.fromkeys(range(n_shards), "")
        """Lost shards, and why."""
        self._wait_s = wait_s
        self._reviving = Lock()
        self.revive()
        if len(self.missing) == n_shards:
            raise ShardMissing(f"no shard of {n_shards} can be opened; the first: {self.missing[0]}")

    def revive(self) -> None:
        """Look for lost shards."""
        if self.missing and self._reviving.acquire(blocking=False):
            try:
                for shard in sorted(self.missing):
                    self._start(shard)
            finally:
                self._reviving.release()

    def ask_all(
        self, method: Callable[Concatenate[Shard, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> list[T]:
        """What every shard says that is there, in order."""
        said = self.ask_each(method, dict.fromkeys(range(self.n_shards), args), **kwargs)
        return [said[shard] for shard in sorted(said)]

    def ask_each(
        self, method: Callable[..., T], args: Mapping[int, tuple[Any, ...]], **kwargs: Any
    ) -> dict[int, T]:
        """What each of these shards says to arguments of its own; lost ones are left out."""
        said: dict[int, T] = {}
        ends = time.monotonic() + self._wait_s
        while True:
            due = [shard for shard in args if shard not in said and shard not in self.missing]
            futures = {shard: self.workers.submit(shard, method, *args[shard], **kwargs) for shard in due}
            for shard, future in futures.items():
                try:
                    said[shard] = future.result()
                except (LibraryError, StorageError) as error:
                    self.missing[shard] = str(error)
            if len(said) == len(args) or time.monotonic() > ends:
                return said
            time.sleep(_PAUSE_S)
            self.revive()

    def tell_each(
        self, method: Callable[..., T], args: Mapping[int, tuple[Any, ...]], **kwargs: Any
    ) -> dict[int, T]:
        """As `ask_each`, of shards that must all be there. Raises the first error, when all have ended."""
        self.require()
        futures = {shard: self.workers.submit(shard, method, *args[shard], **kwargs) for shard in args}
        errors = [error for future in futures.values() if (error := future.exception())]
        for error in errors:
            raise error
        return {shard: future.result() for shard, future in futures.items()}

    def tell_all(
        self, method: Callable[Concatenate[Shard, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> list[T]:
        """As `ask_all`, of shards that must all be there."""
        return list(self.tell_each(method, dict.fromkeys(range(self.n_shards), args), **kwargs).values())

    def require(self, shards: Iterable[int] | None = None) -> None:
        """Raises ShardMissing where one of these (default: any) is lost and is not found again."""
        self.revive()
        for shard in sorted(self.missing if shards is None else self.missing.keys() & set(shards)):
            raise ShardMissing(
                f"shard {shard + 1} of {self.n_shards} is missing, so nothing can be written: "
                f"{self.missing[shard]}"
            )

    def _start(self, shard: int) -> None:
        try:
            self.workers.start(shard)
        except (LibraryError, StorageError) as error:
            self.missing[shard] = str(error)
        else:
            del self.missing[shard]
