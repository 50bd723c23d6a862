"""What the words of direction of a text are about, and what it denies.

Reading words of direction is rag/support/direction_words.py's; comparing two texts is
rag/support/contradiction.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rag.encoder.late_interaction import Floats
from rag.support.alignment import Reading
from rag.support.direction_words import DENIES_PART, NEGATION, STOP, Direction, any_of, read_directions

_COMPARES = (
    "outperform* surpass* exceed* beat* underperform* lose loses losing lost lag* trail* superior inferior"
    " short behind ahead"
)
"""Words whose neighbours are what is compared; with others "than" must follow."""
_GAINS = "gain* improv* degrad*"
"""Words after which "over" tells what is compared."""
_JOINING = "but while whereas yet as when if because since that which"
"""Words at which another clause begins."""
_ENDS_LEFT = "that while whereas but where because since which find finds show shows"
_ENDS_RIGHT = """
on in by with at for when while across under as using but whereas over among despite within where without
"""
"""Words at which a side of a comparison ends."""
_DENIAL = (
    rf"{NEGATION}|neither|nor|nothing|otherwise|fail\w*|unable|lack\w*|difficult\w*|struggl\w*|rarely|seldom|few"
    r"|little|instead|rather|avoid\w*|prevent\w*|limited|minimal|remov\w*|eliminat\w*|absen\w*|unlike|un\w+|free"
    r"|drop\w*|discard\w*|overlook\w*|ignor\w*|neglect\w*|less|fewer|lower|reduc\w*|halt\w*|zero|devoid|short|loss"
    r"|than|skip\w*|only"
)
_DISTANCE = 2
"""A word this far from a word of direction counts half for what it is about."""
_AFTER = 2
"""How much more a word after it counts than one before: "lower latency"."""
_FULL_STOP = re.compile(r"[;:.](?:\s|$)")

_COMPARING, _GAINING, _JOINS = any_of(_COMPARES), any_of(_GAINS), any_of(_JOINING)
_LEFT_END, _RIGHT_END = any_of(_ENDS_LEFT), any_of(_ENDS_RIGHT)
_NEGATING, _DENYING = re.compile(NEGATION), re.compile(_DENIAL)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A word of direction: its place, its scale, and the end it points to (1 or -1, negation reckoned in).

    around: places of the content words near it. weights: float32, how much each of them tells, summing to 1.
    left, right: places of what is compared, empty where nothing is.
    """

    place: int
    scale: str
    sign: int
    around: tuple[int, ...]
    weights: Floats
    left: tuple[int, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Polarity:
    """A text's words of direction, the places of the words it denies, and of all words near a denial."""

    pointers: tuple[Pointer, ...]
    denied: tuple[int, ...]
    near_denial: frozenset[int]


def read_polarity(reading: Reading) -> Polarity:
    directions = list(read_directions(reading))
    pointers = tuple(_pointer(reading, directions, found) for found in directions)
    return Polarity(pointers, tuple(_denied(reading)), frozenset(_near_denial(reading)))


def _pointer(reading: Reading, directions: Sequence[Direction], found: Direction) -> Pointer:
    place, scale, sign = found
    places = frozenset(other.place for other in directions)
    rivals = [other.place for other in directions if other.scale == scale]
    clause = range(_edge(reading, rivals, place, -1), _edge(reading, rivals, place, 1))
    near = [i for i in reading.content_around(place, 6) if i not in places]
    around = [i for i in near if i in clause] or near
    left, right = _compared(reading, places, place)
    return Pointer(place, scale, sign, tuple(around), _nearness(place, around), left, right)


def _nearness(place: int, around: Sequence[int]) -> Floats:
    """How much each word around one tells of what it is about: float32[len(around)], summing to 1."""
    places = np.array(around)
    weights = np.where(places > place, _AFTER, 1) / (1 + np.abs(places - place) / _DISTANCE)
    return np.asarray(weights / weights.sum(), np.float32)


def _edge(reading: Reading, rivals: Sequence[int], place: int, step: int) -> int:
    """Where the clause of a word of direction begins (step -1), or the next one (step 1).

    "And" ends one only where another word of the scale follows: "lower latency and 4.7x higher throughput".
    """
    n = len(reading.words)
    places = range(place + 1, n) if step > 0 else range(place, 0, -1)
    has_rival = any((rival - place) * step > 0 for rival in rivals)
    for i in places:
        joins = _JOINS.fullmatch(reading.words[i]) or (has_rival and reading.words[i] in ("and", "or"))
        if joins or reading.between(i - 1, i, STOP):
            return i
    return n if step > 0 else 0


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


def _denied(reading: Reading) -> Iterator[int]:
    """Places of the words that a negation is about: the first content word after it."""
    words = reading.words
    for place, word in enumerate(words):
        if word == "free" and place and reading.text[reading.starts[place] - 1] == "-":
            yield place - 1
            continue
        following = range(place + 1, min(len(words), place + 4))
        if not _NEGATING.fullmatch(word) or (following and DENIES_PART.fullmatch(words[place + 1])):
            continue
        for i in following:
            if reading.between(place, i, STOP) or words[i] in ("than", "more", "less"):
                break
            if reading.is_content[i] and not words[i].endswith("ly"):
                yield i
                break


def _near_denial(reading: Reading) -> Iterator[int]:
    """Places with something like a denial up to nine words before in the sentence, or three after."""
    denials = [i for i, word in enumerate(reading.words) if _DENYING.fullmatch(word)]
    for place in range(len(reading.words)):
        if any(-3 <= place - i <= 0 for i in denials) or any(
            0 < place - i <= 9 and not reading.between(i, place, _FULL_STOP) for i in denials
        ):
            yield place
