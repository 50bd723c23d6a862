"""From what was typed to what is searched: one pure function, `plan`, and the taking apart of questions
with several sides.

Follow-ups are rag/retrieval/followups.py's, filters in words rag/retrieval/stated_filters.py's. Does not
search, does not merge results (rag/retrieval/ranking.py) and asks no model
(rag/retrieval/query_rewriting.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from rag.records import Filters, History
from rag.retrieval.followups import BOUND_AFTER, condense, follows
from rag.retrieval.stated_filters import read_filters
from rag.text.words import content_words, names, split_asked

Kind = Literal["single", "compare", "list"]

MAX_SIDES = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What to search for one question."""

    question: str
    """The question made stand-alone; the user's own words where it already was."""
    queries: tuple[str, ...]
    """Searches whose results are merged: the whole question first, then its sides, if it has any."""
    kind: Kind
    filters: Filters
    """Those given, completed by those stated in the question."""
    follows: bool = False
    """Whether earlier turns were carried into `question`."""


def plan(question: str, history: History = (), filters: Filters | None = None) -> Plan:
    """How to search for `question`, asked after `history`.

    Filters that were only stated in words ("since 2022") may be met by no paper of the library;
    the caller should then search without them and say so.
    """
    asked, stated = read_filters(question)
    standalone = condense(asked, history)
    carried = standalone[len(asked) :]
    sides = _pair(asked) if carried else decompose(asked)
    queries = (standalone, *(side + carried if carried and follows(side) else side for side in sides))
    return Plan(
        question=question + carried,
        queries=tuple(dict.fromkeys(queries)),
        kind=kind_of(asked),
        filters=_completed(filters or Filters(), stated),
        follows=bool(carried),
    )


def _completed(given: Filters, stated: Filters) -> Filters:
    """What was given, completed by what was only said; what was given wins."""
    dated = given.year_from is not None or given.year_to is not None
    return replace(
        given,
        year_from=given.year_from if dated else stated.year_from,
        year_to=given.year_to if dated else stated.year_to,
        authors=given.authors or stated.authors,
    )


_PAIRS = tuple(
    re.compile(pattern, re.I | re.X)
    for pattern in (
        r"""\b(?: differences?\ between | distinguish | compar(?:e|ing|ison\ of) | contrast )
            \ ([^?.;]{1,200}?) ,?\ (?: and | with | to | against | from | versus | vs\.? )\ ([^?.,;]+)""",
        r"""\b(?: do(?:es)? | did | is | are | was | were )\ ([^?.,;]{1,200}?)
            \ (?: differ(?:ent)?\ from | compare\ (?:with|to|against) )\ ([^?.,;]+)""",
        r"\b(?: do | did )\ ([^?.,;]{1,100}?)\ and\ ([^?.,;]{1,100}?)\ (?: differ | compare )\b",
        r"(?<![^?.,;:])\s*([^?.,;:]{1,200}?)\ (?: versus | vs\.? )\ ([^?.,;]+)",
        r"""(?<= [:,;]\ ) (one\b [^?.;:]{1,200}?)
            ,?\ (?:and\ )? ((?: another | the\ other | (?<=and\ )one )\b [^?.;:]+)""",
    )
)
"""Two groups: the two sides."""
_COORDINATED = re.compile(
    r""",?\ (?: and | but | while | whereas )[ ]
        (?= (?: how | what | which | where | why | when | who | whether | do(?:es)? | did | is | are | was
              | were | by | in | on | at | to | must | can | should )\b )""",
    re.I | re.X,
)
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


def kind_of(question: str) -> Kind:
    """Whether one paper should answer, several set side by side, or a list of papers."""
    if _LIST.match(question.strip()):
        return "list"
    return "compare" if _COMPARE.search(question) or _pair(question) else "single"


def decompose(question: str) -> tuple[str, ...]:
    """The sides of a comparison, or the parts of a question in several parts, each searchable alone;
    empty where there is one part only. Each keeps what was said before the first of them."""
    sides = _pair(question) or _parts(question)
    setting = question[: question.find(sides[0])].strip(" ,:-") if sides else ""
    if len(content_words(setting)) < BOUND_AFTER:
        return sides
    return tuple(f"{setting} {side}" for side in sides)


def _pair(question: str) -> tuple[str, ...]:
    for pattern in _PAIRS:
        if found := pattern.search(question):
            return tuple(side.strip(" ,") for side in found.groups())
    return ()


def _parts(question: str) -> tuple[str, ...]:
    """The coordinated questions ("how ..., and how ...?"), each with the name an earlier one brought up."""
    asked = [sentence for sentence in split_asked(question) if sentence.endswith("?")]
    parts = [part.strip(" ,?") for sentence in asked for part in _COORDINATED.split(sentence)]
    parts = [part for part in parts if len(content_words(part)) >= 2]
    subject = next(iter(names(parts[0])), "") if len(parts) > 1 else ""
    named = (part if subject in part else f"{subject} {part}" for part in parts)
    return tuple(named)[:MAX_SIDES] if len(parts) > 1 else ()
