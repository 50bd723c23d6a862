"""What kind of answer a question asks for.

Owns nothing else: the sides, names and conditions of a question are read in other modules of this room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rag.records import Intent

_COMPARE = re.compile(
    r"""
    (?<!its\ ) (?<!the\ ) (?<!their\ ) \b(?: two | three | several | both )\ (?: [\w-]+[ ] ){0,4}?
        (?: papers | works | ways | methods | approaches | models | systems | studies | remedies | \w+ers )\b
        .* \b(?: each\b(?!\ other) | do\ they | differently )
    | \bhow\ (?:do(?:es)?|did)\b [^?]* \b(?: differ | compare )\b
    | \bdifferen(?: t | ces? )\ (?: about | between | from )\b
    | ^compare\b | \b(?: versus | vs )\b | \bwork\ differently\b | \bwhat\ do\ the\ papers\b
    | \bthe\ (work|paper|study|method|approach|model)\b .* \b(?:and|while|but)\b .* \bthe\ \1\b
    """,
    re.I | re.X | re.S,
)
_LIST = re.compile(
    r"""
    (?:please\ )? (?: which | what | list | name | find | show\ me | give\ me | are\ there | any | all )[ ]
    (?: (?: all | any | me | the | some | other | recent )[ ] )* (?: \w+[-\ ] ){0,3}?
    (?: papers | works | studies | articles | publications | methods | approaches | models | datasets
      | benchmarks | authors )\b
    | (?:any\ |some\ |recent\ |the\ )? (?: papers | works? | studies | articles | research | literature )
      \ (?: about | on | that | which | with | using )\b
    | what(?:['\u2019]s|\ is)\ new\b | what\ ha(?:s|ve)\ .*\b(?:written|published)\b
    | (?:please\ )? (?: summari[sz]e | survey | review )\ .* \b(?: papers | works? | research | literature )\b
    """,
    re.I | re.X,
)
_DEFINITION = re.compile(r"what(?:'s| is| are) (?:an? )?[\w-]+(?: [\w-]+){0,3}\W*$|define\b", re.I)
_STANCE = re.compile(r"(?:is|are|do|does|did|can|should|will|has|have)\b", re.I)
_META = re.compile(r"(?:thanks|thank you|hello|hi|help|how many papers)\b", re.I)


def intent_probabilities(question: str, vector: NDArray[np.float32]) -> Mapping[Intent, float]:
    """How likely `question` asks for each kind of answer, the likeliest first; they sum to 1.

    vector: float32[384], the question as the encoder sees it.
    """
    return {_by_rule(question.strip()): 1.0}


def _by_rule(question: str) -> Intent:
    if _META.match(question):
        return "meta"
    if _LIST.match(question):
        return "list"
    if _COMPARE.search(question):
        return "compare"
    if _DEFINITION.match(question):
        return "definition"
    return "stance" if _STANCE.match(question) else "fact"
