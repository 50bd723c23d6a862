"""The indexes of a folder that is a copy of a library on a Chroma server.

The server has the papers and what the encoder saw in them; the word index and the token store are this
machine's own, and are brought up to the server's stamp by copying. A change goes: what the encoder saw,
which papers it is of, the papers, the stamp; then the word index here. One that was cut short is noted on
the server, above its stamp, and is repaired by whoever writes next, on whatever machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from rag.config import Config
from rag.errors import LibraryLocked, LibraryReadOnly, RagError
from rag.index import server_copy
from rag.index.chroma_client import parts
from rag.index.chroma_server import server_connection
from rag.index.indexes import Indexes, tidied
from rag.index.locks import writing
from rag.index.passage_rows import PassageRow, row_key
from rag.index.passage_store import Dense
from rag.index.server_blocks import ServerBlocks
from rag.index.server_lease import Lease, is_leased, leased
from rag.index.word_index import Lexical

_AT_A_TIME = 500
"""Passages whose blocks are copied and committed together: some 7 MB. Chosen by hand."""


class ServerIndexes(Indexes):
    """Callers of what changes them hold the folder's lock; of what changes the server, also the lease."""

    def __init__(self, folder: Path, config: Config, dense: Dense, lexical: Lexical) -> None:
        super().__init__(folder, config, dense, lexical)
        self._vectors = None
        self._copy = server_copy.ensure(folder, dense.connection)
        self._blocks = ServerBlocks(dense.connection, self._copy.collection)
        self._lease: Lease | None = None

    @classmethod
    def open(cls, folder: Path, config: Config) -> Self:
        lexical = Lexical.open(folder / "lexical")
        return cls(folder, config, _dense(folder, config), lexical)

    @classmethod
    def repair(cls, folder: Path, config: Config) -> Self:
        indexes = cls(folder, config, _dense(folder, config), tidied(folder))
        indexes.catch_up()
        if indexes.unsettled:
            with suppress(LibraryLocked), indexes.exclusive():
                indexes._settle()
        return indexes

    @property
    def behind(self) -> bool:
        """The server's papers have changed since."""
        source, words = self.stamps()
        return source != words

    @property
    def unsettled(self) -> bool:
        """Behind, or something on the server is half done, and nobody is at it."""
        if self.behind:
            return True
        half_done = "has_blocks" not in self.dense.notes or self._unfinished() is not None
        return half_done and not is_leased(self.dense.connection, self._copy.collection, self._place)

    def made_current(self) -> Indexes:
        self.refresh(now=True)
        self.catch_up()
        self._settle()
        return self

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with leased(self.dense.connection, self._copy.collection, self._place) as self._lease:
            try:
                yield
            finally:
                self._lease = None

    def follow(self) -> None:
        if self.behind:
            with suppress(LibraryLocked, LibraryReadOnly), writing(self._folder):
                self.refresh(now=True)
                self.catch_up()

    def catch_up(self, *, compare_all: bool = False) -> None:
        """Copy what changed on the server. compare_all: look at every paper, whatever the stamps say."""
        source, words = self.stamps()
        if source != words or compare_all:
            noted = None if words is None or compare_all else self._blocks.changes(words, source)
            self.index_words(self.differing() if noted is None else noted)
            self.lexical.set_stamp(source)
        self._loaded_stamps = self.stamps()

    def share_blocks(self, rows: Sequence[PassageRow]) -> None:
        self.copy_blocks(rows)
        self._blocks.write(map(row_key, rows), self.tokens.get)

    def copy_blocks(self, rows: Sequence[PassageRow]) -> None:
        missing = list(dict.fromkeys(key for key in map(row_key, rows) if key not in self.tokens))
        for part in parts(missing, _AT_A_TIME):
            for key, block in self._blocks.read(part):
                self.tokens.append(key, block)
            self.tokens.commit()
        self.tokens.commit()  # what an error left uncommitted

    def restore_all(self) -> None:
        self.catch_up(compare_all=True)
        for rows in self.dense.scan():
            self.copy_blocks(rows)

    def compact(self, keys: Iterable[int]) -> None:
        kept = set(keys)
        super().compact(kept)
        self._blocks.keep_only(kept)

    def journal(self, paper_ids: Sequence[str]) -> None:
        if paper_ids:
            self._blocks.note_change(self.dense.stamp + 1, paper_ids)

    def leave_unencoded(self, paper_ids: Sequence[str]) -> None:
        """Nothing to do: `n_unencoded` counts them."""

    @property
    def noted_encoder(self) -> str | None:
        return self.dense.notes.get("encoder")

    def note_encoder(self, fingerprint: str) -> None:
        self.dense.note(encoder=fingerprint)

    def seal(self) -> None:
        self._loaded_stamps = self.stamps()

    @property
    def _place(self) -> str:
        return self._copy.place(self._folder)

    def _unfinished(self) -> list[str] | None:
        """The papers of a change that was begun and did not end."""
        return self._blocks.change(self.dense.stamp + 1)

    def _settle(self) -> None:
        """Finish what was left half done, with the lease."""
        if (paper_ids := self._unfinished()) is not None:
            self.reconcile(paper_ids)
        if "has_blocks" not in self.dense.notes:  # a library from before they were kept on the server
            for rows in self.dense.scan():
                self.share_blocks(rows)
            self.dense.note(has_blocks=1)

    @contextmanager
    def _in_flight(self, paper_ids: Sequence[str]) -> Iterator[int]:
        if self._lease:
            self._lease.check()
        stamp = self.dense.stamp + 1
        self._blocks.note_change(stamp, paper_ids)
        yield stamp


def _dense(folder: Path, config: Config) -> Dense:
    connection = server_connection(config)
    try:
        return Dense(connection, server_copy.ensure(folder, connection).collection)
    except RagError:
        connection.close()
        raise
