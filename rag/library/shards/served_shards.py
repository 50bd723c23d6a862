"""A sharded library whose papers are on a Chroma server: which collection each shard has there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rag.config import Config
from rag.index import server_copy
from rag.index.chroma_server import server_connection
from rag.library.attaching import serve
from rag.library.shards.shard_manifest import ShardManifest


def serve_shards(library: Path, about: ShardManifest, config: Config) -> list[str | None]:
    """The shards' ids on the server, in order; nothing where the papers are in the folder.

    A library that the server does not know is made there. Raises ConfigError where the papers are on a server
    and none is configured, LibraryTooNew, StorageError.
    """
    if not config.chroma_url:
        server_copy.refuse_without_server(library)
        return []
    copy = server_copy.of(library)
    if copy is None and any((path / "chroma").exists() for path in about.paths(library)):
        return []  # whose shards say that they hold the papers themselves
    if copy is None:
        id = server_copy.new_id()
        with closing(server_connection(config)) as connection:
            server_copy.make(connection, id, library, shards=about.n_shards, shard_folder=about.folder)
        copy = server_copy.write(library, id, config.chroma_url)
        # Shards from before there were ids take those of the new library.
        for path, served_as in zip(about.paths(library), _ids(copy.library, about), strict=True):
            if path.exists():
                serve(path, config, served_as)
    return _ids(copy.library, about)


def _ids(library: str, about: ShardManifest) -> list[str | None]:
    return [server_copy.shard_name(library, about.folder, shard) for shard in range(about.n_shards)]
