"""Whether a sentence of an abstract can be read alone, and if not, why and what repairs it.

Rules over the opening of the sentence that hold in every field; what its words mean is not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Cause = Literal["mention", "connective", "enumerator", "unnamed"]
Repair = Literal["name", "previous"]


@dataclass(frozen=True, slots=True)
class Dependence:
    """Why a sentence cannot be read alone, the words that show it, and what repairs it.

    "mention": a pronoun or "this ..." for something said before. "connective": it goes on from the sentence
    before ("However"). "enumerator": an item of a list ("(2) ..."). "unnamed": "our method" with no name.
    """

    cause: Cause
    words: str
    repair: Repair
    """The paper's name before it, outside the quotation, or the sentence before it."""


_ENUMERATOR = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[).]\s", re.I)
_MENTION = re.compile(
    r"(?:this|these|those|such|it|its|they|their|he|she|both|the (?:former|latter))\b", re.I
)
_CONNECTIVE = re.compile(
    r"""(?: to\ (?: address | solve | tackle | overcome | this )
        | then | first | second | third | moreover | therefore | thus | hence | however | furthermore
        | in\ addition | additionally | consequently | instead | also )\b""",
    re.I | re.X,
)
_UNNAMED = re.compile(r"\b(?:our|we|the proposed)\b", re.I)


def dependence(sentence: str) -> Dependence | None:
    """Why `sentence` cannot be read alone; None where it can."""
    if found := _ENUMERATOR.match(sentence):
        return Dependence("enumerator", found[0], "previous")
    if found := _MENTION.match(sentence):
        return Dependence("mention", found[0], "previous")
    if found := _CONNECTIVE.match(sentence):
        return Dependence("connective", found[0], "previous")
    if found := _UNNAMED.search(sentence):
        return Dependence("unnamed", found[0], "name")
    return None
