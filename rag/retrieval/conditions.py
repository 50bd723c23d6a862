"""What a question rules out, and the conditions it sets: "but not SPLADE", "no GPU", "10k documents".

Reads them off; leaving papers out and checking sentences is rag/answering/'s.
"""

from __future__ import annotations

import re

_END = r"(?=[?.,;:!)]|\s+(?:and|but|or|which|what|how|should|for which|when)\b|\s*$)"
_EXCLUDED = re.compile(
    rf"""
    \b(?: but\ (?:not|no) | other\ than | except(?:\ for|ing)? | excluding | apart\ from | aside\ from
        | besides | leaving\ out | rather\ than | instead\ of
        | (?: are\  | is\  | and\  )? not\ (?: about | on | using | based\ on | involving )
        | do(?:es)? (?: n['\u2019]t | \ not )\ use )
    \ (?P<term> (?:\S+\s){{0,5}}? \S+? ) {_END}
    """,
    re.I | re.X,
)
_CONSTRAINT = re.compile(
    rf"""
    \b(?: without | no | lacks? | lacking | with\ no | have\ no )\ (?:\S+\s){{0,4}}? \S+? {_END}
    | \b \d[\d.,]*\s? (?: k | m | million | thousand | billion )? \s (?:\w+\s)?
        (?: \w{{3,}}s | gb | tb | mb | ram )\b
    | \b(?: (?:on\ )? an?\ single | only | at\ most | at\ least | under | less\ than | up\ to | within )
        \ (?:\S+\s){{0,3}}? \S+? {_END}
    """,
    re.I | re.X,
)


def excluded_of(question: str) -> tuple[str, ...]:
    """What the answer should not be about, in order."""
    return tuple(found["term"].strip() for found in _EXCLUDED.finditer(question))


def constraints_of(question: str) -> tuple[str, ...]:
    """Conditions that an answer must meet, as worded, in order."""
    return tuple(found[0].strip() for found in _CONSTRAINT.finditer(question))
