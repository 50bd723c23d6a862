"""The numbers and names of a claim that its evidence does not have, or has of something else.

A numbered name (GPT-2, nDCG@10, CoNLL-2014) is no number: it is amiss where the evidence has it with other
digits. Reading numbers is rag/support/quantities.py's, what they are said of rag/support/number_roles.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from rag.support.number_roles import Share, changes, misplaced, other_shares, shares, turned_changes
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
    shares: tuple[Share, ...]
    changes: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NumberMismatch:
    """A number or numbered name of a claim, and what the evidence has in its place ("" where nothing)."""

    claimed: str
    found: str
    is_misplaced: bool = False
    """The evidence has the number too, but of something else."""


def read_numbers(text: str) -> NumbersAndNames:
    names = tuple((chunk, as_written(chunk, text)) for chunk in chunks(text) if is_numbered_name(chunk))
    return NumbersAndNames(quantities(text), names, _spellings(text), shares(text), changes(text))


def unsupported_numbers(
    claim: NumbersAndNames, evidence: Sequence[NumbersAndNames], context: Sequence[NumbersAndNames] = ()
) -> list[NumberMismatch]:
    """The numbers of a claim that the evidence does not have, or has of something else, and its numbered
    names that evidence or context have with other digits (GPT-3 for GPT-2)."""
    given = _apart(evidence)
    found = [*_missing(claim, given, evidence)]
    if not found:
        found += [
            NumberMismatch(m.claimed.text, m.given.text, True) for m in misplaced(claim.quantities, given)
        ]
    every_share = [share for text in evidence for share in text.shares]
    found += [
        NumberMismatch(ours.text, theirs.text) for ours, theirs in other_shares(claim.shares, every_share)
    ]
    every_change = frozenset(change for text in evidence for change in text.changes)
    for turned in turned_changes(claim.changes, every_change):
        found.append(NumberMismatch("the other way round", turned))
    return [*found, *_other_digits(claim, [*evidence, *context])]


def _apart(evidence: Sequence[NumbersAndNames]) -> list[Quantity]:
    """The numbers of all texts, the rows of one told from the rows of another."""
    return [replace(q, row=(n << 16) + q.row) for n, text in enumerate(evidence) for q in text.quantities]


def _missing(
    claim: NumbersAndNames, given: Sequence[Quantity], evidence: Sequence[NumbersAndNames]
) -> Iterator[NumberMismatch]:
    """The quantities that nothing in the evidence fits, or only what is bounded the other way.

    A number in words is a mismatch only where the evidence counts the same thing otherwise ("both tricks" and
    "two of them" need not be in numbers there).
    """
    for number in claim.quantities:
        fitting = [other for other in given if number.fits(other)]
        if fitting and all(map(number.goes_against, fitting)):
            yield NumberMismatch(number.with_bound(), fitting[0].with_bound())
        if fitting or _spelled(number.as_name, evidence):
            continue
        if not number.in_words or any(_is_otherwise(number, other) for other in given):
            yield NumberMismatch(number.text, _instead(number, given))


def _other_digits(claim: NumbersAndNames, texts: Sequence[NumbersAndNames]) -> Iterator[NumberMismatch]:
    for name, written in claim.names:
        alike = [other for text in texts for folded, other in text.names if _shape(folded) == _shape(name)]
        if alike and not _spelled(_joined(name), texts):
            yield NumberMismatch(written, alike[0])


def is_named(name: str, texts: Sequence[NumbersAndNames]) -> bool:
    """Whether the texts have a name, however it is hyphened, spaced or accented, in singular or plural."""
    joined = _joined(fold(name))
    return any(_spelled(form, texts) for form in (joined, joined + "s", joined.removesuffix("s")))


def _is_otherwise(claimed: Quantity, given: Quantity) -> bool:
    """Whether evidence gives another number for what one in words counts, or another multiple."""
    is_multiple = claimed.unit == given.unit == "x"
    return (is_multiple or claimed.counts_like(given)) and min(claimed.value, given.value) > 1


def _instead(claimed: Quantity, given: Sequence[Quantity]) -> str:
    """The number of the evidence that the claim's stands for: what counts the same thing, else the nearest of
    its unit; "" where there is none."""

    def distance(other: Quantity) -> tuple[bool, Decimal]:
        return not claimed.counts_like(other), abs(claimed.value - other.value)

    near = [other for other in given if claimed.counts_like(other) or _is_near(claimed, other)]
    return min(near, key=distance).text if near else ""


def _is_near(claimed: Quantity, given: Quantity) -> bool:
    apart = abs(claimed.value - given.value)
    return claimed.unit == given.unit and not given.in_words and 3 * apart < max(claimed.value, given.value)


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
