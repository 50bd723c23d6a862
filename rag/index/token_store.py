"""The token store: what the encoder saw in each text, in one memory-mapped file that only grows.

A block holds a text's vector, the 1-bit vectors of its word pieces, their ids and their offsets, under a
key made of the text itself. So a block is never out of date, a text met twice is encoded once, and the
store may run ahead of Chroma but never falls behind it. What the bits mean is
rag/encoder/late_interaction.py's; which texts the library holds is rag/index/passage_store.py's.

On disk: `blocks-G` (the blocks), `keys-G` (one record a block), and `head`, replaced last and whole, which
says how much of the two counts and in how many blocks each word piece occurs. G grows with each compaction.
"""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rag.encoder.minilm import DIMENSIONS
from rag.files import sync, write_bytes

VOCABULARY = 30522
"""Word pieces MiniLM knows."""
_KEY = np.dtype([("key", "<u8"), ("start", "<u8"), ("n", "<u4"), ("crc", "<u4")])
_HEAD = np.dtype([("magic", "S8"), ("generation", "<u8"), ("n_blocks", "<u8"), ("n_bytes", "<u8"),
                  ("keys_crc", "<u4"), ("blocks_crc", "<u4")])  # fmt: skip
"""What every head begins with; then comes, of another encoder than MiniLM, _LAYOUT; then uint32 `df`."""
_LAYOUT = np.dtype([("dimensions", "<u4"), ("id_bytes", "<u4")])
_MAGIC, _MAGIC_LAYOUT = b"ragtok2", b"ragtok3"
_CHECKED_BYTES = 64_000_000
"""A store up to this size is checked when opened (10 ms a thousand texts), each block when it is read.
Chosen by hand: about 50 ms."""
_OFFSET_BYTES = 8


@dataclass(frozen=True, slots=True)
class TokenBlock:
    """A text as the encoder saw it; `n` counts word pieces without the two special ones.

    vector: float32[384], unit length. bits: uint8[n, 48]. token_ids: uint16[n], or uint32 where the encoder
    knows more pieces. offsets: int32[n, 2], where each piece stands in the text, half open.
    An encoder of other dimensions d: float32[d] and uint8[n, d / 8].
    """

    vector: NDArray[np.float32]
    bits: NDArray[np.uint8]
    token_ids: NDArray[np.uint16] | NDArray[np.uint32]
    offsets: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _BlockLayout:
    """What a block's bytes mean. All blocks of a store have one layout, that of the first."""

    dimensions: int = DIMENSIONS
    id_bytes: int = 2

    @property
    def vector_bytes(self) -> int:
        return 4 * self.dimensions

    @property
    def piece_bytes(self) -> int:
        return _OFFSET_BYTES + self.id_bytes + self.dimensions // 8

    def n_pieces(self, raw: bytes) -> int:
        return (len(raw) - self.vector_bytes) // self.piece_bytes


@dataclass(frozen=True, slots=True)
class _FileView:
    """The files as one head describes them.

    keys: _KEY[n_blocks]; order: int64[n_blocks], sorting keys; sorted_keys: uint64[n_blocks].
    """

    generation: int
    layout: _BlockLayout
    n_bytes: int
    keys_crc: int
    blocks_crc: int
    keys: NDArray[Any]
    order: NDArray[np.int64]
    sorted_keys: NDArray[np.uint64]
    df: NDArray[np.int64]
    data: bytes | mmap.mmap


