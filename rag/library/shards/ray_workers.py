"""Shards on Ray (extra `ray`): an actor holds each shard open, tasks encode; Ray places and restarts them.

An actor that dies is started again by Ray and opens its shard from its folder, where a batch that broke off
is repaired as after any crash. What was being asked of it is asked again: reading changes nothing, and
writing a batch a second time changes nothing either. The shards' folders and the encoder's files must be
reachable under one path on every node (a shared file system, RAG_CACHE).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from rag.config import Config
from rag.errors import ConfigError, StorageError
from rag.index.token_store import TokenBlock
from rag.library.ingest import PassageEncoder, to_block
from rag.library.shards.shard import Shard
from rag.library.shards.workers import lost
from rag.records import Paper, Skip

P = ParamSpec("P")
T = TypeVar("T")
LOCAL = "local"
"""In place of an address: a cluster of this machine alone, which ends with the process."""
_TEXTS = 32
"""Texts that one task encodes: about a second's work of a core. Chosen by hand."""
_WRITING = {Shard.put.__name__, Shard.take_out.__name__, Shard.encode_lacking.__name__}
_CLOSING_S = 10.0
_TRIES = 5
"""How often a call is made again whose actor or worker died."""


def connect(address: str) -> Any:
    """Ray's module, connected to the cluster at `address` ("auto": the one this machine is a node of).

    Raises ConfigError where Ray is not installed, StorageError where no cluster answers.
    """
    try:
        import ray
    except ImportError as error:
        raise ConfigError('Ray is not installed; pip install "rag-abstracts[ray]" brings it') from error
    if not ray.is_initialized():
        try:
            if address == LOCAL:
                ray.init(include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
            else:
                ray.init(address, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            fault = " ".join(str(error).split())
            raise StorageError(
                f"no Ray cluster answers at {address} ({fault}); start one with: ray start --head"
            ) from error
    return ray


class ShardHolder:
    """What an actor is: one shard, open. A new one, after a crash too, opens it from its folder."""

    def __init__(self, path: Path, config: Config, read_only: bool) -> None:
        self._path, self._config, self._read_only = path, config, read_only
        self._open: Shard | None = None

    def reopen(self) -> None:
        """Open the shard anew. Raises what `Library.open` does."""
        self.close()
        self._open = Shard.open_folder(self._path, self._config, read_only=self._read_only)

    def close(self) -> None:
        if self._open:
            self._open.close()
        self._open = None

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the shard's method of that name gives."""
        return getattr(self._shard(), name)(*args, **kwargs)

    def write(self, fingerprint: str | None, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """As `call`, of a method that writes; in the place of an actor that died while writing, it begins."""
        shard = self._shard()
        if not shard.is_writing:
            shard.begin(fingerprint)
        return getattr(shard, name)(*args, **kwargs)

    def process_id(self) -> int:
        """Where it runs, on its node."""
        return os.getpid()

    def _shard(self) -> Shard:
        if self._open is None:
            self.reopen()
        assert self._open is not None
        return self._open


def encode(encoder: PassageEncoder, texts: Mapping[int, str]) -> dict[int, TokenBlock]:
    """What a task does: what the encoder sees in each text, by its key."""
    encoded = encoder.encode_passages(list(texts.values()))
    return {key: to_block(each, encoder) for key, each in zip(texts, encoded, strict=True)}


class RayEncoding:
    """Encodes in tasks on all nodes; one whose worker died is run again."""

    def __init__(self, ray: Any, encoder: PassageEncoder) -> None:
        self._ray = ray
        self._encoder = ray.put(encoder)
        self._encode = ray.remote(max_retries=_TRIES, num_cpus=1)(encode)

    def ahead(self, records: Iterable[Paper | Skip]) -> Iterable[Paper | Skip]:
        return records

    def blocks(self, texts: Mapping[int, str]) -> dict[int, TokenBlock]:
        keys = list(texts)
        parts = [keys[i : i + _TEXTS] for i in range(0, len(keys), _TEXTS)]
        tasks = [self._encode.remote(self._encoder, {key: texts[key] for key in part}) for part in parts]
        try:
            done = self._ray.get(tasks)
        except self._ray.exceptions.WorkerCrashedError as error:
            raise StorageError(
                f"workers that encode died {_TRIES} times; run the same command again: all written stays"
            ) from error
        return {key: block for part in done for key, block in part.items()}


class RayWorkers:
    """Every shard open in an actor of its own. See rag.library.shards.workers.ShardWorkers."""

    def __init__(self, paths: Sequence[Path], config: Config, *, read_only: bool) -> None:
        self._ray = connect(config.ray or LOCAL)
        self._paths, self._config, self._read_only = paths, config, read_only
        self._actors: dict[int, Any] = {}
        self._fingerprint: str | None = None
        # Actors wait more than they work: as many as there are shards must find room on any cluster.
        self._holder = self._ray.remote(
            max_restarts=-1, max_task_retries=_TRIES, num_cpus=0, max_concurrency=1
        )(ShardHolder)

    def start(self, shard: int) -> None:
        if shard not in self._actors:
            path = self._paths[shard].resolve()
            self._actors[shard] = self._holder.remote(path, self._config, self._read_only)
        self._result_of(shard, self._actors[shard].reopen.remote()).result()

    def submit(
        self, shard: int, method: Callable[Concatenate[Shard, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        if (actor := self._actors.get(shard)) is None:  # it died, which another thread was told
            return lost(self._paths[shard])
        name = method.__name__
        if name in _WRITING:
            return self._result_of(shard, actor.write.remote(self._fingerprint, name, args, kwargs))
        return self._result_of(shard, actor.call.remote(name, args, kwargs))

    def encoding(self, encoder: PassageEncoder) -> RayEncoding:
        self._fingerprint = encoder.fingerprint
        return RayEncoding(self._ray, encoder)

    def close(self) -> None:
        """Let go of the shards: their actors end."""
        closing = [actor.close.remote() for actor in self._actors.values()]
        if closing:
            self._ray.wait(closing, num_returns=len(closing), timeout=_CLOSING_S)
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._actors = {}

    def _result_of(self, shard: int, asked: Any) -> Future[Any]:
        ours: Future[Any] = Future()
        asked.future().add_done_callback(lambda theirs: self._pass_on(shard, theirs, ours))
        return ours

    def _pass_on(self, shard: int, theirs: Future[T], ours: Future[T]) -> None:
        """Hand a result on; an error of the shard's own as it was, a dead actor as StorageError."""
        error = theirs.exception()
        if error is None:
            ours.set_result(theirs.result())
        elif isinstance(error, self._ray.exceptions.RayTaskError):
            ours.set_exception(error.cause)
        elif isinstance(error, self._ray.exceptions.RayActorError):
            self._actors.pop(shard, None)
            ours.set_exception(StorageError(f"the actor of {self._paths[shard]} died: {error}"))
        else:
            ours.set_exception(error)
