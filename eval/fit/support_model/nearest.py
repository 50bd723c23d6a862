"""The texts of other papers that share most words with a text: what a gate takes for evidence most easily."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.text.stemming import content_stems

_N_PLACES = 4096
"""Stems are hashed into so many columns; two that share one are alike by chance, and rarely."""
_BLOCK = 512

Rows = NDArray[np.float32]


def nearest_of_others(
    texts: Sequence[str], owners: Sequence[str], among: Sequence[str], their_owners: Sequence[str]
) -> list[int]:
    """For each text the place in `among` of the nearest with another owner, or -1 where none shares a word.

    Nearness is the cosine of the stems' counts, each weighted by its rarity in `among`.
    """
    rarity = _rarity(among)
    names = {owner: number for number, owner in enumerate(dict.fromkeys([*owners, *their_owners]))}
    theirs = _rows(among, rarity)
    their_names = np.array([names[owner] for owner in their_owners])
    found: list[int] = []
    for start in range(0, len(texts), _BLOCK):
        ours = _rows(texts[start : start + _BLOCK], rarity)
        likeness = ours @ theirs.T
        our_names = np.array([names[owner] for owner in owners[start : start + _BLOCK]])
        likeness[our_names[:, None] == their_names[None, :]] = 0
        best = likeness.argmax(axis=1)
        shares = likeness[np.arange(len(best)), best] > 0
        found += np.where(shares, best, -1).tolist()
    return found


def _rarity(texts: Sequence[str]) -> dict[str, float]:
    counts = Counter(stem for text in texts for stem in content_stems(text))
    return {stem: float(np.log(1 + len(texts) / n)) for stem, n in counts.items()}


def _rows(texts: Sequence[str], rarity: dict[str, float]) -> Rows:
    """float32[len(texts), _N_PLACES], rows of length 1 (or 0)."""
    rows = np.zeros((len(texts), _N_PLACES), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for stem in content_stems(text):
            row[zlib.crc32(stem.encode()) % _N_PLACES] += rarity.get(stem, 0.0)
    unit: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
