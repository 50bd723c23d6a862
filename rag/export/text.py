"""Text as every export needs it: one line, mathematics separate from prose, links that are safe."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from rag.records import Answer
from rag.text.authors import authors_line
from rag.text.escaping import has_macro

_MATH = re.compile(r"(\$(?=\S)[^$]*?(?<=\S)\$(?!\d)|\\\(.*?\\\))")

_LIVE_SCHEMES = ("javascript", "vbscript", "data", "file", "blob")


def one_line(text: str) -> str:
    """The text with every run of white space, line ends included, as one space."""
    return " ".join(text.split())


def byline(authors: tuple[str, ...], most: int = 6) -> str:
    """The authors in a line; beyond `most`, the first and "et al."."""
    return authors_line(authors, most, 1)


def remarks(answer: Answer) -> list[str]:
    """Remarks beside an answer: why the library does not say, and its notice."""
    reason = answer.reason if answer.reason and answer.reason not in answer.answer else None
    notice = answer.notice if answer.notice and answer.notice not in answer.answer else None
    return [remark for remark in (reason, notice) if remark]


def is_web_address(url: str) -> bool:
    """Whether it is safe to make a link of: http or https, and a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def safe_address(url: str) -> str:
    """The address, or "" where opening it would run something or read a file of the reader's."""
    scheme, colon, _ = "".join(url.split()).lower().partition(":")
    return "" if colon and scheme in _LIVE_SCHEMES else url


def split_math(text: str) -> list[tuple[str, bool]]:
    r"""The text in pieces, each with whether it is TeX mathematics, `$...$` or `\(...\)`.

    A dollar opens only before a non-space and closes only after one and not before a digit, as in
    Pandoc, so that "$5 and $6" stays money; braces inside must balance, and what could read or write a file
    or make a link is no mathematics.
    """
    parts = enumerate(_MATH.split(text))
    pieces = [(piece, i % 2 == 1 and _is_balanced(piece) and not has_macro(piece)) for i, piece in parts]
    return [(piece, is_math) for piece, is_math in pieces if piece]


def _is_balanced(piece: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", piece):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