def text_key(text: str) -> int:
    """What a text is found by: 64 bits of its BLAKE2b. Two of a million texts share one with p = 3e-8."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def block_bytes(block: TokenBlock) -> bytes:
    """A block with its layout, for keeping elsewhere."""
    return np.array((len(block.vector), block.token_ids.itemsize), _LAYOUT).tobytes() + _pack(block)


def block_of(content: bytes) -> TokenBlock:
    """What `block_bytes` was given. Raises ValueError where that cannot be told."""
    layout = _BlockLayout(*np.frombuffer(content, _LAYOUT, 1)[0].tolist())
    raw = content[_LAYOUT.itemsize :]
    if layout.id_bytes not in (2, 4) or (len(raw) - layout.vector_bytes) % layout.piece_bytes:
        raise ValueError(f"{len(raw)} bytes are no block of {layout}")
    return _unpack(raw, layout)


class TokenStore:
    """Blocks by text key. Readers map the files; one writer, holding the library's lock, appends."""

    damaged: bool
    """The files do not fit together, and read as empty; or a block that was asked for did not read back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts: dict[int, bytes] = {}
        self._draft_layout = _BlockLayout()
        self._view, self.damaged = _empty(0), False
        self.reload()
        self.damaged |= _is_cut_or_changed(self._view)

    @property
    def n_blocks(self) -> int:
        return len(self._view.keys)

    @property
    def df(self) -> NDArray[np.int64]:
        """int64[30522]: blocks in which each word piece occurs."""
        return self._view.df

    def get(self, key: int) -> TokenBlock | None:
        """The block of a text, or None where it is missing or does not read back."""
        view = self._view
        at = int(np.searchsorted(view.sorted_keys, np.uint64(key), side="right")) - 1
        if at < 0 or view.sorted_keys[at] != key:
            return None
        raw = _raw(view, view.keys[view.order[at]])
        self.damaged |= raw is None
        return None if raw is None else _unpack(raw, view.layout)

    def vectors(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """float32[len(keys), 384], the texts' vectors, unchecked, and which are there; others are 0."""
        view = self._view
        dimensions = view.layout.dimensions
        vectors = np.zeros((len(keys), dimensions), np.float32)
        at = np.searchsorted(view.sorted_keys, keys, side="right") - 1
        found = at >= 0
        found[found] = view.sorted_keys[at[found]] == keys[found]
        starts = view.keys["start"][view.order[at[found]]]
        there = starts + view.layout.vector_bytes <= len(view.data)
        found[found] = there
        for place, start in zip(np.flatnonzero(found).tolist(), starts[there].tolist(), strict=True):
            vectors[place] = np.frombuffer(view.data, "<f4", dimensions, start)
        return vectors, found

    def df_of(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """int64[30522]: in how many of the texts with these keys, of which some may be equal, each word piece
        occurs. In time with the number of texts that are not among them, or more than once."""
        view = self._view
        wanted, times = np.unique(keys, return_counts=True)
        texts, first = np.unique(view.sorted_keys, return_index=True)
        due = np.zeros(len(view.keys), np.int64)
        _, at_texts, at_wanted = np.intersect1d(texts, wanted, assume_unique=True, return_indices=True)
        last = np.append(first[1:], len(view.keys))[at_texts] - 1
        due[view.order[last]] = times[at_wanted]
        df = view.df.copy()
        for place in np.flatnonzero(due != 1).tolist():
            if (raw := _raw(view, view.keys[place])) is not None:
                df[np.unique(_unpack(raw, view.layout).token_ids)] += due[place] - 1
        return df

    def __contains__(self, key: int) -> bool:
        return key in self._drafts or self.get(key) is not None

    def n_missing(self, keys: NDArray[np.uint64]) -> int:
        """How many of these keys have no block."""
        return int(np.count_nonzero(~np.isin(keys, self._view.keys["key"])))

    def sum_of_keys(self) -> float:
        """Of all blocks' keys: with their number, it tells whether they are the ones that are wanted."""
        return float(np.sum(self._view.keys["key"], dtype=np.float64))

    def append(self, key: int, block: TokenBlock) -> None:
        """Add a block; readers find it, and a crash leaves it, from the next `commit` on.

        Raises ValueError where it is of another layout than those that are there.
        """
        layout = _BlockLayout(len(block.vector), block.token_ids.itemsize)
        existing = self._draft_layout if self._drafts else self._view.layout if self.n_blocks else layout
        if layout != existing:
            raise ValueError(f"a block of {layout} in a store of others")
        self._draft_layout = layout
        self._drafts[key] = _pack(block)

    def commit(self) -> None:
        """Make what was appended part of the store."""
        if self._drafts:
            view = replace(self._view, layout=self._draft_layout)
            self._write(view.generation, view, self._drafts.items())
            self._drafts = {}
            self.reload()

    def compact(self, keep: Iterable[int]) -> None:
        """Remove blocks whose keys are not among `keep`, double ones, and those that do not read back."""
        old, kept = self._view, np.fromiter(keep, np.uint64)
        rows = old.keys[old.order]
        last = np.append(rows["key"][1:] != rows["key"][:-1], True)[: len(rows)]
        rows = np.sort(rows[last & np.isin(rows["key"], kept)], order="start")
        blocks = ((int(row["key"]), raw) for row in rows if (raw := _raw(old, row)) is not None)
        fresh = replace(_empty(old.generation + 1), layout=old.layout)
        self._write(old.generation + 1, fresh, blocks)
        self.reload()

    def reload(self) -> None:
        """See what was committed since, here or by another process."""
        try:
            view = self._read_again_if_replaced()
            if view is not self._view:
                self._view, self.damaged = view, False
        except (ValueError, FileNotFoundError):
            self._view, self.damaged = _empty(_next_generation(self._folder)), True

    def _read_again_if_replaced(self) -> _FileView:
        try:
            return self._read()
        except FileNotFoundError:  # compacted between our reading its head and its files
            return self._read()

    def _read(self) -> _FileView:
        path = self._folder / "head"
        if not path.exists():
            return _empty(_next_generation(self._folder))
        content = path.read_bytes()
        head = np.frombuffer(content[:-4].ljust(_HEAD.itemsize), _HEAD, 1)[0]
        if head["magic"] not in (_MAGIC, _MAGIC_LAYOUT) or content[-4:] != _checksum(content[:-4]):
            raise ValueError(path)
        layout, at = _BlockLayout(), _HEAD.itemsize
        if head["magic"] == _MAGIC_LAYOUT:
            layout, at = (
                _BlockLayout(*np.frombuffer(content, _LAYOUT, 1, at)[0].tolist()),
                at + _LAYOUT.itemsize,
            )
        generation, n_blocks = int(head["generation"]), int(head["n_blocks"])
        known = self._known(generation, n_blocks)
        if 0 < len(known.keys) == n_blocks and known.keys_crc == head["keys_crc"]:
            return known
        n_new = n_blocks - len(known.keys)
        fresh = np.fromfile(
            self._path("keys", generation), _KEY, n_new, offset=len(known.keys) * _KEY.itemsize
        )
        if len(fresh) != n_new or zlib.crc32(fresh.tobytes(), known.keys_crc) != head["keys_crc"]:
            raise ValueError(path)
        keys, order, sorted_keys = _with_keys(known, fresh)
        return _FileView(
            generation,
            layout,
            n_bytes=int(head["n_bytes"]),
            keys_crc=int(head["keys_crc"]),
            blocks_crc=int(head["blocks_crc"]),
            keys=keys,
            order=order,
            sorted_keys=sorted_keys,
            df=np.frombuffer(content[at:-4], "<u4").astype(np.int64),
            data=_mapped(self._path("blocks", generation)),
        )

    def _known(self, generation: int, n_blocks: int) -> _FileView:
        """What was read before, where the files have only grown since; else nothing."""
        view = self._view
        has_grown = view.generation == generation and len(view.keys) <= n_blocks
        return view if has_grown and not self.damaged else _empty(generation)

    def _write(self, generation: int, before: _FileView, blocks: Iterable[tuple[int, bytes]]) -> None:
        """Blocks first, then their keys, the head last: without it the others count for nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        rows: list[tuple[int, int, int, int]] = []
        df, layout = before.df.copy(), before.layout
        end, crc = before.n_bytes, before.blocks_crc
        with _opened(self._path("blocks", generation), end) as file:
            for key, raw in blocks:
                rows.append((key, end, layout.n_pieces(raw), zlib.crc32(raw)))
                ids = np.unique(_unpack(raw, layout).token_ids)
                if ids.size and ids[-1] >= len(df):
                    df = np.pad(df, (0, int(ids[-1]) + 1 - len(df)))
                df[ids] += 1
                end += file.write(raw)
                crc = zlib.crc32(raw, crc)
        keys = np.array(rows, _KEY).tobytes()
        with _opened(self._path("keys", generation), len(before.keys) * _KEY.itemsize) as file:
            file.write(keys)
        n_blocks, keys_crc = len(before.keys) + len(rows), zlib.crc32(keys, before.keys_crc)
        plain = layout == _BlockLayout()
        magic = _MAGIC if plain else _MAGIC_LAYOUT
        head = np.array((magic, generation, n_blocks, end, keys_crc, crc), _HEAD).tobytes()
        if not plain:
            head += np.array((layout.dimensions, layout.id_bytes), _LAYOUT).tobytes()
        head += df.astype("<u4").tobytes()
        write_bytes(self._folder / "head", head + _checksum(head))
        for path in self._folder.glob("*-*"):
            if not path.name.endswith(f"-{generation}"):
                path.unlink()

    def _path(self, name: str, generation: int) -> Path:
        return self._folder / f"{name}-{generation}"


def _empty(generation: int) -> _FileView:
    no_keys, no_order = np.empty(0, _KEY), np.empty(0, np.int64)
    return _FileView(
        generation,
        _BlockLayout(),
        0,
        0,
        0,
        no_keys,
        no_order,
        no_keys["key"],
        np.zeros(VOCABULARY, np.int64),
        b"",
    )


def _with_keys(
    known: _FileView, fresh: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.uint64]]:
    """A view's `keys`, `order` and `sorted_keys` with new keys, merged in and not sorted anew: of a million
    keys that takes 12 ms, where checking and sorting them all takes 155."""
    order = np.argsort(fresh["key"], kind="stable")
    sorted_fresh = fresh["key"][order]
    at = np.searchsorted(known.sorted_keys, sorted_fresh, side="right")
    return (
        np.concatenate([known.keys, fresh]),
        np.insert(known.order, at, order + len(known.keys)),
        np.insert(known.sorted_keys, at, sorted_fresh),
    )


def _is_cut_or_changed(view: _FileView) -> bool:
    """As far as a quick look shows: of a large store only the size is compared."""
    if view.n_bytes > _CHECKED_BYTES or len(view.data) < view.n_bytes:
        return len(view.data) < view.n_bytes
    return zlib.crc32(memoryview(view.data)[: view.n_bytes]) != view.blocks_crc


def _next_generation(folder: Path) -> int:
    """A number that no file has yet, so that files which others have mapped are never written over."""
    return 1 + max((int(path.name.rpartition("-")[2]) for path in folder.glob("*-*")), default=0)


def _mapped(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as file:
        empty = not file.seek(0, os.SEEK_END)
        return b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


@contextmanager
def _opened(path: Path, at: int) -> Iterator[BinaryIO]:
    """The file, to be written from `at` on; on the disk when closed."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
        file.seek(at)
        yield file
        file.flush()
        sync(file.fileno())


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "little")


