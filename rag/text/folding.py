"""Text as it is compared: for matching words, for recognising a title, for naming a paper.

Owns what counts as the same spelling. Nothing here is shown to a reader: what is quoted stays as it was
written. Folded text is for machines: `fold("a 2.5\\times larger $\\ell_0$ norm")` is "a 2d5x larger l0 norm".
"""

from __future__ import annotations

import html
import re
import unicodedata

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau"
    " upsilon phi chi psi omega"
)
_LETTERS: dict[int, str | None] = {
    **{ord("α") + place: name for place, name in enumerate(_GREEK.split())},
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")),  # no width, or soft
    **dict.fromkeys(map(ord, "‘’‚‛′`´"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **{ord(pair[0]): pair[1:] for pair in ["øo", "łl", "đd", "æae", "œoe", "ıi", "þth", "ðd", "×x", "⁄/"]},
}
"""What NFKD leaves and we do not want, after case folding."""
_COMBINING = re.compile(r"[\u0300-\u036f\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")

_TEX_SIGNS = re.compile(r"[\\{}$^_~]|\bmath(?:bb|bf|cal|frak|it|rm|scr|sf)\s")
_TEX_ACCENT = re.compile(r"\\(?:[\"'`^~=.]|[bcdhkrtuv](?=[\s{]))\s{0,3}\{?\s{0,3}\\?([a-z])\s{0,3}\}?")
_TEX_LETTER = re.compile(r"\\(ss|ae|oe|aa|[olij])(?![a-z])\s?")
_TEX_FONT = re.compile(
    r"\\(?:emph|url|textrm|bm|boldsymbol|operatorname)\b\s*"
    r"|\\?\b(?:text(?:bf|it|rm|sc|sf|tt)|math(?:bb|bf|cal|frak|it|rm|scr|sf))(?=[\s{])\s*"
)
_TEX_ELL = re.compile(r"\\ell(?![a-z])\s?|\bell(?=_)")
_TEX_VARIANT = re.compile(r"\\var(?=epsilon|phi|theta)")
_TEX_GLUED = re.compile(r"(?<=[a-z])\\(?=[a-z])")
_TEX_DROP = str.maketrans({"\\": None, "{": None, "}": None, "$": None, "^": None, "~": " "})
_SUBSCRIPT = re.compile(r"(?<=\b[a-z])_|_(?=[a-z]\b|\d)")

_TIMES = re.compile(r"(?<=\d)\s*-?(?:times|x)(?![a-z])(?:\s*(?=\d))?")
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{3}(?!\d))")
_DECIMAL = re.compile(r"\.(?=\d)(?<![^\W\d]\.)")


def fold(text: str) -> str:
    """Text as lexical search sees it, in the index and in the query alike.

    One spelling for case, accents (Unicode's and TeX's), ligatures, quotes, dashes, Greek letters and their
    names, sub- and superscripts, and numbers: 2.27times, 2.27 times, 2.27x, 2.27× and 2.27\\times are one,
    so are 1,024 and 1024; a decimal point becomes a letter, so that 91.2 is one word. Font commands,
    braces and dollar signs go; the name of any other command stays.
    """
    if "&" in text:
        text = html.unescape(text)
    text = text.casefold()
    if not text.isascii():
        text = _COMBINING.sub("", unicodedata.normalize("NFKD", text)).casefold().translate(_LETTERS)
    if _TEX_SIGNS.search(text):
        text = _fold_tex(text)
    text = _THOUSANDS.sub("", text)
    text = _TIMES.sub("x", text)
    return _DECIMAL.sub(_decimal_letter, text)


def _decimal_letter(point: re.Match[str]) -> str:
    return "d" if point.string[point.start() - 1 : point.start()].isdigit() else "0d"


def _fold_tex(text: str) -> str:
    text = _TEX_ACCENT.sub(r"\1", text)
    text = _TEX_LETTER.sub(r"\1", text)
    text = _TEX_FONT.sub("", text)
    text = _TEX_ELL.sub("l", text)
    text = _TEX_GLUED.sub(" ", _TEX_VARIANT.sub("", text))
    return _SUBSCRIPT.sub("", text.translate(_TEX_DROP))


def strip_accents(text: str) -> str:
    """Text without case and accents, and nothing else changed: how filters and lists compare."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    return "".join(char for char in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(char))
