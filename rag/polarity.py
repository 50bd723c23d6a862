"""The words of a text that give it a direction (higher, worse, outperforms), and those that deny.

Owns the word lists and what a word of direction is about. Comparing two texts is rag/contradiction.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.alignment import Reading

_SCALES = {
    "merit": (
        "outperform* surpass* exceed* beat* superior better best improv* enhanc* boost* strengthen* gain*"
        " benefit* win wins winning won excel* ahead help helps helped helping",
        "underperform* inferior worse worst degrad* deteriorat* worsen* weaken* hurt* harm* impair* lose"
        " loses losing lost lag* trail* behind short hinder* suffer*",
    ),
    "amount": (
        "more higher highest greater greatest larger largest bigger biggest increas* rais* rise rises rising"
        " rose grow grows growing grew amplif*",
        "less fewer fewest lower* lowest smaller smallest decreas* reduc* drop drops declin* shrink* shrank"
        " cut cuts cutting diminish* fall falls falling fell minimi* lessen*",
    ),
    "level": ("above", "below"),
    "extreme": ("most", "least"),
    "speed": ("faster fastest quicker speedup* accelerat*", "slower slowest slowdown* decelerat*"),
    "length": ("longer longest", "shorter shortest"),
    "cost": ("costlier pricier dearer", "cheaper cheapest"),
    "ease": ("easier easiest", "harder hardest"),
    "strength": ("stronger strongest", "weaker weakest"),
}
"""Scales with the words of their two ends; a star stands for any ending."""
_MAKES_ANOTHER = "short behind below edge off"
"""After which a word of direction is none, or the word itself is: it fell short, cutting-edge."""
_COMPARES = (
    "outperform* surpass* exceed* beat* underperform* lose loses losing lost lag* trail* superior inferior"
    " short behind ahead"
)
"""Words whose neighbours are what is compared; with others "than" must follow."""
_JOINING = "but while whereas yet as when if because since that which"
"""Words at which another clause begins."""
_ENDS_LEFT = "that while whereas but where because since which find finds show shows"
_ENDS_RIGHT = """
on in by with at for when while across under as using but whereas over among despite within where without
"""
"""Words at which a side of a comparison ends."""
_DENIES_PART = "only necessarily always just merely all every"
"""After which a negation leaves something standing."""
_NEGATION = r"not|no|never|cannot|without|none|hardly|\w+n['’]t"
_DENIAL = (
    rf"{_NEGATION}|neither|nor|nothing|otherwise|fail\w*|unable|lack\w*|difficult\w*|struggl\w*|rarely|seldom|few"
    r"|little|instead|rather|avoid\w*|prevent\w*|limited|minimal|remov\w*|eliminat\w*|absen\w*|unlike|un\w+|free"
    r"|drop\w*|discard\w*|overlook\w*|ignor\w*|neglect\w*|less|fewer|lower|reduc\w*|halt\w*|zero|devoid|short|loss"
    r"|than|skip\w*|only"
)
_STOP = re.compile(r"[,;:.!?]\s|[()]")
_FULL_STOP = re.compile(r"[;:.](?:\s|$)")


def _any_of(words: str) -> re.Pattern[str]:
    return re.compile("|".join(word.replace("*", r"\w*") for word in words.split()))


_ENDS = {scale: (_any_of(more), _any_of(less)) for scale, (more, less) in _SCALES.items()}
_COMPARING, _ANOTHER = _any_of(_COMPARES), _any_of(_MAKES_ANOTHER)
_LEFT_END, _RIGHT_END, _PART = _any_of(_ENDS_LEFT), _any_of(_ENDS_RIGHT), _any_of(_DENIES_PART)
_JOINS, _NEGATING = _any_of(_JOINING), re.compile(_NEGATION)
_REVERSING = re.compile(rf"{_NEGATION}|neither|nor|fail(?:s|ed)?")
_DENYING = re.compile(_DENIAL)


@dataclass(frozen=True, slots=True)
class Pointer:
    """A word of direction: its place, its scale, and the end it points to (1 or -1, negation reckoned in).

    around: places of the content words near it. left, right: of what is compared, empty where nothing is.
    """

    place: int
    scale: str
    sign: int
    around: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Polarity:
    """A text's words of direction, the places of the words it denies, and of all words near a denial."""

    pointers: tuple[Pointer, ...]
    denied: tuple[int, ...]
    near_denial: frozenset[int]


