"""LaTeX that was left in a text, made readable: "{\\bf Fast}" is Fast, "$\\alpha_1$" is α_1, "10\\%" is 10%.

For what is shown; texts are stored and quoted as they were read. Reading whole .tex files is
rag/readers/tex.py's.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SIGNS = re.compile(r"[\\{}$~]|``|\b(?:bf|it|em|tt|sc)\s")
"""A text without any of these has no LaTeX to render."""
_SYMBOLS = {
    "times": "×", "sim": "~", "approx": "≈", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "pm": "±",
    "rightarrow": "→", "to": "→", "leftarrow": "←", "infty": "∞", "ell": "ℓ", "cdot": "·", "ldots": "…",
    "dots": "…", "in": "∈", "neq": "≠", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε",
    "varepsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Delta": "Δ", "Sigma": "Σ", "Omega": "Ω", "Phi": "Φ", "Theta": "Θ", "Lambda": "Λ", "Gamma": "Γ",
    "textless": "<", "textgreater": ">",
    "textasciitilde": "~", "textbackslash": "\\", "S": "§",
}  # fmt: skip
_FORMATS = re.compile(
    r"\\(?:text(?:bf|it|sc|tt|rm|sf|sl|up|normal)?|emph|mathbf|mathcal|mathrm|mathbb|mathit|mathsf|boldsymbol"
    r"|underline|mbox|operatorname|url|bm)\s*\{([^{}]*)\}"
)
_LETTERED = re.compile(r"\{\s*\\?(?:bf|it|em|tt|sc|rm|sf)(?:series|shape)?\s+([^{}]*)\}")
_REFERENCES = re.compile(r"~?\\(?:cite[tp]?|ref|label|footnote|eqref|autoref)\*?(?:\[[^]]*\])*\{[^{}]*\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)(?![A-Za-z])\s?")
_ESCAPED = re.compile(r"\\([%&$#_{}])")
_INLINE = re.compile(r"\$(?!\s)([^$]{1,80}?)(?<!\s)\$(?!\d)")


@lru_cache(maxsize=4096)
def readable(text: str) -> str:
    """The text with its LaTeX as a reader would see it; a text without any comes back unchanged."""
    if not _SIGNS.search(text):
        return text
    shown = _REFERENCES.sub("", text)
    shown = re.sub(r"\s*\(\\[A-Za-z]+\)", "", shown)  # an author's own macro, and nothing else in the bracket
    shown = re.sub(r"``(.+?)''", r"“\1”", shown)
    for pattern in (_FORMATS, _LETTERED):
        while (rendered := pattern.sub(r"\1", shown)) != shown:
            shown = rendered
    shown = _INLINE.sub(lambda found: found[1] if _is_mathematics(found[1]) else found[0], shown)
    shown = _COMMAND.sub(_symbol, shown)
    shown = _ESCAPED.sub(r"\1", shown)
    if shown != text:
        shown = re.sub(r"(?<=[\w^_])\{([^{}]{1,20})\}", r"\1", shown)
        shown = re.sub(r"\{([^{}]*)\}", r"\1", shown)
    shown = re.sub(r"(?<=[\w.,)])~(?=[\w(])", " ", shown)
    return re.sub(r"[ \t]{2,}", " ", re.sub(r"\(\s*\)", "", shown)).strip()


def _is_mathematics(inside: str) -> bool:
    """Whether what stands between two dollars is a formula, not a text between two prices."""
    return bool(re.search(r"[\\^_=<>+]", inside)) or len(inside.split()) <= 2


def _symbol(found: re.Match[str]) -> str:
    name, space = found[1], found[0][len(found[1]) + 1 :]
    if name in _SYMBOLS:
        return _SYMBOLS[name] + (space if len(_SYMBOLS[name]) > 1 else "")
    return name + space  # an author's own macro: its name says more than nothing
