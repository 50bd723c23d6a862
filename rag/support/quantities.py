"""Numbers in a text: their value, their unit, and what they count.

2.27x, 2.27 times and `2.27\\times` are one, so are 9\\% and 9 percent, 1,024 and 1024, 10K and 10,000, ten
and 10. Holding a claim's against its evidence's is rag/support/number_check.py's, one spelling
rag/text/folding.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice

from rag.support.number_context import Context, Words, contexts
from rag.support.number_words import ABOUT, NUMBER_WORDS, SCALES, UNITS, bound_of, fraction, number_word
from rag.text.citation_marks import SCHOLARLY_PATTERN
from rag.text.folding import fold
from rag.text.stopwords import STOP_WORDS

_CHUNK = re.compile(r"[^\s,;:!?()\[\]\"'|=<>≈≤≥±+&]+")
_EDGES = "-./*#@$€£~_"
_BREAK = re.compile(r"[,;:()\[\]]")
_NUMBER = re.compile(r"(\d+(?:d\d+)?)(%|[a-z]*)")
"""A number in folded text, where the decimal point is a d, and what is glued to it."""
_NOT_SAID = re.compile(rf"{SCHOLARLY_PATTERN}|\(\d{{1,2}}\)(?=\s)|^\s*\d{{1,2}}[.)](?=\s)")
"""Citation markers and the numbers of list items."""
_SIGNS = str.maketrans({"·": ".", "≥": " at least ", "≤": " at most ", ">": " over ", "<": " under "})
_SMALL = 20
MAX_NUMBERS = 100
"""Numbers of a text that are read; a text with more is a table."""
_COUNTED = 4
"""Words after a number among which is what it counts."""

_LOOSE = Decimal("0.06")
"""How far a fraction in words may be off: a quarter is 24%."""
_BEYOND = Decimal("1.5")
"""How far past its bound a number may lie and still be meant: "more than half" is 51%, hardly 98%."""


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
    context: Context = field(default_factory=dict, compare=False)
    """The words around it, with how near they stand."""
    row: int = field(default=0, compare=False)
    """Numbers of one row ("8% and 51%", "2 to 4") stand in the same words."""

    def fits(self, given: Quantity) -> bool:
        """Whether evidence that has `given` supports this. "About" allows for rounding, a bound for what it
        bounds; a unit that one of the two leaves out is no matter, but for small whole numbers, which are
        everywhere."""
        is_small = self.value <= _SMALL and self.value == int(self.value)
        if self.unit != given.unit and (is_small or (self.unit and given.unit)):
            return False
        if given.value == self.value or self._is_within(given):
            return True
        if not (self.is_rough or given.is_rough):
            return False
        apart = abs(given.value - self.value)
        if self.in_words or given.in_words:
            return apart <= _LOOSE * max(given.value, self.value)
        exponent = self.value.as_tuple().exponent
        last_place = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
        return self.is_rough and 2 * apart <= last_place

    def _is_within(self, given: Quantity) -> bool:
        """Whether this is a bound, and `given` not far inside it ("more than half" where the evidence has
        51%)."""
        if not self.bound or given.bound or not (self.unit or self.counts_like(given)):
            return False
        less, more = (self.value, given.value) if self.bound > 0 else (given.value, self.value)
        return less <= more <= _BEYOND * less

    def goes_against(self, given: Quantity) -> bool:
        """Whether one is given as the least and the other as the most."""
        return self.bound * given.bound < 0

    def with_bound(self) -> str:
        """The number with what bounds it."""
        words = [self.bounded_by, self.text]
        return " ".join(reversed(words) if self.bounded_by.startswith("or ") else words).strip()

    def counts_like(self, given: Quantity) -> bool:
        """Whether both seem to count the same thing."""
        return bool(self.counted & given.counted) and self.unit == given.unit


def quantities(text: str) -> tuple[Quantity, ...]:
    """The first MAX_NUMBERS numbers of a text in order, a range as its two ends; list and citation numbers
    are none."""
    words = _chunks(text)
    found = ((place, each) for place in range(len(words.words)) for each in _read(words.words, place, text))
    read = list(islice(found, MAX_NUMBERS))
    around = contexts(words, [place for place, _ in read])
    return tuple(
        replace(found, context=context, row=row)
        for (_, found), (context, row) in zip(read, around, strict=True)
    )


def chunks(text: str) -> list[str]:
    """The words of a folded text, with what is joined to them by hyphens, stops or slashes."""
    return list(_chunks(text).words)


def _chunks(text: str) -> Words:
    folded = fold(_NOT_SAID.sub(" ", text).translate(_SIGNS))
    words: list[str] = []
    breaks: set[int] = set()
    end = 0
    for found in _CHUNK.finditer(folded):
        if word := found[0].strip(_EDGES):
            stops = folded[end - 1 : end] == "." and len(words[-1]) > 1  # no initial: "H. felis"
            if stops or _BREAK.search(folded, end, found.start()):
                breaks.add(len(words))
            words.append(word)
            end = found.end()
    return Words(tuple(words), frozenset(breaks))


def is_numbered_name(chunk: str) -> bool:
    """Whether a chunk is a name with digits (gpt-2, ndcg@10, 20newsgroups) and no number (80m, 4-bit)."""
    number = _NUMBER.match(chunk)
    if number is None:
        return any(map(str.isdigit, chunk))
    if number[2] in UNITS:
        return False
    return (len(number[2]) > 3 and number[2] not in SCALES) or chunk[number.end() :][:1].isdigit()


def as_written(folded: str, text: str) -> str:
    """Folded characters as the text has them, where they can be found there."""
    shown = re.sub(r"(?<=\d)d(?=\d)", ".", folded)
    found = re.search(re.escape(shown), text, re.IGNORECASE)
    return found[0] if found else shown


def _read(words: Sequence[str], place: int, text: str) -> Iterator[Quantity]:
    chunk, before = words[place], words[place - 1] if place else ""
    glued = chunk.split("-")[1:]
    after = _unit_after(words, place)
    bound, bounded_by = bound_of(words, place)
    if (share := fraction(words, place)) is not None:
        yield Quantity(
            value=share,
            unit="%",
            text=chunk,
            counted=_counted(words, place),
            in_words=True,
            is_rough=True,
            bound=bound,
            bounded_by=bounded_by,
        )
    elif tuple(words[place + 1 : place + 3]) == ("of", "magnitude") and chunk in ("order", "orders"):
        n = (
            int(before)
            if len(before) == 1 and before in "123456789"
            else NUMBER_WORDS.get(before, (1, ""))[0]
        )
        yield Quantity(
            value=Decimal(10) ** min(n, MAX_NUMBERS),
            unit="x",
            text=f"{before} {chunk} of magnitude",
            counted=frozenset(),
            in_words=True,
            bound=bound,
            bounded_by=bounded_by,
        )
    elif chunk == "half" and tuple(words[place + 1 : place + 2]) in (("a",), ("an",)):
        return  # half an hour is no share
    elif said := number_word(chunk):
        value, unit = said
        scale = next((SCALES[word] for word in (*glued, after) if word in SCALES), 0)
        unit = unit or next((UNITS[word] for word in (*glued, after) if word in UNITS), "")
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
        words_glued = [part for part in glued if part.isalpha()]
        shared = next(filter(None, [parts[-1][2], *words_glued, after]), "")
        name = before if before.isalpha() and before not in STOP_WORDS else ""
        for part in parts:
            unit = part[2] or shared
            apart = f" {unit}" if not part[2] and (unit in SCALES or unit in UNITS) else ""
            yield Quantity(
                value=Decimal(part[1].replace("d", ".")).scaleb(SCALES.get(unit, 0)),
                unit=UNITS.get(unit, ""),
                text=as_written(part[0], text) + apart,
                counted=_counted(words, place),
                as_name=name and name + part[1],
                is_rough=before in ABOUT,
                bound=bound,
                bounded_by=bounded_by,
            )


def _unit_after(words: Sequence[str], place: int) -> str:
    """The next word, which may be the unit; or the unit of the other end of a range (2 to 3%)."""
    following = [*words[place + 1 : place + 5], "", "", "", ""]
    if following[0] in ("to", "and", "or") and (end := _NUMBER.fullmatch(following[1])):
        return end[2] or _points(following[2:])
    return _points(following)


def _points(following: Sequence[str]) -> str:
    """The first word, or the second of "percentage points"."""
    is_points = following[0] in ("percentage", "percent", "%") and following[1] in ("point", "points")
    return following[1] if is_points else following[0]


def _counted(words: Sequence[str], place: int) -> frozenset[str]:
    following = [*words[place].split("-")[1:], *words[place + 1 : place + 1 + _COUNTED]]
    return frozenset(
        w[:6].rstrip("s") for w in following if w.isalpha() and len(w) > 3 and w not in STOP_WORDS
    )
