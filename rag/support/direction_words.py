"""The words of a text that give it a direction: higher, worse, outperforms, "less time".

Owns the word lists, negation's among them, and which words only bound a number. What is compared is
rag/support/comparisons.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rag.support.alignment import Reading

_SCALES = {
    "merit": (
        "outperform* surpass* exceed* beat* superior better best improv* enhanc* boost* strengthen* gain*"
        " benefit* win wins winning won excel* ahead help helps helped helping helpful optimal",
        "underperform* inferior worse worst degrad* deteriorat* worsen* weaken* hurt* harm* impair* lose"
        " loses losing lost lag* trail* behind short hinder* suffer* unhelpful suboptimal",
    ),
    "amount": (
        "more higher highest greater greatest larger largest bigger biggest increas* rais* rise rises rising"
        " rose grow grows growing grew amplif* expand* extend* enlarg* widen* doubl* tripl*",
        "less fewer fewest lower* lowest smaller smallest decreas* reduc* drop drops declin* shrink* shrank"
        " cut cuts cutting diminish* fall falls falling fell minimi* lessen* halv* mitigat* alleviat*"
        " eliminat* removes removed obviat*",
    ),
    "level": ("above", "below"),
    "extreme": ("most majority", "least minority"),
    "speed": (
        "faster fastest quicker speedup* accelerat* speeds sped",
        "slower slowest slowdown* decelerat* slows slowed",
    ),
    "length": ("longer longest", "shorter shortest"),
    "cost": ("costlier pricier dearer", "cheaper cheapest"),
    "ease": ("easier easiest", "harder hardest"),
    "strength": ("stronger strongest", "weaker weakest"),
}
"""Scales with the words of their two ends; a star stands for any ending."""
_MAKES_ANOTHER = "short behind below edge off"
"""After which a word of direction is none, or the word itself is: it fell short, cutting-edge."""
_IN_WORDS = "half one two three four five six seven eight nine ten third quarter"
"""Numbers that a word of direction may bound."""
_NEGATION = r"not|non|no|never|cannot|without|none|hardly|\w+n['’]t"
STOP = re.compile(r"[,;:.!?]\s|[()]")


def any_of(words: str) -> re.Pattern[str]:
    """What matches any of some words; a star stands for any ending."""
    return re.compile("|".join(word.replace("*", r"\w*") for word in words.split()))


_ENDS = {scale: (any_of(more), any_of(less)) for scale, (more, less) in _SCALES.items()}
_ANOTHER, _NUMBER = any_of(_MAKES_ANOTHER), any_of(_IN_WORDS)
_FAST, _SLOW = any_of("speed throughput"), any_of("time times latency latencies runtime")
_GOOD = any_of(
    "accura* performan* effective* efficien* quality robust* faithful* fidelity precis* recall reliab*"
    " general* stab* interpretab* consisten* coheren* score scores success* useful* capab* competitive*"
)
_DENIES_PART = any_of("only necessarily always just merely all every")
"""After which a negation leaves something standing."""
_REVERSING = re.compile(rf"{_NEGATION}|neither|nor|fail(?:s|ed)?")


class Direction(NamedTuple):
    """A word of direction: its place, its scale, and the end it points to (1 or -1, negation reckoned in)."""

    place: int
    scale: str
    sign: int


def read_directions(reading: Reading) -> Iterator[Direction]:
    """The words of direction, in order; one may point on two scales."""
    words = reading.words
    for place, word in enumerate(words):
        end = _end(word)
        if not end or _is_another(words, place) or _bounds_a_number(words, place):
            continue
        scale, sign = end
        found = Direction(place, scale, -sign if _is_negated(reading, place) else sign)
        yield found
        if implied := _implied(reading, found):
            yield implied


def _is_another(words: Sequence[str], place: int) -> bool:
    return place + 1 < len(words) and bool(_ANOTHER.fullmatch(words[place + 1]))


def _bounds_a_number(words: Sequence[str], place: int) -> bool:
    """Whether a word is in "more than 85%", "above 5" or "50% or less": those are
    rag/support/number_check.py's."""
    if place > 1 and words[place - 1] == "or":
        return _is_number(words[place - 2]) or (place > 2 and _is_number(words[place - 3]))
    after = place + 1 + (words[place + 1 : place + 2] == ("than",))
    is_bound = after == place + 2 or words[place] in ("above", "below")
    return is_bound and after < len(words) and _is_number(words[after])


def _is_number(word: str) -> bool:
    return word[0].isdigit() or bool(_NUMBER.fullmatch(word))


def _implied(reading: Reading, found: Direction) -> Direction | None:
    """What more or less, or better or worse, of a thing comes to: "less time" is faster."""
    words, (place, scale, sign) = reading.words, found
    if scale not in ("amount", "merit"):
        return None
    for i in range(place + 1, min(len(words), place + 4)):
        if reading.between(i - 1, i, STOP) or words[i] in ("and", "or"):
            return None
        if _FAST.fullmatch(words[i]):
            return Direction(place, "speed", sign)
        if _SLOW.fullmatch(words[i]):
            return Direction(place, "speed", sign if scale == "merit" else -sign)
        if _GOOD.fullmatch(words[i]) and scale == "amount":
            return Direction(place, "merit", sign)
    return None


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
    if nearest is None or _DENIES_PART.fullmatch(reading.words[nearest + 1]):
        return False
    return not reading.between(nearest, place, STOP)
