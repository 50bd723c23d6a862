"""Numbers in words, units, and what makes a number a bound: the tables, and how they are read.

Grammar, not judgement: what a number is compared with is rag/support/number_check.py's. Words are folded
(rag/text/folding.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "t": 12}
_MEASURES = "kb mb gb tb pb ms hz khz mhz ghz mg kg ml"
UNITS = {unit: unit for unit in _MEASURES.split()} | {
    "%": "%",
    "percent": "%",
    "percentage": "%",
    "point": "points",
    "points": "points",
    "pp": "points",
    "x": "x",
    "times": "x",
    "fold": "x",
}
_COUNTS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_MULTIPLES = {
    ("once",): 1,
    ("twice", "double", "doubles", "doubled", "doubling", "twofold"): 2,
    ("thrice", "triple", "triples", "tripled", "tripling", "threefold"): 3,
    ("tenfold",): 10,
}
NUMBER_WORDS = {
    **{word: (n, "") for words in (_COUNTS, _ORDINALS) for n, word in enumerate(words.split())},
    **{word: (n, "") for n, word in zip(range(20, 100, 10), _TENS.split(), strict=True)},
    **{word: (n, "x") for words, n in _MULTIPLES.items() for word in words},
    **dict.fromkeys(("half", "halves", "halved", "halving"), (50, "%")),
    "dozen": (12, ""),
}
"""Value and unit."""
_PARTS = "half third quarter fifth sixth seventh eighth ninth tenth"
_FRACTIONS = {word + s: n for n, word in enumerate(_PARTS.split(), start=2) for s in ("", "s")}
_OF_A_WHOLE = frozenset(
    ("of", "as", "the", "fewer", "less", "lower", "smaller", "shorter", "cheaper", "faster", "higher", "more")
)
"""What follows a fraction: "a third of", "a third fewer"."""
COUNT_WORDS = {word: n for n, word in enumerate(_COUNTS.split())} | {"twenty": 20}
"""Whole numbers in words."""
ABOUT = frozenset(
    {"about", "around", "approximately", "approx", "roughly", "nearly", "almost", "circa", "ca"}
)
_LEAST = (
    r"over|above|beyond|exceed(?:s|ing)?|geq|upwards of|at least|(?:more|greater|higher|larger|longer) than",
    r"or (?:more|greater|higher|larger|longer|above)",
)
_MOST = (
    r"under|below|leq|up to|at most|(?:less|fewer|lower|smaller|shorter) than",
    r"or (?:less|fewer|lower|smaller|shorter|below)",
)
"""What says that a number is the least, or the most: before it, and after it."""
_DENIAL = frozenset(("never",))
_DENIED_WITHIN = 5
"""Words before a bound in which a denial turns it: "never loses more than half"."""
_BOUNDS = tuple(
    (
        sign,
        re.compile(rf"(?:^| )((?:not? )?(?:{before}))(?: an?)?$"),
        re.compile(rf"(?:\S+ )?({after})(?: |$)"),
    )
    for sign, (before, after) in ((-1, _MOST), (1, _LEAST))
)


def bound_of(words: Sequence[str], place: int) -> tuple[int, str]:
    """Whether a number is the least (1) or the most (-1), and the words that say so."""
    before = " ".join(word for word in words[max(0, place - 5) : place] if word not in ABOUT)
    after = " ".join(words[place + 1 : place + 4])
    for sign, leading, trailing in _BOUNDS:
        if found := leading.search(before) or trailing.match(after):
            start = place - len(found[1].split()) - _DENIED_WITHIN
            denied = found[1].startswith("no") or _DENIAL & set(words[max(0, start) : place - 1])
            return (-sign if denied else sign), found[1]
    return 0, ""


def fraction(words: Sequence[str], place: int) -> Decimal | None:
    """A fraction in words ("a third of", "two fifths") in percent; "half" where something of it is meant."""
    below = _FRACTIONS.get(words[place])
    before = words[place - 1] if place else ""
    above = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}.get(before, 0)
    if below is None or below == 2 or not above or above >= below:
        return None
    if above == 1 and (place + 1 == len(words) or words[place + 1] not in _OF_A_WHOLE):
        return None
    return (Decimal(100 * above) / below).quantize(Decimal("0.1"))


def number_word(chunk: str) -> tuple[int, str] | None:
    """Value and unit of a number in words, also as the first part of a compound: two-stage, twenty-two."""
    first, _, rest = chunk.partition("-")
    if first not in NUMBER_WORDS:
        return None
    value, unit = NUMBER_WORDS[first]
    ones = NUMBER_WORDS[rest][0] if first in _TENS.split() and rest in NUMBER_WORDS else 0
    return value + ones, unit
