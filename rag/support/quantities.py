"""Numbers in a text: their value, their unit, and what they count.

2.27x, 2.27 times and `2.27\\times` are one, so are 9\\% and 9 percent, 1,024 and 1024, 10K and 10,000, ten
and 10. Holding a claim's against its evidence's is rag/support/number_check.py's, one spelling
rag/text/folding.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag.text.folding import fold
from rag.text.stopwords import STOP_WORDS

_CHUNK = re.compile(r"[^\s,;:!?()\[\]\"'|=<>≈≤≥±+&]+")
_EDGES = "-./*#@$€£~_"
_NUMBER = re.compile(r"(\d+(?:d\d+)?)(%|[a-z]*)")
"""A number in folded text, where the decimal point is a d, and what is glued to it."""
_NOT_SAID = re.compile(r"\[\d+(?:\s*[-,;–]\s*\d+)*\]|\(\d{1,2}\)(?=\s)|^\s*\d{1,2}[.)](?=\s)")
"""Citation markers and the numbers of list items."""
_SIGNS = str.maketrans({"·": ".", "≥": " at least ", "≤": " at most "})
_SMALL = 20
_COUNTED = 4
"""Words after a number among which is what it counts."""

_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "t": 12}
_MEASURES = "kb mb gb tb pb ms hz khz mhz ghz mg kg ml"
_UNITS = {unit: unit for unit in _MEASURES.split()} | {
    "%": "%",
    "percent": "%",
    "percentage": "%",
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
_NUMBER_WORDS = {
    **{word: (n, "") for words in (_COUNTS, _ORDINALS) for n, word in enumerate(words.split())},
    **{word: (n, "") for n, word in zip(range(20, 100, 10), _TENS.split(), strict=True)},
    **{word: (n, "x") for words, n in _MULTIPLES.items() for word in words},
    **dict.fromkeys(("half", "halves", "halved", "halving"), (50, "%")),
}
"""Value and unit."""
_ABOUT = frozenset(
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
_BOUNDS = tuple(
    (
        sign,
        re.compile(rf"(?:^| )((?:not? )?(?:{before}))(?: an?)?$"),
        re.compile(rf"(?:\S+ )?({after})(?: |$)"),
    )
    for sign, (before, after) in ((-1, _MOST), (1, _LEAST))
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as a text has it."""

    value: Decimal
    unit: str
    """"%", "x", a unit of size or time, or "" for any other."""
    text: str
    counted: frozenset[str]
    """The beginnings of the words after it, one of which is what it counts."""
    as_name: str = ""
    """The word before it and the number, run together: "llama2" for Llama 2."""
    in_words: bool = False
    is_rough: bool = False
    """"About" stands before it."""
    bound: int = 0
    """1 for "at least" and the like, -1 for "up to" and the like."""
    bounded_by: str = ""

    def fits(self, held: Quantity) -> bool:
        """Whether evidence that holds `held` bears this. "About" allows for rounding; a unit that one of the
        two leaves out is no matter, but for small whole numbers, which are everywhere."""
        is_small = self.value <= _SMALL and self.value == int(self.value)
        if self.unit != held.unit and (is_small or (self.unit and held.unit)):
            return False
        exponent = self.value.as_tuple().exponent
        last_place = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
        return held.value == self.value or (self.is_rough and 2 * abs(held.value - self.value) <= last_place)

    def goes_against(self, held: Quantity) -> bool:
        """Whether one is given as the least and the other as the most."""
        return self.bound * held.bound < 0

    def with_bound(self) -> str:
        """The number with what bounds it."""
        words = [self.bounded_by, self.text]
        return " ".join(reversed(words) if self.bounded_by.startswith("or ") else words).strip()

    def counts_like(self, held: Quantity) -> bool:
        """Whether both seem to count the same thing."""
        return bool(self.counted & held.counted) and self.unit == held.unit


def quantities(text: str) -> tuple[Quantity, ...]:
    """The numbers of a text in order, a range as its two ends; list and citation numbers are none."""
    words = chunks(text)
    return tuple(found for place in range(len(words)) for found in _read(words, place, text))


