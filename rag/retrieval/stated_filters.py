"""Filters stated in the words of a question: "since 2022", "papers by Khattab".

Owns reading them off; applying them is rag/library/library.py's, and options given outright win
(rag/retrieval/understanding.py).
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag.records import Filters

_NAME = r"(?:[A-Z][a-z\u00e0-\u024f]+(?:[- ][A-Z][a-z\u00e0-\u024f]+){0,2})"
_YEAR = r"((?:19|20)\d\d)\b(?!-)"

_LIMITS: tuple[tuple[re.Pattern[str], int | None, int | None], ...] = tuple(
    (re.compile(rf"\b{pattern}", re.I), low, high)
    for pattern, low, high in (
        (rf"(?:between|from) {_YEAR} (?:and|to|until) {_YEAR}", 0, 0),
        (rf"(?:since|from) {_YEAR}(?: on(?:wards?)?\b)?", 0, None),
        (rf"{_YEAR} or (?:later|newer)\b", 0, None),
        (rf"(?:after|later than|newer than) {_YEAR}", 1, None),
        (rf"(?:until|up to|no later than) {_YEAR}", None, 0),
        (rf"{_YEAR} or (?:earlier|older)\b", None, 0),
        (rf"(?:before|earlier than|older than|prior to) {_YEAR}", None, -1),
        (rf"(?<=papers )(?:published )?(?:in|of) {_YEAR}|\b(?:published|appeared) in {_YEAR}", 0, 0),
        (rf"(?:came|come|coming) out in {_YEAR}|from the year {_YEAR}", 0, 0),
        (rf"(?<=new )in {_YEAR}", 0, 0),
    )
)
"""A pattern whose first year starts the span and whose last ends it, and what to add to each."""
_BY = re.compile(
    rf"""
    \b(?i: papers? | works? | articles? | studies | research | anything | written | published | authored )
    (\ by\ ({_NAME}) (?: (?:\ and|,|\ &)\ ({_NAME}) )? (?:\ et\ al\b\.?)? )
    """,
    re.X,
)
_ET_AL = re.compile(
    rf"\b((?:by )?({_NAME})(?: and ({_NAME}))? et al\b\.?(?:,? \(?(?P<year>(?:19|20)\d\d)\b\)?)?)"
)
_HAS_PUBLISHED = re.compile(
    rf"\b(?:has|have|did)( ({_NAME})(?: and ({_NAME}))?) (?:published?|written|write|work(?:ed)? on)\b"
)
"""All three: what to cut out, then one or two names."""


def read_filters(question: str) -> tuple[str, Filters]:
    """The question without the years and authors it asks to be limited to, and those as Filters.

    A year counts only after a word that limits by date (so not "BEA-2019"), and a name only where it
    is said to be an author's.
    """
    filters = Filters()
    for pattern, low, high in _LIMITS:
        if found := pattern.search(question):
            years = [int(year) for year in found.groups() if year]
            filters = replace(
                filters,
                year_from=filters.year_from if low is None else years[0] + low,
                year_to=filters.year_to if high is None else years[-1] + high,
            )
            question = _cut(question, *found.span())
    if found := _BY.search(question) or _ET_AL.search(question) or _HAS_PUBLISHED.search(question):
        filters = replace(filters, authors=tuple(name for name in found.groups()[1:3] if name))
        if year := found.groupdict().get("year"):  # "Smith et al. 2019"
            filters = replace(filters, year_from=int(year), year_to=int(year))
        question = _cut(question, *found.span(1))
    return question, filters


def _cut(text: str, start: int, end: int) -> str:
    """`text` without [start, end), its spaces and punctuation closed up."""
    joined = re.sub(r"\s{2,}", " ", f"{text[:start]} {text[end:]}")
    return re.sub(r"\s+([?.,;])", r"\1", joined).strip(" ,")
