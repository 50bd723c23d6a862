"""Where evidence speaks against a claim in so many words: direction, sides and negation.

Direction: the claim says "higher", the evidence "lower", of the same thing. Sides: the claim lets B beat A,
the evidence A beat B. Negation: one denies what the other says. What is the same thing is told by the words
around (rag/support/alignment.py's likeness). Rules, not understanding, made to be right when they speak:
entailment is a model's work (rag/answering/llm_judge.py). The words themselves are rag/support/polarity.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rag.encoder.late_interaction import Floats
from rag.support.alignment import Reading
from rag.support.polarity import Pointer, Polarity

# Chosen on answers of questions_dev, the demo and sixty written apart, and SciFact's training claims; around
# these values hardly anything changes.
_ABOUT_FLOOR, _ABOUT_MARGIN = 0.5, 0.05
_SIDES_FLOOR, _SIDES_MARGIN = 0.9, 0.2
_DENIED_FLOOR = 0.5


@dataclass(frozen=True, slots=True)
class Side:
    """A text with its polarity: the claim, or a sentence of evidence."""

    reading: Reading
    polarity: Polarity


@dataclass(frozen=True, slots=True)
class Contradiction:
    """How evidence speaks against a claim: `kind` is "direction", "sides" or "negation", with the word of
    the claim and the word of the evidence."""

    kind: str
    said: str
    found: str


@dataclass(frozen=True, slots=True)
class _Match:
    """A word of direction in the evidence, how surely it is about the claim's thing, and whether both say the
    same of it (1) or the opposite (-1)."""

    alike: float
    agrees: int
    word: str


def contradictions(
    claim: Side, evidence: Sequence[Side], tables: Sequence[Floats]
) -> Iterator[Contradiction]:
    """The contradictions between a claim and the sentences of its evidence.

    tables: `alignment.likeness` of the claim and each sentence.
    """
    for pointer in claim.polarity.pointers:
        yield from _against(pointer, claim, evidence, tables)
    yield from _denied(claim, evidence, tables)
    for sentence, table in zip(evidence, tables, strict=True):
        for other in _denied(sentence, [claim], [table.T]):
            yield Contradiction(other.kind, other.found, other.said)


def _against(
    pointer: Pointer, claim: Side, evidence: Sequence[Side], tables: Sequence[Floats]
) -> Iterator[Contradiction]:
    word = claim.reading.words[pointer.place]
    about: list[_Match] = []
    sides: list[_Match] = []
    for sentence, table in zip(evidence, tables, strict=True):
        for other in sentence.polarity.pointers:
            if other.scale == pointer.scale:
                agrees, found = pointer.sign * other.sign, sentence.reading.words[other.place]
                about.append(_Match(_about(pointer, other, table), agrees, found))
                if pointer.left and other.left:
                    straight, crossed = _sides(pointer, other, table)
                    turned = agrees if straight > crossed else -agrees
                    if abs(straight - crossed) > _SIDES_MARGIN:
                        sides.append(_Match(max(straight, crossed), turned, found))
    compared = max(sides, key=lambda match: match.alike, default=None)
    if compared is not None and compared.alike > _SIDES_FLOOR:
        if compared.agrees < 0:
            yield Contradiction("sides", word, compared.word)
        return
    agreeing = max((match.alike for match in about if match.agrees > 0), default=0.0)
    opposed = max((match for match in about if match.agrees < 0), key=lambda m: m.alike, default=None)
    if opposed and opposed.alike > max(_ABOUT_FLOOR, agreeing + _ABOUT_MARGIN):
        yield Contradiction("direction", word, opposed.word)


def _about(pointer: Pointer, other: Pointer, table: Floats) -> float:
    """How much the words around one are like those around the other, 0 to 1: the mean of both ways."""
    if not pointer.around or not other.around:
        return 0.0
    alike = table[np.ix_(pointer.around, other.around)]
    return float(alike.max(axis=1) @ pointer.weights + alike.max(axis=0) @ other.weights) / 2


def _sides(pointer: Pointer, other: Pointer, table: Floats) -> tuple[float, float]:
    """How like the two sides of one comparison are to those of the other, and to those exchanged: 0 to 2."""

    def alike(ours: tuple[int, ...], theirs: tuple[int, ...]) -> float:
        return float(table[np.ix_(ours, theirs)].max(axis=1).mean())

    straight = alike(pointer.left, other.left) + alike(pointer.right, other.right)
    return straight, alike(pointer.left, other.right) + alike(pointer.right, other.left)


def _denied(one: Side, others: Sequence[Side], tables: Sequence[Floats]) -> Iterator[Contradiction]:
    """What `one` denies and the others say of the same thing, without a denial anywhere near."""
    for place in one.polarity.denied:
        stem = one.reading.stems[place]
        said = [
            (_context(one.reading, place, other.reading, i, table), i in other.polarity.near_denial)
            for other, table in zip(others, tables, strict=True)
            for i, candidate in enumerate(other.reading.stems)
            if candidate == stem
        ]
        if said and not any(near for _, near in said) and max(said)[0] > _DENIED_FLOOR:
            yield Contradiction("negation", one.reading.words[place], one.reading.words[place])


def _context(one: Reading, place: int, other: Reading, i: int, table: Floats) -> float:
    ours, theirs = one.content_around(place, 4), other.content_around(i, 7)
    if not ours or not theirs:
        return 0.0
    return float(table[np.ix_(ours, theirs)].max(axis=1).mean())