def _raw(view: _FileView, row: Any) -> bytes | None:
    layout = view.layout
    start, n_bytes = int(row["start"]), layout.vector_bytes + int(row["n"]) * layout.piece_bytes
    raw = view.data[start : start + n_bytes]
    return raw if len(raw) == n_bytes and zlib.crc32(raw) == row["crc"] else None


def _pack(block: TokenBlock) -> bytes:
    return b"".join(
        np.ascontiguousarray(part, dtype).tobytes()
        for part, dtype in (
            (block.vector, "<f4"),
            (block.offsets, "<i4"),
            (block.token_ids, f"<u{block.token_ids.itemsize}"),
            (block.bits, "u1"),
        )
    )


def _unpack(raw: bytes, layout: _BlockLayout) -> TokenBlock:
    n, d = layout.n_pieces(raw), layout.dimensions
    offsets = layout.vector_bytes
    ids = offsets + _OFFSET_BYTES * n
    return TokenBlock(
        vector=np.frombuffer(raw, "<f4", d),
        offsets=np.frombuffer(raw, "<i4", 2 * n, offsets).reshape(n, 2),
        token_ids=np.frombuffer(raw, f"<u{layout.id_bytes}", n, ids),
        bits=np.frombuffer(raw, np.uint8, offset=ids + layout.id_bytes * n).reshape(n, d // 8),
    )