def read_polarity(reading: Reading) -> Polarity:
    pointing = list(_pointing(reading))
    pointers = tuple(_pointer(reading, pointing, *found) for found in pointing)
    return Polarity(pointers, tuple(_denied(reading)), frozenset(_near_denial(reading)))


def _pointing(reading: Reading) -> Iterator[tuple[int, str, int]]:
    """Place, scale and sign of each word of direction."""
    words = reading.words
    for place, word in enumerate(words):
        if place + 1 < len(words) and _ANOTHER.fullmatch(words[place + 1]):
            continue
        if end := _end(word):
            scale, sign = end
            yield place, scale, -sign if _is_negated(reading, place) else sign


@lru_cache(maxsize=8192)
def _end(word: str) -> tuple[str, int] | None:
    """The scale of a word of direction, and its end; None for any other word."""
    for scale, (more, less) in _ENDS.items():
        if sign := 1 if more.fullmatch(word) else -1 if less.fullmatch(word) else 0:
            return scale, sign
    return None


def _is_negated(reading: Reading, place: int) -> bool:
    before = range(place - 1, max(-1, place - 4), -1)
    nearest = next((i for i in before if _REVERSING.fullmatch(reading.words[i])), None)
    if nearest is None or _PART.fullmatch(reading.words[nearest + 1]):
        return False
    return not reading.between(nearest, place, _STOP)


def _pointer(
    reading: Reading, pointing: Sequence[tuple[int, str, int]], place: int, scale: str, sign: int
) -> Pointer:
    places = frozenset(other for other, _, _ in pointing)
    rivals = [other for other, on, _ in pointing if on == scale]
    clause = range(_edge(reading, rivals, place, -1), _edge(reading, rivals, place, 1))
    around = (i for i in reading.content_around(place, 6) if i not in places and i in clause)
    left, right = _compared(reading, places, place)
    return Pointer(place, scale, sign, tuple(around), left, right)


def _edge(reading: Reading, rivals: Sequence[int], place: int, step: int) -> int:
    """Where the clause of a word of direction begins (step -1), or the next one (step 1).

    "And" ends one only where another word of the scale follows: "lower latency and 4.7x higher throughput".
    """
    n = len(reading.words)
    places = range(place + 1, n) if step > 0 else range(place, 0, -1)
    has_rival = any((rival - place) * step > 0 for rival in rivals)
    for i in places:
        joins = _JOINS.fullmatch(reading.words[i]) or (has_rival and reading.words[i] in ("and", "or"))
        if joins or reading.between(i - 1, i, _STOP):
            return i
    return n if step > 0 else 0


def _compared(
    reading: Reading, places: frozenset[int], place: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places of the content words on either side of a comparison; none where a side is empty."""
    words, n = reading.words, len(reading.words)
    pivot = place
    if not _COMPARING.fullmatch(words[place]):
        pivot = next((i for i in range(place + 1, min(n, place + 9)) if words[i] == "than"), n)
    left, right = [], []
    for i in range(place - 1, max(-1, place - 9), -1):
        if _LEFT_END.fullmatch(words[i]) or reading.between(i, i + 1, _STOP):
            break
        left.append(i)
    for i in range(pivot + 1, min(n, pivot + 9)):
        if (i > pivot + 1 and _RIGHT_END.fullmatch(words[i])) or reading.between(i - 1, i, _STOP):
            break
        right.append(i)
    sides = [tuple(i for i in side if reading.is_content[i] and i not in places) for side in (left, right)]
    if not all(sides):
        return (), ()
    is_passive = pivot == place and place + 1 < n and words[place + 1] == "by"
    return (sides[1], sides[0]) if is_passive else (sides[0], sides[1])


def _denied(reading: Reading) -> Iterator[int]:
    """Places of the words that a negation is about: the first content word after it."""
    words = reading.words
    for place, word in enumerate(words):
        following = range(place + 1, min(len(words), place + 4))
        if not _NEGATING.fullmatch(word) or (following and _PART.fullmatch(words[place + 1])):
            continue
        for i in following:
            if reading.between(place, i, _STOP) or words[i] in ("than", "more", "less"):
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