def chunks(text: str) -> list[str]:
    """The words of a folded text, with what is joined to them by hyphens, stops or slashes."""
    folded = fold(_NOT_SAID.sub(" ", text).translate(_SIGNS))
    return [chunk for found in _CHUNK.findall(folded) if (chunk := found.strip(_EDGES))]


def is_numbered_name(chunk: str) -> bool:
    """Whether a chunk is a name with digits (gpt-2, ndcg@10, 20newsgroups) and no number (80m, 4-bit)."""
    number = _NUMBER.match(chunk)
    if number is None:
        return any(map(str.isdigit, chunk))
    if number[2] in _UNITS:
        return False
    return (len(number[2]) > 3 and number[2] not in _SCALES) or chunk[number.end() :][:1].isdigit()


def as_written(folded: str, text: str) -> str:
    """Folded characters as the text has them, where they can be found there."""
    shown = re.sub(r"(?<=\d)d(?=\d)", ".", folded)
    found = re.search(re.escape(shown), text, re.IGNORECASE)
    return found[0] if found else shown


def _read(words: Sequence[str], place: int, text: str) -> Iterator[Quantity]:
    chunk, before = words[place], words[place - 1] if place else ""
    glued = chunk.split("-")[1:]
    after = _unit_after(words, place)
    bound, bounded_by = _bound(words, place)
    if said := _number_word(chunk):
        value, unit = said
        scale = next((_SCALES[word] for word in (*glued, after) if word in _SCALES), 0)
        unit = unit or next((_UNITS[word] for word in (*glued, after) if word in _UNITS), "")
        yield Quantity(
            value=Decimal(value).scaleb(scale),
            unit=unit,
            text=chunk,
            counted=_counted(words, place),
            in_words=True,
            bound=bound,
            bounded_by=bounded_by,
        )
    elif chunk[0].isdigit() and not is_numbered_name(chunk):
        parts = list(_NUMBER.finditer(chunk))
        shared = next(filter(None, [parts[-1][2], *glued, after]), "")
        name = before if before.isalpha() and before not in STOP_WORDS else ""
        for part in parts:
            unit = part[2] or shared
            apart = f" {unit}" if not part[2] and (unit in _SCALES or unit in _UNITS) else ""
            yield Quantity(
                value=Decimal(part[1].replace("d", ".")).scaleb(_SCALES.get(unit, 0)),
                unit=_UNITS.get(unit, ""),
                text=as_written(part[0], text) + apart,
                counted=_counted(words, place),
                as_name=name and name + part[1],
                is_rough=before in _ABOUT,
                bound=bound,
                bounded_by=bounded_by,
            )


def _bound(words: Sequence[str], place: int) -> tuple[int, str]:
    """Whether a number is the least (1) or the most (-1), and the words that say so."""
    before = " ".join(word for word in words[max(0, place - 5) : place] if word not in _ABOUT)
    after = " ".join(words[place + 1 : place + 4])
    for sign, leading, trailing in _BOUNDS:
        if found := leading.search(before) or trailing.match(after):
            return (-sign if found[1].startswith("no") else sign), found[1]
    return 0, ""


def _unit_after(words: Sequence[str], place: int) -> str:
    """The next word, which may be the unit; or the unit of the other end of a range (2 to 3%)."""
    following = [*words[place + 1 : place + 4], "", "", ""]
    if following[0] in ("to", "and", "or") and (end := _NUMBER.fullmatch(following[1])):
        return end[2] or following[2]
    return following[0]


def _number_word(chunk: str) -> tuple[int, str] | None:
    """Value and unit of a number in words, also as the first part of a compound: two-stage, twenty-two."""
    first, _, rest = chunk.partition("-")
    if first not in _NUMBER_WORDS:
        return None
    value, unit = _NUMBER_WORDS[first]
    ones = _NUMBER_WORDS[rest][0] if first in _TENS.split() and rest in _NUMBER_WORDS else 0
    return value + ones, unit


def _counted(words: Sequence[str], place: int) -> frozenset[str]:
    following = [*words[place].split("-")[1:], *words[place + 1 : place + 1 + _COUNTED]]
    return frozenset(
        w[:6].rstrip("s") for w in following if w.isalpha() and len(w) > 3 and w not in STOP_WORDS
    )
