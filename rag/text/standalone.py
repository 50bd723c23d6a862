"""Whether a sentence of an abstract can be read alone, and if not, why and what repairs it.

Rules over function words that hold in every field; what the other words mean is not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.text.words import names

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


_ENUMERATOR = re.compile(r"\(?(?:\d{1,2}|[a-h]|[ivx]{1,4})[).]\s|(?:firstly|secondly|thirdly)\b", re.I)
_THIS_PAPER = re.compile(
    r"(?:in\s)?(?:this|the present)\s(?:\w+\s)?(?:paper|work|study|article|survey|review|report)\b",
    re.I,
)
"""The paper itself: its name repairs it."""
_MENTION = re.compile(
    r"""(?: this | that(?=\s(?:is|was)\b) | these | those | such(?!\sas\b)
        | it(?!\s(?:is|was|has\sbeen|remains)\s\w+\s(?:that|to|whether|how|why)\b) | its | they | their | them
        | he | she | his | her | both(?!\s\S+\sand\b)
            | the\ (?:former|latter|two|three|same|resulting|above) )\b""",
    re.I | re.X,
)
"""A pronoun or a demonstrative that opens the sentence; "it is known that" opens nothing up."""
_CONNECTIVE = re.compile(
    r"""(?: to\ (?: address | solve | tackle | overcome | remedy | mitigate | alleviate | bridge | fill
            | do | achieve
            | this )\ (?: this | these | that | the\ (?:above\ |aforementioned\ )?
                (?:issue|problem|gap|limitation|challenge)s?
            | such | so )
        | then(?!\s\w+ed\b) | second | third | finally | moreover | therefore | thus | hence | however
            | furthermore
        | further | in\ (?:addition|contrast|turn|particular|other\ words|this|these|such|that)
        | additionally | consequently | accordingly | as\ (?:a\ result|such) | instead(?!\ of\b) | also
        | besides
            | nevertheless
        | nonetheless | similarly | likewise | conversely | otherwise | meanwhile | specifically | but
            | and | yet
        | for\ (?:example|instance|this) | on\ the\ other\ hand | based\ on\ (?:this|these)
            | building\ on\ (?:this|these)
        | afterwards | subsequently | by\ (?:contrast|doing\ so) | with\ (?:this|these) | from\ (?:this|these)
        | using\ (?:this|these|it|them) | under\ (?:this|these) )\b""",
    re.I | re.X,
)
_UNNAMED = re.compile(
    r"""\b(?: our | the\ (?:proposed|resulting|new|above|same)\ | (?<!in\ )this\ | these\  )
        \s*(?:\w+[- ]){0,2}? (?: method | approach | model | system | framework | algorithm | technique
            | strategy
            | architecture | procedure | intervention | treatment | protocol | device | assay | tool
            | scheme | design
            | issue | problem | challenge | limitation | idea | attack | task | theory
            | hypothes[ie]s )s?\b""",
    re.I | re.X,
)


_DANGLES = re.compile(
    r"""\b(?: these | those(?!\s(?:of|that|who|which|with|in)\b) | aforementioned | such(?!\sas\b)
        | the\s(?:above|former|latter|resulting|two|three|four|five|same|previous)
        | this(?!\s(?:\w+\s)?(?:paper|work|study|article|survey|review|report|end)\b) )\s\w
    | ^(?:we|our\s\w+|it)\s(?:also|further|then|next|additionally)\b""",
    re.I | re.X,
)
"""A demonstrative anywhere, or a sentence that goes on from another."""


_OPENING = re.compile(r"[^,;:()]{2,60},\s+(?=\w)")
LONGEST_CUT = 8
"""Words of an opening that may be left out of a quotation."""


def cut_opening(sentence: str) -> int:
    """How many characters to leave out at the start of a sentence that goes on from the one before ("To
    address this, we ..."), so that the rest can be read alone; 0 where nothing leans or it does not help."""
    needs = dependence(sentence)
    if needs is None or needs.cause != "connective":
        return 0
    opening = _OPENING.match(sentence)
    if opening is None or len(opening[0].split()) > LONGEST_CUT or dependence(sentence[opening.end() :]):
        return 0
    return opening.end()


def dangles(sentence: str) -> bool:
    """Whether a sentence points, somewhere in it, to what was said before: weaker than `dependence`, for it
    may have said that itself."""
    return bool(_DANGLES.search(sentence))


def dependence(sentence: str) -> Dependence | None:
    """Why `sentence` cannot be read alone; None where it can."""
    if found := _ENUMERATOR.match(sentence):
        return Dependence("enumerator", found[0].strip(), "previous")
    if found := _THIS_PAPER.match(sentence):
        return None
    if found := _MENTION.match(sentence):
        return Dependence("mention", found[0], "previous")
    if found := _CONNECTIVE.match(sentence):
        return Dependence("connective", found[0], "previous")
    if (found := _UNNAMED.search(sentence)) and not names(sentence):
        return Dependence("unnamed", found[0], "name")
    return None
