"""A text of the user's own taken apart: its sentences, where they stand, and the papers each mentions.

Reads Markdown (CommonMark, by markdown-it-py) and plain text; nothing is rejected. Whether a mention is a
paper of the library, and whether that supports the sentence, is rag/answering/check.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.citation_marks import SCHOLARLY_PATTERN
from rag.text.sentences import split_sentences
from rag.text.words import content_words

FEWEST_WORDS = 2
"""A sentence with fewer content words ("More on that later.") claims nothing that could be looked up."""

_KEYS = r"\[[^\[\]]*@[^\[\]]*\] | (?<!\w)@[\w:./+-]*\w | \\cite\w*\*?(?:\[[^\]]*\])*\{[^}]*\}"
_MENTION = re.compile(rf"(?P<keys>{_KEYS}) | (?P<numbers>{SCHOLARLY_PATTERN})", re.X)
_AFTER_STOP = re.compile(rf"([.!?])((?:\s*(?:{SCHOLARLY_PATTERN}|{_KEYS}))+)(?=\s|$)", re.X)
_KEY = re.compile(r"@([\w:./+-]*\w)|\{([^}]*)\}")
_ID = re.compile(
    r"\b10\.\d{4,9}/[^\s\"'<>)\]]*[^\s\"'<>)\].,;:]|\b(?:arxiv:\s*)?\d{4}\.\d{4,5}(?:v\d+)?\b", re.I
)
_TITLE = re.compile(
    r"[\u201c\"]([^\u201c\u201d\"]{8,250})[\u201d\"]|(?<![*\w])[*_]([^*_]{8,250})[*_](?![*\w])|\[([^\[\]]{8,250})\]\("
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_LEFT_OUT = ("heading", "blockquote", "table")
"""Blocks of Markdown that claim nothing of their own; code and HTML have no inline text at all."""
_NOT_TEXT = re.compile(r"\s*(?:\||\\(?!\w*cite)\w+\{|%)")
"""A row of a table without a head, a command of LaTeX other than a citation, a comment of LaTeX."""
_BULLET = re.compile(r"\s*\u2022\s+")
_REFERENCES = re.compile(r"\W*(?:references|bibliography|sources|literature|works cited)\W*", re.I)
_REFERENCE = re.compile(r"\W*\[?\\?\[?(\d{1,3})\\?\]?[.)]?\s+(.+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as it reads without citation marks, the line it begins on, and what it cites."""

    text: str
    line: int
    keys: tuple[str, ...] = ()
    """Citation keys, DOIs and arXiv ids, as written."""
    titles: tuple[str, ...] = ()
    """Phrases in quotes, italics or links, which may be titles; and the entries of the text's own list of
    references that its numbers name."""


def read_statements(text: str) -> tuple[Statement, ...]:
    """The sentences of `text` that claim something, in order. Headings, code, tables, quotations and the
    list of references are left out; questions too."""
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if i and _REFERENCES.fullmatch(line)), len(lines))
    listed = {m[1]: m[2] for line in lines[end:] if (m := _REFERENCE.match(line))}
    return tuple(
        statement
        for paragraph, numbers in _paragraphs(lines[:end])
        for statement in _statements(paragraph, numbers, listed)
    )


def _paragraphs(lines: list[str]) -> Iterator[tuple[str, list[int]]]:
    """Each paragraph or list item on one line, and the line number of each of its characters."""
    from markdown_it import MarkdownIt

    # A paragraph that is only indented is no code: plain text indents its first lines.
    parser = MarkdownIt("commonmark").enable("table").disable("code")
    n_open = 0
    for token in parser.parse("\n".join(lines)):
        if token.type.rpartition("_")[0] in _LEFT_OUT:
            n_open += token.nesting
        elif token.type == "inline" and token.map and not n_open:
            yield from _split_block(token.content, first=token.map[0] + 1)


def _split_block(content: str, first: int) -> Iterator[tuple[str, list[int]]]:
    """A block's text, parted where a line is LaTeX's or begins with a bullet that Markdown does not know."""
    body, numbers = "", list[int]()
    for number, line in enumerate([*content.split("\n"), ""], start=first):
        bullet, is_text = _BULLET.match(line), not _NOT_TEXT.match(line)
        if body and (bullet or not is_text or not line.strip()):
            yield body, numbers
            body, numbers = "", []
        piece = line[bullet.end() if bullet else 0 :].strip()
        if is_text and piece:
            body += piece + " "
            numbers += [number] * (len(piece) + 1)


def _statements(paragraph: str, numbers: list[int], listed: dict[str, str]) -> Iterator[Statement]:
    # Same length, so that places stay: a mark after the full stop is moved before it.
    moved = _AFTER_STOP.sub(r"\2\1", paragraph)
    for sentence in split_sentences(moved):
        plain = _plain(sentence.text)
        if plain.endswith("?") or len(content_words(plain)) < FEWEST_WORDS:
            continue
        keys, titles = _mentions(sentence.text, listed)
        yield Statement(plain, numbers[sentence.start], keys, titles)


def _plain(text: str) -> str:
    """The sentence without citation marks and Markdown."""
    text = re.sub(
        r"\*\*|(?<!\w)[*_](?=\w)|(?<=[\w.])[*_](?!\w)|`", "", _LINK.sub(r"\1", _MENTION.sub("", text))
    )
    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(text.split()))


def _mentions(text: str, listed: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    keys: list[str] = []
    titles: list[str] = []
    for mark in _MENTION.finditer(text):
        if mark["keys"]:
            keys += [key.strip() for a, b in _KEY.findall(mark["keys"]) for key in (a or b).split(",")]
        else:
            titles += [listed[n] for n in re.findall(r"\d+", mark["numbers"]) if n in listed]
    keys += [name[0] for name in _ID.finditer(text) if not any(name[0] in key for key in keys)]
    titles += ["".join(groups) for groups in _TITLE.findall(text)]
    return tuple(dict.fromkeys(filter(None, keys))), tuple(dict.fromkeys(titles))
