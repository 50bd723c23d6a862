"""What is left of LaTeX in an abstract, made readable for what is shown. A quote stays as it was written.

pylatexenc expects whole commands and drops what it does not know, names such as "(\\ourwork)" too; abstracts
hold pieces ("{bf C}ommittee", "89\\%"), so these few rules serve better here.
"""

from __future__ import annotations

import re

_FONT = re.compile(r"\{\\?(?:bf|it|em|sc|tt|rm|sf|sl)\s+([^{}]*)\}")
_COMMAND = re.compile(
    r"\\(?:text(?:bf|it|rm|sc|sf|tt|sl)?|emph|mathrm|mathbf|mathit|mathcal|mathbb|underline|mbox)\s*\{([^{}]*)\}"
)
_CITED = re.compile(r"\s*~?\\(?:cite\w*|ref|label|footnote)\s*(?:\[[^\]]*\])*\{[^{}]*\}")
_URL = re.compile(r"\\(?:url|href)\{([^{}]*)\}(?:\{[^{}]*\})?")
_ESCAPED = re.compile(r"\\([%&#$_{}])")
_MACRO = re.compile(r"\\([A-Za-z]{3,})(?![A-Za-z{])\s?(?=[\s).,;:]|$)")
_MATH = re.compile(r"\$(?=\S)(?!\d[\d.,]*\s)([^$\n]{1,80})(?<=\S)\$(?!\d)")
_SIGNS = {
    "times": "×", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "approx": "≈", "sim": "~",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "lambda": "λ", "mu": "μ",
    "sigma": "σ", "theta": "θ", "pi": "π", "ell": "ℓ", "infty": "∞", "rightarrow": "→", "to": "→",
    "cdot": "·", "ldots": "…", "dots": "…", "log": "log", "ll": "≪", "gg": "≫",
}  # fmt: skip
_SIGN = re.compile(r"\\(" + "|".join(sorted(_SIGNS, key=len, reverse=True)) + r")(?![A-Za-z])\s?")
_TEX = re.compile(r"[\\{}$]|~")


def readable(text: str) -> str:
    """`text` with LaTeX's commands and braces resolved; unchanged where it has none."""
    if not _TEX.search(text):
        return text
    text = _URL.sub(r"\1", _CITED.sub("", text))
    for _ in range(3):  # commands within commands
        text = _COMMAND.sub(r"\1", _FONT.sub(r"\1", text))
    text = _SIGN.sub(lambda sign: _SIGNS[sign[1]], text)
    text = _MATH.sub(r"\1", text)
    text = _ESCAPED.sub(r"\1", _MACRO.sub(r"\1", text))
    text = re.sub(r"\^\{([^{}]*)\}", r"^\1", re.sub(r"_\{([^{}]*)\}", r"_\1", text))
    text = re.sub(r"\{([^{}]*)\}", r"\1", text)
    return re.sub(r" {2,}", " ", re.sub(r"(?<=\S)~(?=\S)", " ", text))
