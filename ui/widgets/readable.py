"""TeX in titles and abstracts as a reader reads it; what was written stays underneath.

A text is shown with its accents, symbols and simple formulas set; the verbatim text is kept in the
`data-verbatim` of the element, and everywhere a text is copied or exported it is the verbatim one.
"""

from __future__ import annotations

import re
import unicodedata

from rag.readers.tex import plain_address
from ui.widgets.markup import esc

_MATH = re.compile(r"(?<!\\)\$\$?(?=\S)([^$]{1,400}?)(?<=[^\s\\])\$\$?(?!\d)|\\\((.{1,400}?)\\\)", re.S)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_WRAPPED = re.compile(
    r"\\(?:mathrm|mathbf|mathcal|mathbb|mathit|mathsf|text|textbf|textit|operatorname)\s*\{"
)
_RAISED = re.compile(r"([\^_])(?:\{([^{}]{1,60})\}|(\\[A-Za-z]+|[A-Za-z0-9+*′-]))")
_SYMBOLS = {
    "times": "×", "cdot": "·", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "approx": "≈", "sim": "∼",
    "pm": "±", "to": "→", "rightarrow": "→", "infty": "∞", "in": "∈", "neq": "≠", "ne": "≠", "ll": "≪",
    "gg": "≫", "sqrt": "√", "sum": "∑", "prod": "∏", "ldots": "…", "dots": "…", "ell": "ℓ", "epsilon": "ε",
    "varepsilon": "ε", "varphi": "φ", "log": "log", "exp": "exp", "min": "min", "max": "max", "propto": "∝",
    "textless": "<", "textgreater": ">", "texttimes": "×", "percent": "%", "forall": "∀", "cup": "∪",
    "lambda": "λ", "Lambda": "Λ",  # to Unicode it is a lamda
    "cap": "∩", "subset": "⊂", "circ": "°", "left": "", "right": "", "langle": "⟨", "rangle": "⟩",
}  # fmt: skip


def readable(text: str) -> str:
    """`text` as HTML: escaped, with its TeX set. Text without TeX is just escaped."""
    if "\\" not in text and "$" not in text:
        return esc(text)
    pieces, place = [], 0
    for found in _MATH.finditer(text):
        pieces += [_prose(text[place : found.start()]), _formula(found[1] or found[2])]
        place = found.end()
    shown = "".join([*pieces, _prose(text[place:])])
    return (
        esc(text) if shown == esc(text) else f'<span class="tex" data-verbatim="{esc(text)}">{shown}</span>'
    )


def readable_line(text: str) -> str:
    """As `readable`, but as text for a label: formulas in one line, nothing escaped."""
    if "\\" not in text and "$" not in text:
        return text
    return _undone(_MATH.sub(lambda found: _symbols(found[1] or found[2]), text))


def _prose(text: str) -> str:
    return esc(_undone(text))


def _undone(text: str) -> str:
    """Accents, escapes and symbols carried out; the space around the text stays."""
    if "\\" not in text:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{plain_address(_symbols(text.strip()))}{after}" if text.strip() else text


def _symbols(text: str) -> str:
    def symbol(found: re.Match[str]) -> str:
        name = found[1]
        if name in _SYMBOLS:
            return _SYMBOLS[name]
        greek = f"GREEK {'SMALL' if name[0].islower() else 'CAPITAL'} LETTER {name.upper()}"
        try:
            return unicodedata.lookup(greek)
        except KeyError:
            return found[0]

    return _COMMAND.sub(symbol, text)


def _formula(tex: str) -> str:
    text = _symbols(_WRAPPED.sub("{", tex))

    def raised(found: re.Match[str]) -> str:
        tag = "sup" if found[1] == "^" else "sub"
        return f"<{tag}>{found[2] or found[3]}</{tag}>"

    inner = _RAISED.sub(raised, esc(text)).replace("{", "").replace("}", "").replace("\\,", " ")
    return f'<span class="math">{inner}</span>'
