"""Comparisons, and where a claim turns one round: it lets B beat A, the evidence A beat B.

Which words compare is told by rag/support/direction_words.py, what is the same thing by the words around
(rag/support/alignment.py's likeness). It is the one word rule that was shown to add to the learned judgement
(docs/checking.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rag.encoder.late_interaction import Floats
from rag.support.alignment import Reading
from rag.support.direction_words import STOP, any_of, read_directions

_COMPARES = (
    "outperform* surpass* exceed* beat* underperform* lose loses losing lost lag* trail* superior inferior"
    " short behind ahead"
)
"""Words whose neighbours are what is compared; with others "than" must follow."""
_GAINS = "gain* improv* degrad*"
"""Words after which "over" tells what is compared."""
_ENDS_LEFT = "that while whereas but where because since which find finds show shows"
_ENDS_RIGHT = """
on in by with at for when while across under as using but whereas over among despite within where without
"""
"""Words at which a side of a comparison ends."""
_COMPARING, _GAINING = any_of(_COMPARES), any_of(_GAINS)
_LEFT_END, _RIGHT_END = any_of(_ENDS_LEFT), any_of(_ENDS_RIGHT)

# Chosen on answers of questions_dev, the demo and sixty written apart, and SciFact's training claims; around
# these values hardly anything changes.
_FLOOR, _MARGIN = 0.9, 0.2


@dataclass(frozen=True, slots=True)
class ComparedSides:
    """The place of its word, the scale, the end it points to (1 or -1, negation reckoned in), and the places
    of what is compared."""

    place: int
    scale: str
    sign: int
    left: tuple[int, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """A text with its comparisons: the claim, or a sentence of evidence."""

    reading: Reading
    comparisons: tuple[ComparedSides, ...]


@dataclass(frozen=True, slots=True)
class TurnedRound:
    """A word of comparison in the claim, and the evidence's that speaks against it."""

    said: str
    found: str


def read_side(reading: Reading) -> Side:
    """A text's comparisons, in order."""
    directions = list(read_directions(reading))
    places = frozenset(found.place for found in directions)
    compared = [(found, *_compared(reading, places, found.place)) for found in directions]
    return Side(reading, tuple(ComparedSides(*found, left, right) for found, left, right in compared if left))


def turned_round(claim: Side, evidence: Sequence[Side], tables: Sequence[Floats]) -> Iterator[TurnedRound]:
    """The comparisons of a claim that the sentences of its evidence make the other way round.

    tables: `alignment.likeness` of the claim and each sentence.
    """
    for ours in claim.comparisons:
        best, found = _FLOOR, None
        for sentence, table in zip(evidence, tables, strict=True):
            for theirs in sentence.comparisons:
                if theirs.scale != ours.scale:
                    continue
                straight, crossed = _sides(ours, theirs, table)
                if abs(straight - crossed) > _MARGIN and max(straight, crossed) > best:
                    best = max(straight, crossed)
                    agrees = (ours.sign == theirs.sign) == (straight > crossed)
                    found = None if agrees else sentence.reading.words[theirs.place]
        if found is not None:
            yield TurnedRound(claim.reading.words[ours.place], found)


def _sides(ours: ComparedSides, theirs: ComparedSides, table: Floats) -> tuple[float, float]:
    """How like the two sides of one comparison are to those of the other, and to those exchanged: 0 to 2."""

    def alike(one: tuple[int, ...], other: tuple[int, ...]) -> float:
        return float(table[np.ix_(one, other)].max(axis=1).mean())

    straight = alike(ours.left, theirs.left) + alike(ours.right, theirs.right)
    return straight, alike(ours.left, theirs.right) + alike(ours.right, theirs.left)


def _compared(
    reading: Reading, places: frozenset[int], place: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places of the content words on either side of a comparison; none where a side is empty."""
    words, n = reading.words, len(reading.words)
    pivot = place
    if not _COMPARING.fullmatch(words[place]):
        pivot = _pivot(words, places, place)
    left, right = [], []
    for i in range(place - 1, max(-1, place - 9), -1):
        if _LEFT_END.fullmatch(words[i]) or reading.between(i, i + 1, STOP):
            break
        left.append(i)
    for i in range(pivot + 1, min(n, pivot + 9)):
        if (i > pivot + 1 and _RIGHT_END.fullmatch(words[i])) or reading.between(i - 1, i, STOP):
            break
        right.append(i)
    sides = [tuple(i for i in side if reading.is_content[i] and i not in places) for side in (left, right)]
    if not all(sides):
        return (), ()
    is_passive = pivot == place and place + 1 < n and words[place + 1] == "by"
    return (sides[1], sides[0]) if is_passive else (sides[0], sides[1])


def _pivot(words: Sequence[str], places: frozenset[int], place: int) -> int:
    """Where the "than" of a comparative is, or the "over" of a gain; past the end where there is none before
    the next word of direction."""
    word = "over" if _GAINING.fullmatch(words[place]) else "than"
    for i in range(place + 1, min(len(words), place + 9)):
        if words[i] == word:
            return i
        if i in places:
            break
    return len(words)
