"""What the last answer showed, read back from its text: its items, and the one a follow-up means.

A history arrives as text, so this reads the forms that answers are rendered in: bulleted and numbered lines,
rows of a table, "(1) ... (2) ..." within a sentence, and lines or sentences that end in a citation mark.
"""

from __future__ import annotations

import re

from rag.text.words import content_words

OPENING_WORDS = 40
"""Words of an answer that are carried into a follow-up: its first two sentences, mostly."""

_MARK = re.compile(r"\s*\[\d+(?:\s*[-,\u2013]\s*\d+)*\]")
_LIST_LINE = re.compile(r"^[ \t]*(?:[-*\u2022]|\d{1,2}[.)])[ \t]+(\S.*)$", re.M)
_TABLE_ROW = re.compile(r"^[ \t]*\|(?![ \t]*:?-{2,})[ \t]*([^|\n]+?)[ \t]*\|.*$", re.M)
_INLINE = re.compile(r"\((?:\d|[a-e]|i{1,3}|iv)\)\s+(.+?)(?=\s*\((?:\d|[a-e]|i{1,3}|iv)\)\s|\[\d|$)", re.S)
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_ORDINAL = re.compile(
    rf"""(?:\b|(?=\#))(?:the\s)? (?: (?P<word> {"|".join(_ORDINALS)} )
        | (?P<digits> \d{{1,2}} )(?:st|nd|rd|th)\b
        | (?P<last> last | latter )(?!\s(?:year|month|week|decade|century)) | (?P<former> former )
        | (?:number | no\.? | nr\.? | paper | item | result | \#) \s?
          (?P<number> \d{{1,2}} | {"|".join(_NUMBERS)} ) )
        (?![\w-])""",
    re.I | re.X,
)
_STEM = 6
"""Letters by which two words count as one when an item is sought by its words."""


def opening(answer: str) -> str:
    """The first words of an answer, without citation marks: they name what "it" and "they" now are."""
    return " ".join(_MARK.sub("", answer).split()[:OPENING_WORDS])


def items_of(answer: str) -> tuple[str, ...]:
    """The things the answer lists, in order, without citation marks; empty where it lists none."""
    found = _LIST_LINE.findall(answer)
    if len(found) < 2:
        found = _TABLE_ROW.findall(answer)[1:]
    if len(found) < 2:
        found = _INLINE.findall(answer)
    if len(found) < 2:
        found = [line for line in answer.splitlines() if _MARK.search(line)]
    if len(found) < 2:
        found = [piece for piece in _MARK.split(answer) if content_words(piece)]
    return tuple(opening(item) for item in found) if len(found) > 1 else ()


def numbered_item(question: str, items: tuple[str, ...]) -> int | None:
    """Which item the question names by its number ("the second one", "#2", "the last"), from 1; else None."""
    if not (found := _ORDINAL.search(question)):
        return None
    number = _number(found, len(items))
    return number if 1 <= number <= len(items) else None


def worded_item(question: str, items: tuple[str, ...]) -> int | None:
    """Which item, from 1, shares most words with the question; None where none or several do."""
    asked = _stems(question)
    shared = [len(asked & _stems(item)) for item in items]
    best = max(shared, default=0)
    return shared.index(best) + 1 if best and shared.count(best) == 1 else None


def _number(found: re.Match[str], n_items: int) -> int:
    if word := found["word"]:
        return _ORDINALS.index(word.lower()) + 1
    if found["last"]:
        return n_items
    if found["former"]:
        return 1
    number = found["digits"] or found["number"]
    return int(number) if number.isdigit() else _NUMBERS.index(number.lower()) + 1


def _stems(text: str) -> set[str]:
    return {word.lower()[:_STEM] for word in content_words(text)}
