"""Numbers and numbered names in a text, and those of a claim that its evidence does not hold.

A quantity is a value with its unit: 2.27x, 2.27 times and `2.27\\times` are one, so are 9\\% and 9 percent,
1,024 and 1024, 10K and 10,000, ten and 10. A numbered name is a word that begins with letters and holds
digits (GPT-2, nDCG@10, CoNLL-2014). How texts are spelled alike is rag/normalise.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag.normalise import fold
from rag.stopwords import STOP_WORDS

_CHUNK = re.compile(r"[^\s,;:!?()\[\]\"'|=<>≈≤≥±+&]+")
_EDGES = "-./*#@$€£~_"
_NUMBER = re.compile(r"(\d+(?:d\d+)?)(%|[a-z]*)")
"""A number in folded text, where the decimal point is a d, and what is glued to it."""
_NOT_SAID = re.compile(r"\[\d+(?:\s*[-,;–]\s*\d+)*\]|\(\d{1,2}\)(?=\s)|^\s*\d{1,2}[.)](?=\s)")
"""Citation markers and the numbers of list items."""
_WORD = re.compile(r"[^\W_]+")
_MAX_JOINED = 4
"""Words that a name may be spelled as: "Flan T5 XL 3B"."""
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
_NUMBER_WORDS = {"dozen": (12, ""), "hundred": (100, ""), "thousand": (1000, ""), "million": (10**6, "")} | {
    **{word: (n, "") for words in (_COUNTS, _ORDINALS) for n, word in enumerate(words.split())},
    **{word: (n, "") for n, word in zip(range(20, 100, 10), _TENS.split(), strict=True)},
    **{word: (n, "x") for words, n in _MULTIPLES.items() for word in words},
    **dict.fromkeys(("half", "halves", "halved", "halving"), (50, "%")),
}
"""Value and unit."""
_ABOUT = frozenset(
    {"about", "around", "approximately", "approx", "roughly", "nearly", "almost", "circa", "ca"}
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
    as_name: str
    """The word before it and the number, run together: "llama2" for Llama 2."""
    in_words: bool = False
    is_rough: bool = False
    """"About" stands before it."""

    def fits(self, held: Quantity) -> bool:
        """Whether evidence that holds `held` bears this. "About" allows for rounding; a unit that one of the
        two leaves out is no matter, but for small whole numbers, which are everywhere."""
        if self.unit != held.unit:
            is_distinct = self.value > _SMALL or self.value % 1
            if (self.unit and held.unit) or not is_distinct:
                return False
        return held.value == self.value or (self.is_rough and _rounded(held.value, self.value) == self.value)


@dataclass(frozen=True, slots=True)
class Figures:
    """What of a text is compared here. `spellings` has every run of its words written as one."""

    quantities: tuple[Quantity, ...]
    names: tuple[str, ...]
    spellings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Amiss:
    """A number or numbered name of a claim, and what the evidence has in its place ("" where nothing)."""

    said: str
    found: str


def read_figures(text: str) -> Figures:
    """The quantities and numbered names of a text, in order; list and citation numbers are none."""
    chunks = _chunks(text)
    quantities = tuple(q for place in range(len(chunks)) for q in _quantities(chunks, place))
    return Figures(quantities, tuple(filter(_is_name, chunks)), _spellings(text))


def amiss(claim: Figures, evidence: Sequence[Figures], titles: Sequence[Figures] = ()) -> list[Amiss]:
    """The quantities of a claim that no evidence holds, and its numbered names that evidence or titles have
    with other digits (GPT-3 for GPT-2).

    A number in words is amiss only where the evidence counts the same thing otherwise ("both tricks" and
    "two of them" need not be in numbers there).
    """
    named = [*evidence, *titles]
    held = [quantity for figures in evidence for quantity in figures.quantities]
    found = []
    for said in claim.quantities:
        if any(map(said.fits, held)) or _spelled(said.as_name, evidence):
            continue
        if not said.in_words or any(_counts_otherwise(said, other) for other in held):
            found.append(Amiss(said.text, _instead(said, held)))
    for name in claim.names:
        twins = [other for figures in named for other in figures.names if _shape(other) == _shape(name)]
        if twins and not _spelled(_joined(name), named):
            found.append(Amiss(_shown(name), _shown(twins[0])))
    return found


def is_named(name: str, evidence: Sequence[Figures]) -> bool:
    """Whether the evidence has a name, however it is hyphened, spaced or accented, in singular or plural."""
    joined = _joined(fold(name))
    return any(_spelled(form, evidence) for form in (joined, joined + "s", joined.removesuffix("s")))


def _chunks(text: str) -> list[str]:
    folded = fold(_NOT_SAID.sub(" ", text))
    return [chunk for found in _CHUNK.findall(folded) if (chunk := found.strip(_EDGES))]


def _is_name(chunk: str) -> bool:
    number = _NUMBER.match(chunk)
    if number:  # 20newsgroups is one, 80m and 4bit are none
        return len(number[2]) > 3 and number[2] not in _UNITS and number[2] not in _SCALES
    return any(map(str.isdigit, chunk))


def _quantities(chunks: Sequence[str], place: int) -> Iterator[Quantity]:
    """What a chunk says in numbers: nothing, one, or the ends of a range, which share its unit."""
    chunk, before = chunks[place], chunks[place - 1] if place else ""
    if word := _number_word(chunk):
        yield Quantity(Decimal(word[0]), word[1], chunk, _counted(chunks, place), "", in_words=True)
    elif chunk[0].isdigit() and not _is_name(chunk):
        parts = list(_NUMBER.finditer(chunk))
        rest = [*chunk[parts[-1].end() :].split("-"), *_unit_after(chunks, place)]
        shared = parts[-1][2] or next(filter(None, rest), "")
        name = before if before.isalpha() and before not in STOP_WORDS else ""
        for part in parts:
            unit = part[2] or shared
            yield Quantity(
                value=Decimal(part[1].replace("d", ".")).scaleb(_SCALES.get(unit, 0)),
                unit=_UNITS.get(unit, ""),
                text=_shown(part[0]),
                counted=_counted(chunks, place),
                as_name=name and name + part[1],
                is_rough=before in _ABOUT,
            )


def _unit_after(chunks: Sequence[str], place: int) -> list[str]:
    """The next word, which may be the unit; or the unit of the other end of a range (2 to 3%)."""
    following = [*chunks[place + 1 : place + 4], "", "", ""]
    if following[0] in ("to", "and", "or") and (end := _NUMBER.fullmatch(following[1])):
        return [end[2] or following[2]]
    return following[:1]


def _number_word(chunk: str) -> tuple[int, str] | None:
    """Value and unit of a number in words, also as the first part of a compound: two-stage, twenty-two."""
    first, _, rest = chunk.partition("-")
    if first not in _NUMBER_WORDS:
        return None
    value, unit = _NUMBER_WORDS[first]
    if first in _TENS.split() and rest in _NUMBER_WORDS:
        value += _NUMBER_WORDS[rest][0]
    return value, "x" if rest == "fold" else unit


def _counted(chunks: Sequence[str], place: int) -> frozenset[str]:
    following = [*chunks[place].split("-")[1:], *chunks[place + 1 : place + 1 + _COUNTED]]
    return frozenset(
        w[:6].rstrip("s") for w in following if w.isalpha() and len(w) > 3 and w not in STOP_WORDS
    )


def _counts_otherwise(said: Quantity, held: Quantity) -> bool:
    return bool(said.counted & held.counted) and min(said.value, held.value) > 1 and said.unit == held.unit


def _instead(said: Quantity, held: Sequence[Quantity]) -> str:
    """The number of the evidence that the claim's stands for: what counts the same thing, else the nearest of
    its unit; "" where there is none."""

    def distance(other: Quantity) -> tuple[bool, Decimal]:
        return not said.counted & other.counted, abs(said.value - other.value)

    near = [o for o in held if o.unit == said.unit and (said.counted & o.counted or _is_near(said, o))]
    return min(near, key=distance).text if near else ""


def _is_near(one: Quantity, other: Quantity) -> bool:
    return abs(one.value - other.value) * 3 < max(one.value, other.value) and not other.in_words


def _rounded(value: Decimal, like: Decimal) -> Decimal:
    exponent = like.as_tuple().exponent
    return value.quantize(Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0))


def _spellings(text: str) -> frozenset[str]:
    words = _WORD.findall(fold(text))
    return frozenset(
        "".join(words[start : start + n]) for start in range(len(words)) for n in range(1, _MAX_JOINED + 1)
    )


def _spelled(name: str, evidence: Sequence[Figures]) -> bool:
    return bool(name) and any(name in figures.spellings for figures in evidence)


def _joined(folded: str) -> str:
    return "".join(_WORD.findall(folded))


def _shape(name: str) -> str:
    return re.sub(r"\d+(?:d\d+)?", "0", _joined(name))


def _shown(folded: str) -> str:
    """A folded number or name with its decimal point back."""
    return re.sub(r"(?<=\d)d(?=\d)", ".", folded)
