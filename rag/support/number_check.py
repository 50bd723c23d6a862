"""The numbers and names of a claim that its evidence does not hold.

A numbered name (GPT-2, nDCG@10, CoNLL-2014) is no number: it is amiss where the evidence has it with other
digits. Reading numbers is rag/support/quantities.py's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rag.support.quantities import Quantity, as_written, chunks, is_numbered_name, quantities
from rag.text.folding import fold

_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+(?:d\d+)?")
_MAX_JOINED = 4
"""Words that a name may be spelled as: "Flan T5 XL 3B"."""


@dataclass(frozen=True, slots=True)
class NumbersAndNames:
    """What of a text is compared: its quantities, its numbered names (folded, and as written), and every run
    of its words written as one."""

    quantities: tuple[Quantity, ...]
    names: tuple[tuple[str, str], ...]
    spellings: frozenset[str]


@dataclass(frozen=True, slots=True)
class NumberMismatch:
    """A number or numbered name of a claim, and what the evidence has in its place ("" where nothing)."""

    said: str
    found: str


def read_numbers(text: str) -> NumbersAndNames:
    names = tuple((chunk, as_written(chunk, text)) for chunk in chunks(text) if is_numbered_name(chunk))
    return NumbersAndNames(quantities(text), names, _spellings(text))


def unsupported_numbers(
    claim: NumbersAndNames, evidence: Sequence[NumbersAndNames], context: Sequence[NumbersAndNames] = ()
) -> list[NumberMismatch]:
    """The quantities of a claim that no evidence holds, and its numbered names that evidence or context have
    with other digits (GPT-3 for GPT-2).

    A number in words is amiss only where the evidence counts the same thing otherwise ("both tricks" and
    "two of them" need not be in numbers there).
    """
    held = [quantity for figures in evidence for quantity in figures.quantities]
    found = []
    for said in claim.quantities:
        fitting = [other for other in held if said.fits(other)]
        if fitting and all(map(said.goes_against, fitting)):
            found.append(NumberMismatch(said.with_bound(), fitting[0].with_bound()))
        if fitting or _spelled(said.as_name, evidence):
            continue
        if not said.in_words or any(_counts_otherwise(said, other) for other in held):
            found.append(NumberMismatch(said.text, _instead(said, held)))
    named = [*evidence, *context]
    for name, written in claim.names:
        twins = [twin for figures in named for other, twin in figures.names if _shape(other) == _shape(name)]
        if twins and not _spelled(_joined(name), named):
            found.append(NumberMismatch(written, twins[0]))
    return found


def is_named(name: str, texts: Sequence[NumbersAndNames]) -> bool:
    """Whether the texts have a name, however it is hyphened, spaced or accented, in singular or plural."""
    joined = _joined(fold(name))
    return any(_spelled(form, texts) for form in (joined, joined + "s", joined.removesuffix("s")))


def _counts_otherwise(said: Quantity, held: Quantity) -> bool:
    return said.counts_like(held) and min(said.value, held.value) > 1


def _instead(said: Quantity, held: Sequence[Quantity]) -> str:
    """The number of the evidence that the claim's stands for: what counts the same thing, else the nearest of
    its unit; "" where there is none."""

    def distance(other: Quantity) -> tuple[bool, Decimal]:
        return not said.counts_like(other), abs(said.value - other.value)

    near = [other for other in held if said.counts_like(other) or _is_near(said, other)]
    return min(near, key=distance).text if near else ""


def _is_near(said: Quantity, held: Quantity) -> bool:
    apart = abs(said.value - held.value)
    return said.unit == held.unit and not held.in_words and 3 * apart < max(said.value, held.value)


def _spellings(text: str) -> frozenset[str]:
    words = _WORD.findall(fold(text))
    return frozenset(
        "".join(words[start : start + n]) for start in range(len(words)) for n in range(1, _MAX_JOINED + 1)
    )


def _spelled(name: str, texts: Sequence[NumbersAndNames]) -> bool:
    return bool(name) and any(name in figures.spellings for figures in texts)


def _joined(folded: str) -> str:
    return "".join(_WORD.findall(folded))


def _shape(name: str) -> str:
    return _DIGITS.sub("0", _joined(name))
