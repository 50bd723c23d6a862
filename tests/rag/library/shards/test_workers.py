from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rag.config import Config
from rag.errors import StorageError
from rag.library.shards.shard import Shard
from rag.library.shards.workers import ThreadWorkers


def test_a_shard_that_another_thread_is_opening_again_is_lost_to_the_others(
    config: Config, tmp_path: Path
) -> None:
    with closing(ThreadWorkers([tmp_path / "000"], config, read_only=False)) as workers:
        assert isinstance(workers.submit(0, Shard.ids).exception(), StorageError)
