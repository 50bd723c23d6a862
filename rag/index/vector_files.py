"""Guards the files of embedded Chroma's vector index, which it writes in place.

A process that ends while they are written leaves them torn, and a process that opens torn files, or files
that are being written, ends on the spot (segmentation fault, chromadb 1.5). So they are opened and changed
by one process at a time, sealed after every change, and where the seal is broken they are thrown away and
filled again from the token store: the texts and metadata beside them, in SQLite, are safe.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from rag.errors import IndexDamaged
from rag.files import read_json, write_json
from rag.index.locks import vector_files_lock
from rag.index.passage_rows import row_key
from rag.index.passage_store import Dense
from rag.index.seals import broken, read_seal, seal
from rag.index.token_store import TokenStore

_PATTERN = "*/*"
"""Chroma keeps each vector index in a folder of its own beside chroma.sqlite3."""
_NEVER = {"dropped": (0, 0, None)}
"""A seal that fits no folder."""


def open_dense(folder: Path) -> Dense:
    """The library's collection. Raises IndexDamaged where its vector index must be repaired first."""
    files = VectorFiles(folder)
    with files.opening():
        dense = Dense.open_folder(files.chroma)
        dense.load()
    return dense


class VectorFiles:
    """The vector index files of the library in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seal = folder / "seal.json"
        self.chroma = folder / "chroma"

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock, and seal what the block left. If the block fails, the old seal stays and misfits."""
        with vector_files_lock(self._folder):
            yield
            self.set_seal()

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Hold the lock while Chroma opens the files, which are whole. It may write them, too."""
        with vector_files_lock(self._folder):
            if not self._is_intact():
                raise IndexDamaged(f"the vector index of {self._folder} was left half written")
            before = seal(self.chroma, _PATTERN, crc=False)
            yield
            if seal(self.chroma, _PATTERN, crc=False) != before:
                self.set_seal()

    def set_seal(self, *, crc: bool = False) -> None:
        """Under the lock: these files are whole. With `crc`, read them, so that the folder can be moved."""
        known = read_seal(read_json(self._seal))
        write_json(self._seal, seal(self.chroma, _PATTERN, crc=crc, known=known))

    def repair(self, tokens: TokenStore) -> None:
        """Fill the vector index again if it is torn. What the token store lacks stays without a vector."""
        with vector_files_lock(self._folder):
            if self._is_intact():
                return
            write_json(self._seal, _NEVER)
            for path in self.chroma.glob("*/"):
                shutil.rmtree(path)
            dense = Dense.open_folder(self.chroma)
            for rows in dense.scan():
                found = [(row.passage_id, block) for row in rows if (block := tokens.get(row_key(row)))]
                if found:
                    vectors = np.stack([block.vector for _, block in found])
                    dense.set_vectors([passage_id for passage_id, _ in found], vectors)
            self.set_seal(crc=True)
            dense.close()

    def _is_intact(self) -> bool:
        sealed = read_seal(read_json(self._seal))
        names = seal(self.chroma, _PATTERN, crc=False).keys()
        return sealed.keys() == names and not broken(self.chroma, sealed)
