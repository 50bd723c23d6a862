"""What a number is said of: the words around it, read off their places alone.

A figure belongs to what the claim says of it: "87% higher acceptance and 19% faster" is another claim than
with the two exchanged, though both numbers are there. Near words count for more, and for less across a comma
or another number; numbers in a row share their words, unless "respectively" deals them out. No word has a
meaning here. Comparing the contexts is rag/support/number_roles.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.text.stemming import stem
from rag.text.stopwords import STOP_WORDS

_REACH = 14
"""Words on either side that are looked at."""
_ACROSS = 0.35
"""What a word still counts across a break in the sentence, or across another number."""
_FADES = 4.0
"""Words after which a word counts for half."""
_BEFORE = 0.8
"""What a word before the number counts, against one behind it."""
_DEALT = 2.0
"""What the words count that "respectively" gives to a number."""
_ITEM = 3
"""Words that an item of a list may have."""
_BREAKS = frozenset(
    ("and", "while", "whereas", "but", "versus", "vs", "v", "compared", "against", "with", "than", "from")
)
_LETTERS = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]|[a-z]")

Context = Mapping[str, float]
"""Stem -> how near it stands, 0 to 1, or _DEALT."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words, folded, and the places of those that a comma, a bracket or a full stop is before."""

    words: tuple[str, ...]
    breaks: frozenset[int]


def contexts(text: Words, places: Sequence[int]) -> list[tuple[Context, int]]:
    """For the number at each place its context, and the number of the row it stands in.

    places: in order, with a number more than once where a word holds several. Numbers of one row are told
    apart by no word.
    """
    rows = _rows(text, places)
    found: list[tuple[Context, int]] = []
    row_id = 0
    for row in rows:
        dealt = _dealt(text, row)
        for number, place in enumerate(row):
            around = _around(text, place)
            if dealt:
                shared = {key for item in dealt for key in item}
                around = {key: near for key, near in around.items() if key not in shared}
                around |= dict.fromkeys(dealt[number], _DEALT)
                row_id += 1
            found.append((around, row_id))
        row_id += 1
    return found


def _around(text: Words, place: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for step, weight in ((1, 1.0), (-1, _BEFORE)):
        for distance in range(_REACH + 1):
            i = place + distance * step
            if not 0 <= i < len(text.words):
                break
            word = text.words[i]
            weight *= _ACROSS if distance and _is_break(text, i, step) else 1
            if distance and word[0].isdigit():
                continue
            near = weight / (1 + distance / _FADES)
            for key in _stems(word if distance else word.partition("-")[2]):  # the 4 of "4-bit" is the number
                found[key] = max(found.get(key, 0.0), near)
    return found


def _is_break(text: Words, i: int, step: int) -> bool:
    word = text.words[i]
    return (i if step > 0 else i + 1) in text.breaks or word in _BREAKS or word[0].isdigit()


def _stems(word: str) -> Iterator[str]:
    for part in _LETTERS.findall(word):
        if part not in STOP_WORDS and part not in _BREAKS:
            yield stem(part)


def _rows(text: Words, places: Sequence[int]) -> list[list[int]]:
    """The places in rows: numbers with no word that says something between them."""
    rows: list[list[int]] = []
    for place in places:
        between = text.words[rows[-1][-1] + 1 : place] if rows else ()
        if rows and not any(key for word in between for key in _stems(word)):
            rows[-1].append(place)
        else:
            rows.append([place])
    return rows


def _dealt(text: Words, row: Sequence[int]) -> list[set[str]]:
    """What "respectively" gives to each number of a row: the items of the nearest list as long as it."""
    ends = [i for i, word in enumerate(text.words) if word == "respectively" and len(row) > 1]
    lists = [items for items in _lists(text, len(row)) if not set(items[0]) & set(row)] if ends else []
    if not lists:
        return []
    nearest = min(lists, key=lambda items: min(abs(i - row[0]) for item in items for i in item))
    return [{key for i in item for key in _stems(text.words[i])} for item in nearest]


def _lists(text: Words, n: int) -> Iterator[list[range]]:
    """The places of the items of every "A and B" or "A, B, and C" of n items."""
    for i, word in enumerate(text.words):
        if word in ("and", "or") and 0 < i < len(text.words) - 1:
            items = [_item(text, i + 1, 1)]
            at = i - 1
            while len(items) < n and at >= 0:
                item = _item(text, at, -1)
                if not item:
                    break
                items.insert(0, item)
                at = item.start - 1
            if len(items) == n and all(items):
                yield items


def _item(text: Words, at: int, step: int) -> range:
    """The item of a list that begins at a place, or (step -1) ends there."""
    i = at
    while 0 <= i < len(text.words) and abs(i - at) < _ITEM and _says(text.words[i]):
        i += step
        if (i if step > 0 else i + 1) in text.breaks:
            break
    return range(at, i) if step > 0 else range(i + 1, at + 1)


def _says(word: str) -> bool:
    return not word[0].isdigit() and any(True for _ in _stems(word))
