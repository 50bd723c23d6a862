"""A model's text taken apart into sentences and the numbers each cites, and put together again.

Knows the ways models write markers: [1], [1][3], [1, 4], [1-3], [paper 2], before or after the full stop, or
in place of a name. Whether a number names anything, and whether that supports the sentence, is
rag/answering/attribution.py's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from rag.records import Sentence
from rag.text.citation_marks import MODEL, numbers_in, write_marks
from rag.text.sentences import split_sentences

_STANDS_FOR_A_NAME = re.compile(r"\b(?:in|by|from|per|see|of|to|than|with|unlike|both|that)\s*$", re.I)
_GOES_ON = re.compile(r"\s*(?:,\s*)?[a-z]")
_BULLET = re.compile(r"\s*(?:[-*\u2022]|\d{1,2}[.)])\s+")
_LAYOUT = re.compile(r"\*\*|__|^\s*>\s+")
_HEADING = re.compile(
    r"\s*(?:#+\s+(?P<marked>.+?)|[*_]{0,2}(?P<plain>[^\W\d_][^.?!:\[\]\n]{1,50}):[*_]{0,2})\s*"
)
"""A line that is marked as one, or a few words and a colon."""
_REPLY = re.compile(r"(?:yes|no|both|neither|indeed|not (?:quite|exactly|really|always))\b[^\w]*", re.I)
"""Says nothing without the sentence after it."""
_SOURCES = re.compile(r"\W*(?:references|sources|citations|papers cited)\W*", re.I)
_UNKNOWN = "another paper"


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a model's answer, without its markers."""

    text: str
    markers: tuple[int, ...] = ()
    """The numbers it cites, in order, each once."""
    lead: str = " "
    """What stands between the sentence before and this one: a space, or a new line and perhaps a bullet."""
    heading: str | None = None
    """The heading it stands under."""


def read_claims(text: str, name_of: Callable[[int], str | None]) -> tuple[Claim, ...]:
    """The sentences of a model's answer in order. `name_of` tells what to write where a number stands for
    a paper's name ("According to [1], ..."). Sentences that only introduce others and a list of sources at
    the end are left out; headings are kept with the sentences under them."""
    claims: list[Claim] = []
    heading: str | None = None
    for line in text.splitlines():
        if claims and _SOURCES.fullmatch(line):
            break
        if found := _HEADING.fullmatch(line):
            heading = (found["marked"] or found["plain"]).strip(" *_:")
        else:
            claims += (replace(claim, heading=heading) for claim in _of_line(line, name_of))
    return tuple(claims)


def join_claims(parts: Iterable[tuple[Claim, tuple[int, ...]]]) -> str:
    """The text of an answer: each claim with its numbers after it."""
    written, heading = "", None
    for claim, numbers in parts:
        if claim.heading != heading and claim.heading:
            written += f"\n{claim.heading}:"
        lead = "\n" if claim.heading != heading and claim.lead == " " else claim.lead
        written += lead + claim.text + _markers(numbers)
        heading = claim.heading
    return written.strip()


def _markers(numbers: tuple[int, ...]) -> str:
    return " " + write_marks(numbers) if numbers else ""


def _of_line(line: str, name_of: Callable[[int], str | None]) -> Iterator[Claim]:
    line = _LAYOUT.sub("", line)
    bullet = _BULLET.match(line)
    plain, places = _without_markers(line[bullet.end() if bullet else 0 :].strip(), name_of)
    lead = "\n- " if bullet else "\n"
    reply, cited = "", tuple[int, ...]()
    for sentence, end in _with_ends(plain):
        numbers = tuple(
            dict.fromkeys([*cited, *(n for at, n in places if _belongs(at, sentence.start, end))])
        )
        if _REPLY.fullmatch(sentence.text) and end <= len(plain):
            reply, cited = sentence.text + " ", numbers
        elif numbers or not sentence.text.endswith(":"):
            yield Claim(reply + sentence.text, numbers, lead)
            reply, cited, lead = "", (), " "


def _with_ends(text: str) -> Iterator[tuple[Sentence, int]]:
    """Each sentence with where the next begins; after the last, past the end of the text."""
    sentences = split_sentences(text)
    yield from zip(sentences, [*(s.start for s in sentences[1:]), len(text) + 1], strict=False)


def _belongs(at: int, start: int, end: int) -> bool:
    """Whether a marker at `at` is of the sentence in [start, end): one between two is of the first."""
    return start < at <= end - 1 or at == start == 0


def _without_markers(line: str, name_of: Callable[[int], str | None]) -> tuple[str, list[tuple[int, int]]]:
    """The line without markers, and (place in it, number) of each. A marker that stands for a paper's name
    is replaced by the name."""
    plain, at = "", 0
    places: list[tuple[int, int]] = []
    for found in MODEL.finditer(line):
        plain += line[at : found.start()]
        at = found.end()
        numbers = numbers_in(found[1])
        opens = not plain.strip() or plain.rstrip().endswith((".", "!", "?"))
        if _STANDS_FOR_A_NAME.search(plain) or (opens and _GOES_ON.match(line, at)):
            plain += " and ".join(name_of(n) or _UNKNOWN for n in numbers)
        else:
            plain = plain.rstrip()
        places += [(len(plain), n) for n in numbers]
    return plain + line[at:], places
