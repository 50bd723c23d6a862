"""The learned judgement as a small file: what its weights differ by from MiniLM's, a few bits a weight.

Owns the format. eval/fit/support_model writes the file, rag/support/support_graph.py applies it. A .npz with,
for each tensor, either `NAME` (float16, added as it is) or `NAME:codes` and `NAME:scales`: whole numbers of
`bits` bits, packed, and one float16 scale for each GROUP of them. `about` is JSON: bits, shapes, calibration.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import SupportModelError

GROUP = 64
"""Weights that share a scale. The last group is filled up with zeros."""

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class WeightDifference:
    """tensors: what to add to MiniLM's tensor of that name, or the tensor itself where MiniLM has none.
    about: the file's JSON."""

    tensors: dict[str, Floats]
    about: dict[str, Any]


def read_difference(path: Path, sha256: str) -> WeightDifference:
    """The difference in `path`. Raises SupportModelError where it is missing or not the file it should be."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SupportModelError(
            f"the learned judgement is missing: {path} ({error.strerror}); install the program again"
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SupportModelError(
            f"the learned judgement is damaged: {path} is not the file that was shipped; "
            "install the program again"
        )
    return unpack(content, path)


def unpack(content: bytes, path: Path) -> WeightDifference:
    """The difference in a file's bytes. Raises SupportModelError, naming `path`, where it cannot be read."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            tensors = {
                name: _restore(file[f"{name}:codes"], file[f"{name}:scales"], about["bits"][name], shape)
                if name in about["bits"]
                else file[name].astype(np.float32)
                for name, shape in about["shapes"].items()
            }
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SupportModelError(
            f"the learned judgement cannot be read: {path} ({error}); install the program again"
        ) from error
    return WeightDifference(tensors, about)


def _restore(codes: Bytes, scales: NDArray[np.float16], bits: int, shape: list[int]) -> Floats:
    values = unpack_codes(codes, bits, len(scales) * GROUP).reshape(-1, GROUP)
    weights = values.astype(np.float32) * scales[:, None].astype(np.float32)
    return weights.reshape(-1)[: int(np.prod(shape))].reshape(shape)


def pack_codes(codes: NDArray[np.int8], bits: int) -> Bytes:
    """Whole numbers from -(2^(bits-1) - 1) to 2^(bits-1) - 1, `bits` bits each: uint8[ceil(n bits / 8)]."""
    shifted = (codes.astype(np.int16) + (1 << (bits - 1))).astype(np.uint8)
    return np.packbits(np.unpackbits(shifted[:, None], axis=1, count=bits, bitorder="little"))


def unpack_codes(packed: Bytes, bits: int, n: int) -> NDArray[np.int8]:
    """int8[n]: what `pack_codes` was given. Raises ValueError where there are too few bytes."""
    planes = np.unpackbits(packed, count=n * bits).reshape(n, bits)
    shifted = np.packbits(planes, axis=1, bitorder="little")[:, 0]
    return (shifted.astype(np.int16) - (1 << (bits - 1))).astype(np.int8)
