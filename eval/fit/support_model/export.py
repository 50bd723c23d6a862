"""Makes the file that ships: what the learned weights differ by from MiniLM's, in a few bits each.

The format is rag/support/weight_difference.py's. Each group of weights gets the scale that leaves the least
squared error among a few.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.support import support_graph
from rag.support.weight_difference import GROUP, Floats, pack_codes, unpack

N_BITS, N_HEAD_BITS = 4, 8
_SMALL = 4096
"""Tensors of fewer numbers (biases, norms) are kept in float16."""
_SCALES = (0.75, 0.85, 0.92, 1.0)
"""Shares of a group's largest weight that are tried as its largest code."""


def difference_file(
    learned: Mapping[str, Floats], base: Mapping[str, Floats], about: Mapping[str, Any]
) -> bytes:
    """The bytes of the file: the same for the same weights.

    learned: the tensors that changed, and the new ones. about: calibration and thresholds, for the runtime.
    """
    arrays: dict[str, NDArray[Any]] = {}
    bits: dict[str, int] = {}
    for name, value in learned.items():
        change = value - base[name] if name in base else value
        if change.size < _SMALL:
            arrays[name] = change.astype(np.float16)
        else:
            bits[name] = N_BITS if name in base else N_HEAD_BITS
            codes, arrays[f"{name}:scales"] = _quantised(change, bits[name])
            arrays[f"{name}:codes"] = pack_codes(codes, bits[name])
    shapes = {name: list(value.shape) for name, value in learned.items()}
    described = json.dumps({**about, "bits": bits, "shapes": shapes}, sort_keys=True)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, about=np.array(described), **arrays)
    return file.getvalue()


def rounded(learned: Mapping[str, Floats], base: Mapping[str, Floats]) -> dict[str, Floats]:
    """The tensors as the program will have them: in a few bits, and back."""
    there = unpack(difference_file(learned, base, {}), Path("the weights just learned"))
    return {name: base[name] + value if name in base else value for name, value in there.tensors.items()}


def _quantised(change: Floats, bits: int) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Codes int8[n GROUP], the last group filled up with zeros, and a scale for each group."""
    groups = np.pad(change.reshape(-1), (0, -change.size % GROUP)).reshape(-1, GROUP)
    top = (1 << (bits - 1)) - 1
    largest = np.maximum(np.abs(groups).max(axis=1), 1e-6)
    best, codes = np.full(len(groups), np.inf), np.zeros(groups.shape, np.int8)
    scales = np.zeros(len(groups), np.float16)
    for share in _SCALES:
        scale = (largest * share / top).astype(np.float16)
        wide = np.maximum(scale.astype(np.float32), np.float32(1e-7))[:, None]
        tried = np.clip(np.rint(groups / wide), -top, top).astype(np.int8)
        error = ((tried * wide - groups) ** 2).sum(axis=1)
        better = error < best
        best[better], codes[better], scales[better] = error[better], tried[better], scale[better]
    return codes.reshape(-1), scales


def ship(content: bytes) -> str:
    """Put the file where the program looks for it, and its SHA-256 into the module that checks it."""
    sha256 = hashlib.sha256(content).hexdigest()
    support_graph.DIFFERENCE.write_bytes(content)
    module = Path(support_graph.__file__)
    line = f'DIFFERENCE_SHA256 = "{sha256}"'
    module.write_text(re.sub(r'DIFFERENCE_SHA256 = "\w*"', line, module.read_text("utf-8")), "utf-8")
    return sha256
