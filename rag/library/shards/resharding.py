"""Cuts a library anew: an ordinary one into shards, shards into more, fewer, or one. Encodes nothing.

The new shards are written beside the old ones, every paper with the vectors and token blocks it has; then the
manifest names the new ones, and the old ones go. A crash before that leaves the library as it was, one after
it leaves files that the next run removes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from rag.config import Config
from rag.errors import IndexDamaged, InputError, ShardMissing
from rag.files import disk_faults
from rag.index.passage_rows import PassageRow
from rag.index.token_store import TokenBlock
from rag.library import manifest
from rag.library.library import Library
from rag.library.shards import shard_manifest
from rag.library.shards.coordinator import Coordinator
from rag.library.shards.shard import Shard, keys_of
from rag.library.shards.shard_manifest import shard_of
from rag.library.shards.shard_target import numbered
from rag.library.shards.sharded_library import make_folders
from rag.library.shards.workers import ThreadWorkers

BATCH = 512
"""Papers copied at a time: some 10 MB."""


def reshard(
    library: Path, n_shards: int, config: Config, progress: Callable[[int, int], None] | None = None
) -> int:
    """Cut the library at `library` into `n_shards`. Returns how many papers it has.

    progress: told how many papers are copied, and of how many. Nobody else may write meanwhile; who has the
    library open goes on with what was there. Raises LibraryNotFound, LibraryLocked, ShardMissing,
    IndexDamaged where a paper is not encoded, InputError where there is nothing to do.
    """
    if config.chroma_url:
        raise InputError(
            f"the papers of {library} are on a Chroma server, where a library is cut when it is made: "
            "rag ingest PATH... --library NEW --shards N"
        )
    with Library.open(library, config) as source, source.at_rest():
        before = shard_manifest.read(library) if shard_manifest.is_sharded(library) else None
        if before and before.n_shards == n_shards:
            raise InputError(f"{library} has {n_shards} shards already; give another number with --into")
        if source.lacking:
            raise ShardMissing(f"{source.lacking} Find it first, or restore a backup: rag restore FILE")
        created = before.created if before else manifest.read(library).created
        folder = shard_manifest.next_folder(library)
        about = shard_manifest.ShardManifest(shard_manifest.FORMAT, created, folder, (0,) * n_shards)
        with disk_faults(library):
            make_folders(about.paths(library), config)
            counts = _copy(source, about.paths(library), config, progress)
            shard_manifest.write(library, folder, counts, created)
    shard_manifest.sweep(library)
    return sum(counts)


def _copy(
    source: Library, paths: Sequence[Path], config: Config, progress: Callable[[int, int], None] | None
) -> tuple[int, ...]:
    """Write every paper of `source`, in order, to its new shard; returns how many each has."""
    workers = ThreadWorkers(paths, config, read_only=False)
    try:
        shards = Coordinator(workers, len(paths), 0)
        shards.tell_all(Shard.begin, source.encoder)
        papers, n_copied = source.rows_of_papers(), 0
        while batch := list(islice(papers, BATCH)):
            by_shard: defaultdict[int, list[list[PassageRow]]] = defaultdict(list)
            for added, rows in enumerate(batch, start=n_copied + 1):
                by_shard[shard_of(rows[0].paper_id, len(paths))].append(numbered(rows, added))
            shards.tell_each(
                Shard.put, {shard: (theirs, _blocks(source, theirs)) for shard, theirs in by_shard.items()}
            )
            n_copied += len(batch)
            if progress:
                progress(n_copied, source.n_papers)
        shards.tell_all(Shard.end)
        return tuple(each.n_papers for each in shards.tell_all(Shard.numbers))
    finally:
        workers.close()


def _blocks(source: Library, papers: Sequence[list[PassageRow]]) -> dict[int, TokenBlock]:
    """What the encoder saw in these papers. Raises IndexDamaged where it has not seen them all."""
    rows = keys_of(papers)
    blocks = dict(zip(rows, source.blocks_of(list(rows.values())), strict=True))
    if None in blocks.values():
        raise IndexDamaged(
            f"not all papers of {source.path} are encoded; repair it first: "
            f"rag doctor --repair --library {source.path}"
        )
    return {key: block for key, block in blocks.items() if block}
