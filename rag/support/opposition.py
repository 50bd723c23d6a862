"""Where a sentence compares the other way round than a claim, found in batches.

Owns how texts are read for that, and what is kept of it. What is turned round is
rag/support/comparisons.py's, what follows for the claim rag/support/gate.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from rag.encoder.late_interaction import Floats
from rag.encoder.minilm import Encoder
from rag.support import alignment
from rag.support.comparisons import Side, read_side, turned_round
from rag.text.sentences import split_sentences

_KEPT = 256
"""Texts whose reading is kept (50 KB each): the same sentences are asked for again and again."""
_PADDING = 0.3
"""Share of a batch that may be padding: short texts are encoded with short ones."""


@dataclass(frozen=True, slots=True)
class Opposed:
    """That evidence speaks against a claim, in words for the reader, and the claim's word of comparison."""

    reason: str
    word: str = ""


class Opposition:
    """Claims and their evidence in, what opposes them out. Safe to share between threads."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._sides: dict[str, Side] = {}
        self._lock = Lock()

    def find_all(self, pairs: Iterable[tuple[str, Sequence[str]]]) -> list[tuple[Opposed, ...]]:
        """For each claim with its evidence, what opposes it; none where nothing does. All new texts are
        encoded together."""
        split = [
            (claim, [s.text for text in evidence for s in split_sentences(text)]) for claim, evidence in pairs
        ]
        sides = self._read([text for claim, sentences in split for text in (claim, *sentences)])
        return [
            _opposed(sides[claim], [sides[sentence] for sentence in sentences]) for claim, sentences in split
        ]

    def _read(self, texts: Sequence[str]) -> Mapping[str, Side]:
        with self._lock:
            found = {text: known for text in texts if (known := self._sides.get(text))}
        for group in _by_length({text for text in texts if text not in found}):
            for text, encoded in zip(group, self._encoder.encode_passages(group), strict=True):
                reading = alignment.read(text, encoded)
                found[text] = read_side(reading)
        with self._lock:
            self._sides = dict([*self._sides.items(), *found.items()][-_KEPT:])
        return found


def _opposed(claim: Side, evidence: Sequence[Side]) -> tuple[Opposed, ...]:
    evidence = [side for side in evidence if side.comparisons]
    if not claim.comparisons or not evidence:
        return ()
    tables: list[Floats] = alignment.likeness(claim.reading, [side.reading for side in evidence])
    return tuple(
        Opposed(f"the cited sentence compares the other way round (“{each.found}”)", each.said)
        for each in dict.fromkeys(turned_round(claim, evidence, tables))
    )


def _by_length(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in groups of like length, so that little of a batch is padding."""
    group: list[str] = []
    filled = 0
    for text in sorted(texts, key=len):
        if group and filled + len(text) < (1 - _PADDING) * (len(group) + 1) * len(text):
            yield group
            group, filled = [], 0
        group.append(text)
        filled += len(text)
    if group:
        yield group
