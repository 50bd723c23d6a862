"""Citation marks: the numbers in brackets by which a text says what it rests on.

Three grammars, each for the texts of one kind of writer. Whether a number names anything is for who knows
the sources (rag/answering/attribution.py).

    OWN        [1], [1, 4]                  what this program writes and shows
    SCHOLARLY  [1], [1-3], [1, 4; 7]        what people write in papers and manuscripts
    MODEL      [1], [paper 2], 【1 and 3】   whatever a language model may write

Group 1 of each is what stands between the brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

MAX_RANGE = 20
"""Numbers a range may stand for; a longer one ("[1990-2020]") names no sources. Chosen by hand; a test fixes
its effect."""

SCHOLARLY_PATTERN = r"\[\s*\d+(?:\s*[-,;\u2013]\s*\d+)*\s*\]"
"""The grammar without groups, to be part of a larger pattern."""

_WORD = r"(?:papers?|sources?|refs?\.?|nos?\.?|\#|\^)"
OWN = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
SCHOLARLY = re.compile(r"\[(\s*\d+(?:\s*[-,;\u2013]\s*\d+)*\s*)\]")
MODEL = re.compile(
    rf"""[\[\u3010] \s* {_WORD}? \s*
    (\d+ (?: \s* (?: [-\u2013,;&] | and ) \s* {_WORD}? \s* \d+ )*)
    \s* [\]\u3011]""",
    re.I | re.X,
)
_SINGLE = re.compile(r"\[(\d+)\]")
_AFTER_SPACE = re.compile(r"\s*\[(\d+)\]")
_RANGE = re.compile(r"(\d+)\s*[-\u2013]\s*(\d+)|(\d+)")
_SPACED = re.compile(rf"\s*{SCHOLARLY_PATTERN}")


def numbers_in(inside: str) -> list[int]:
    """The numbers that a mark's inside names, in order: "1-3, 7" is 1, 2, 3, 7. Of a range that goes down,
    or stands for more than MAX_RANGE, only its two ends."""
    numbers: list[int] = []
    for low, high, single in _RANGE.findall(inside):
        if single:
            numbers.append(int(single))
        elif 0 <= int(high) - int(low) < MAX_RANGE:
            numbers += range(int(low), int(high) + 1)
        else:
            numbers += [int(low), int(high)]
    return numbers


def write_marks(numbers: Iterable[int]) -> str:
    """Numbers as we write them: "[1][3]"."""
    return "".join(f"[{number}]" for number in numbers)


def without_marks(text: str) -> str:
    """Text without scholarly marks and the space before them."""
    return _SPACED.sub("", text)


def disarm_marks(text: str) -> str:
    """Text whose marks, of any writer, stand in round brackets: none of them passes for a mark of ours."""
    return MODEL.sub(r"(\1)", SCHOLARLY.sub(r"(\1)", text))


def without_own(text: str, numbers: Collection[int]) -> str:
    """Text without each [n] of `numbers` and the space before it."""
    return _AFTER_SPACE.sub(lambda found: "" if int(found[1]) in numbers else found[0], text)


def replace_own(text: str, numbers: Collection[int], mark: Callable[[int], str]) -> str:
    """Text with each [n] of `numbers` replaced by `mark(n)`; any other is text like the rest."""
    return _SINGLE.sub(lambda found: mark(int(found[1])) if int(found[1]) in numbers else found[0], text)
