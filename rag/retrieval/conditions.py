"""What a question rules out, and the conditions it sets: "but not SPLADE", "no GPU", "10k documents".

Reads them off; leaving papers out and checking sentences is rag/answering/'s.
"""

from __future__ import annotations

import re

from rag.text.words import content_words

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
_ABOUT = re.compile(r"^(?:about|on|using|based on|involving)\s+", re.I)
_DENIAL = re.compile(
    r"^(?:(?:with|have|has|having)\s+)?(?:without|no|lacks?|lacking)\s+(?:(?:any|the|an?)\s+)?"
    r"|^(?:(?:on\s+)?an?\s+single|only|at most|at least|under|less than|up to|within)\s+"
    r"|^\d[\d.,]*\s?(?:k|m|million|thousand|billion)?\s+",
    re.I,
)
_COMPARES = re.compile(r"\W*(?:rather than|instead of|apart from|aside from|besides)\b", re.I)
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
    return tuple(_ABOUT.sub("", found["term"].strip()) for found in _EXCLUDED.finditer(question))


def without_excluded_words(question: str) -> str:
    """The question without what it rules out: a search cannot deny a word, and finds what is named.

    As it is where nothing is ruled out, where next to nothing would be left, and for "rather than", "apart
    from" and their like, which mostly name what something is compared with or added to.
    """
    left = _EXCLUDED.sub(lambda found: found[0] if _COMPARES.match(found[0]) else " ", question)
    left = re.sub(r"\s+([?.,;!])", r"\1", re.sub(r"\s{2,}", " ", left)).replace(",,", ",").strip(" ,;")
    return left if content_words(left) else question


def constraints_of(question: str) -> tuple[str, ...]:
    """Conditions that an answer must meet, as worded, in order."""
    return tuple(found[0].strip() for found in _CONSTRAINT.finditer(question))


def subject_of_condition(condition: str) -> str:
    """What a condition is about, without its denial and its amount: "labelled queries" of "no labelled
    queries"."""
    return _DENIAL.sub("", condition)
