"""TeX as written in bibliographies into the text it prints.

What prints as another character is that character; formulas, and commands it does not know, stay as they
are written, so nothing an abstract says is dropped. pylatexenc 2.11 was tried in its place: it gets 7 of the
11 fixtures of tests/rag/readers/test_formats.py, loses unknown commands, and takes 32 times as long.
"""

from __future__ import annotations

import re
import unicodedata

_MATH = re.compile(r"((?<!\\)\$(?=\S)[^$]*?(?<=[^\s\\])\$(?!\d)|\\\(.{0,2000}?\\\))", re.DOTALL)
_ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}
_SYMBOLS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "l": "ł",
    "L": "Ł",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "i": "ı",
    "j": "ȷ",
    "dots": "…",
    "ldots": "…",
    "textasciicircum": "^",
    "textasciitilde": "~",
    "textbackslash": "\\",
    "textbar": "|",
    "textdegree": "°",
    "textellipsis": "…",
    "textemdash": "—",
    "textendash": "–",
    "textgreater": ">",
    "textless": "<",
    "textmu": "µ",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textregistered": "®",
    "texttimes": "×",
    "texttrademark": "™",
    "textunderscore": "_",
}
_ACCENTED = re.compile(
    r"\\(?:([\"'`^~=.])|([bcdHkruv])(?=[\s{]))\s*(\{\s*)?(?:\\([ij])(?![A-Za-z])|([A-Za-z]))(?(3)\s*\})"
)
_SYMBOL = re.compile(rf"\\({'|'.join(sorted(_SYMBOLS, key=len, reverse=True))})(?![A-Za-z])(?:\{{\}}|\s+|)")
_FONT = re.compile(
    r"\\(?:emph|mbox|url|href|text(?:bf|it|md|rm|sc|sf|sl|tt|up))\s*(?=\{)|\\(?:em|bf|it|rm|sc|tt)(?![A-Za-z])\s*"
)
_ESCAPED = re.compile(r"\\([%&#_$ ])")
_LINE_BREAK = re.compile(r"\\\\(?:\[[^\]]{0,20}\])?")
_HELD = str.maketrans({"\ue000": "{", "\ue001": "}", "\ue002": "\\", "\ue003": "~"})
"""Braces, backslashes and tildes that are printed, kept apart from those that command."""


def plain_text(tex: str) -> str:
    """What TeX prints for running text, on one line."""
    if not any(sign in tex for sign in "\\{}~$`'-"):
        return " ".join(tex.split())
    pieces = (piece if i % 2 else _prose(piece) for i, piece in enumerate(_MATH.split(tex)))
    return " ".join("".join(pieces).split())


def plain_address(tex: str) -> str:
    """What an address or identifier is once its escapes are undone; dashes and tildes stay."""
    return _commands(tex.replace("~", "\ue003")).replace("{", "").replace("}", "").translate(_HELD).strip()


def _prose(tex: str) -> str:
    text = _commands(_LINE_BREAK.sub(" ", tex)).replace("~", " ")
    text = text.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
    return text.replace("{", "").replace("}", "").translate(_HELD)


def _commands(tex: str) -> str:
    """Commands that print a character, and escapes, carried out."""
    tex = tex.replace("\\{", "\ue000").replace("\\}", "\ue001").replace("\\textbackslash", "\ue002")
    tex = tex.replace("\\textasciitilde", "\ue003")
    tex = _ACCENTED.sub(_accented, tex)
    tex = _SYMBOL.sub(lambda found: _SYMBOLS[found[1]], tex)
    return _ESCAPED.sub(r"\1", _FONT.sub("", tex))


def _accented(found: re.Match[str]) -> str:
    letter = found[4] or found[5]
    return unicodedata.normalize("NFC", letter + _ACCENTS[found[1] or found[2]])
