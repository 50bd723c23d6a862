"""A question taken apart: the sides of a comparison, and the parts of a question in several parts.

Each piece can be searched alone. What is asked about them is rag/retrieval/intent.py's.
"""

from __future__ import annotations

import re

from rag.text.words import content_words, names, split_asked

MAX_SIDES = 4
SETTING_WORDS = 3
"""Content words before the first side that make a setting worth keeping with each: as in follow-ups, two
are taken up by the frame of a question."""

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


_MENTION = re.compile(r"\b(?:ones?|former|latter|first|second|third|last|other|method|model)\b", re.I)


def sides_of(question: str) -> tuple[str, ...]:
    """The two sides of a comparison, each with what was said before the first; empty where there are none."""
    return _with_setting(question, _pair(question))


def parts_of(question: str) -> tuple[str, ...]:
    """The coordinated questions ("how ..., and how ...?"), each searchable alone; empty for one."""
    return _with_setting(question, _parts(question))


def is_mention(side: str) -> bool:
    """Whether a side only mentions something said before: "it", "that one", "the second"."""
    return not names(side) and not content_words(_MENTION.sub("", side))


def _with_setting(question: str, pieces: tuple[str, ...]) -> tuple[str, ...]:
    setting = question[: question.find(pieces[0])].strip(" ,:-") if pieces else ""
    if len(content_words(setting)) < SETTING_WORDS:
        return pieces
    return tuple(f"{setting} {piece}" for piece in pieces)


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
