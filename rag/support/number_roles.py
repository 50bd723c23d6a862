"""Whether a claim's numbers are of the same things as the evidence's.

Three findings: a change the other way round ("from 8 to 21" for "from 21 to 8"); another figure (the words
around the claim's number stand, in the evidence, around another number of that unit); part and whole ("all
six tasks" where the evidence has "five of six"). What stands around a number is
rag/support/number_context.py's, which numbers are there rag/support/number_check.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.support.number_context import Context
from rag.support.number_words import COUNT_WORDS
from rag.support.quantities import Quantity
from rag.text.folding import fold
from rag.text.stemming import stem

# `python -m eval.fit.numbers ../shared`: of 193 true claims with a rival number in their evidence 6 are
# refused (of 1,721 true claims, .3%), of 394 made of them with one number exchanged 265.
_GAIN = 0.4
"""How much more must speak for the other number than for the claim's own, as a share of what speaks for
either."""
_FLOOR = 0.2
"""How much must speak for the other number at all."""
_MOST = 30
"""Numbers of a text that are placed: the work grows with the cube."""
_YEARS = range(1900, 2101)

_NUMBER = rf"\d{{1,4}}(?![\dd])|{'|'.join(COUNT_WORDS)}"
_OF = r"(?:(?:out )?of|/) ?(?:the |its |their |these |all )*"
_PART = re.compile(
    rf"\b(?P<but>all but )?(?P<part>{_NUMBER}) {_OF}(?P<whole>{_NUMBER})\b(?P<nouns>(?: [a-z-]+){{0,4}})"
)
_CHANGE = re.compile(r"\bfrom (\d+(?:d\d+)?)\S*(?: [a-z]+)? to (\d+(?:d\d+)?)")
_WHOLE = re.compile(
    r"(?<!not )(?<!nearly )(?<!almost )\b(?:all|each|every|every one)(?: of)?"
    r"(?: the| its| their| these| those)?"
    rf"(?: (?P<whole>{_NUMBER}))?\b(?P<nouns>(?: (?!but\b)[a-z-]+){{1,4}})"
)


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A number of the claim, and the one the evidence gives for what the claim says of it."""

    claimed: Quantity
    given: Quantity


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many: "five of the six tasks", "all six tasks". `whole` is None where it is not given."""

    part: int | None
    """None for all of them."""
    whole: int | None
    nouns: frozenset[str]
    text: str

    def contradicts(self, other: Share) -> bool:
        """Whether both are of the same whole, and another part of it. The rest of the whole is no other:
        three of four do and one of four does not."""
        same = self.whole == other.whole if self.whole and other.whole else bool(self.nouns & other.nouns)
        is_rest = self.part is not None and other.part is not None and self.part + other.part == other.whole
        return same and self._n != other._n and not is_rest

    @property
    def _n(self) -> int | None:
        return None if self.part == self.whole else self.part


def misplaced(claim: Sequence[Quantity], evidence: Sequence[Quantity]) -> Iterator[Misplaced]:
    """The numbers of a claim that the evidence has, but of something else; none where one of them is a
    table."""
    if len(claim) > _MOST or len(evidence) > _MOST:
        return
    for number in claim:
        weighed = [(weigh(number, rival, claim, evidence), rival) for rival in rivals(number, evidence)]
        against = [
            (more - less, rival)
            for (more, less), rival in weighed
            if more > _FLOOR and more - less > _GAIN * (more + less)
        ]
        if against:
            yield Misplaced(number, max(against, key=lambda pair: pair[0])[1])


def rivals(number: Quantity, evidence: Sequence[Quantity]) -> list[Quantity]:
    """The numbers of the evidence that a claim's might be mistaken for; none where its own is missing."""
    own = _own(number, evidence)
    rows = {each.row for each in own}
    return [
        other
        for other in evidence
        if own and other.row not in rows and not number.fits(other) and _kind(other) == _kind(own[0])
    ]


def weigh(
    number: Quantity, rival: Quantity, claim: Sequence[Quantity], evidence: Sequence[Quantity]
) -> tuple[float, float]:
    """What speaks for a rival, and what for the place where the evidence has the claim's number.

    Where the claim has the rival too, the two are weighed as exchanged.
    """
    own = _own(number, evidence)
    more, less = _apart(number.context, own, [rival])
    partner = next((other for other in claim if other is not number and other.fits(rival)), None)
    if partner is None:
        return more, less
    also_more, also_less = _apart(partner.context, [rival], own)
    return more + also_more, less + also_less


def shares(text: str) -> tuple[Share, ...]:
    """The parts of wholes that a text speaks of, in order."""
    folded = fold(text)
    parts = [
        Share(_part(m["part"], m["whole"], m["but"]), _count(m["whole"]), _nouns(m["nouns"]), m[0].strip())
        for m in _PART.finditer(folded)
    ]
    rest = _PART.sub(" . ", folded)
    wholes = [
        Share(None, _count(m["whole"]) if m["whole"] else None, _nouns(m["nouns"]), m[0].strip())
        for m in _WHOLE.finditer(rest)
    ]
    return (*parts, *wholes)


def changes(text: str) -> frozenset[tuple[str, str]]:
    """What a text says something went from and to: "from 21 to 8 seconds"."""
    return frozenset(_CHANGE.findall(fold(text)))


def turned_changes(claim: frozenset[tuple[str, str]], evidence: frozenset[tuple[str, str]]) -> Iterator[str]:
    """The changes of a claim that the evidence has the other way round, as the evidence has them."""
    for start, end in sorted(claim - evidence):
        if start != end and (end, start) in evidence:
            yield f"from {end} to {start}".replace("d", ".")


def other_shares(claim: Sequence[Share], evidence: Sequence[Share]) -> Iterator[tuple[Share, Share]]:
    """The shares of a claim that the evidence gives otherwise, with what it gives."""
    for ours in claim:
        against = [theirs for theirs in evidence if theirs.part is not None and ours.contradicts(theirs)]
        agrees = any(theirs.whole == ours.whole and not ours.contradicts(theirs) for theirs in evidence)
        if against and (ours.part is None or not agrees):
            yield ours, against[0]


def _apart(context: Context, own: Sequence[Quantity], others: Sequence[Quantity]) -> tuple[float, float]:
    """How much nearer the words of a context stand to the others, and how much nearer to its own."""
    more = less = 0.0
    for key, near in context.items():
        here = max(each.context.get(key, 0.0) for each in own)
        there = max(each.context.get(key, 0.0) for each in others)
        more += near * max(0.0, there - here)
        less += near * max(0.0, here - there)
    return more, less


def _own(number: Quantity, evidence: Sequence[Quantity]) -> list[Quantity]:
    return [other for other in evidence if number.fits(other)]


def _kind(number: Quantity) -> tuple[str, bool, bool]:
    """What two numbers must have in common to be mistaken for one another."""
    is_year = not number.unit and not number.in_words and number.value in _YEARS
    return number.unit, number.in_words, is_year


def _count(text: str) -> int:
    return COUNT_WORDS[text] if text in COUNT_WORDS else int(text)


def _part(part: str, whole: str, but: str | None) -> int:
    return _count(whole) - _count(part) if but else _count(part)


def _nouns(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split() if len(word) > 3)
