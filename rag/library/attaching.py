"""Making a folder a copy of a library on a Chroma server. Opening it copies what the library holds."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from rag.config import Config
from rag.errors import InputError, LibraryNotFound
from rag.files import disk_faults
from rag.index import server_copy
from rag.index.chroma_server import server_connection
from rag.index.server_copy import ServedLibrary
from rag.library import manifest
from rag.library.shards import shard_manifest


def served_libraries(config: Config) -> list[ServedLibrary]:
    """The libraries on the configured server, by name. Raises ConfigError, StorageError."""
    with closing(server_connection(config)) as connection:
        return server_copy.libraries(connection)


def serve(folder: Path, config: Config, library: str | None = None) -> None:
    """Have the folder, which holds a manifest, say which library on the server it is a copy of: a new one,
    called `library` if that is given, where it says none yet. Raises what `server_copy.ensure` does."""
    if server_copy.of(folder) is None:
        with closing(server_connection(config)) as connection:
            server_copy.ensure(folder, connection, library)


def attach(folder: Path, config: Config, wanted: str) -> ServedLibrary:
    """Make the folder, which is new or empty, a copy of the library with the id or name `wanted`.

    Raises InputError where the folder has a library, or the server not one such; LibraryError where the
    folder holds other files; ConfigError, StorageError.
    """
    if manifest.exists(folder) or shard_manifest.is_sharded(folder):
        raise InputError(f"{folder} is a library already; give a new folder: rag attach ID --library NEW")
    with closing(server_connection(config)) as connection:
        served = server_copy.choose(connection, wanted)
    url = config.chroma_url or ""
    with disk_faults(folder):
        if not served.n_shards:
            manifest.create(folder)
        else:
            about = shard_manifest.create(folder, served.n_shards, served.shard_folder)
            for shard, path in enumerate(about.paths(folder)):
                manifest.create(path)
                server_copy.write(path, server_copy.shard_name(served.id, about.folder, shard), url)
        server_copy.write(folder, served.id, url)
    return served


def attach_configured(folder: Path, config: Config, *, create: bool) -> None:
    """As the settings say, of a folder without a library. Raises LibraryNotFound where they say nothing and
    none is to be made."""
    if config.chroma.library:
        attach(folder, config, config.chroma.library)
    elif not create:
        raise LibraryNotFound(
            f"no library at {folder}; copy one of the Chroma server's (rag attach lists them), or make one: "
            f"rag ingest PATH... --library {folder}"
        )
