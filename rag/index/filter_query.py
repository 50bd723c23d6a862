"""Filters as a query of the word index, and what passes them.

Agrees with the plain meaning of rag/papers/filters.py. A condition on the abstract is not looked at here:
an abstract is too long for one term.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tantivy import FieldType, Occur, Query, Schema

from rag.index.word_index_schema import FILTERED
from rag.records import Filters
from rag.text.folding import strip_accents

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ANYTHING = "(.|\n)*"
_LONGEST_PATTERN = 100
"""Bytes. tantivy takes no regular expression of more than 1,000 states, which 482 ASCII characters make; a
longer text is looked for in the field's terms one by one."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The passages of papers that pass filters: how the word index finds them, and how many they are."""

    query: Query
    n_passages: int


def filter_query(schema: Schema, filters: Filters, terms: Callable[[str], Iterable[str]]) -> Query:
    """Matches the passages of papers that pass, and adds nothing to a score. `terms` gives a field's."""
    clauses = [(Occur.Must, query) for query in _conditions(schema, filters, terms)]
    return Query.const_score_query(Query.boolean_query(clauses) if clauses else Query.all_query(), 0)


def _conditions(schema: Schema, filters: Filters, terms: Callable[[str], Iterable[str]]) -> Iterator[Query]:
    if filters.paper_ids:
        yield Query.term_set_query(schema, "paper", list(filters.paper_ids))
    if filters.year_from is not None or filters.year_to is not None:
        first, last = filters.year_from, filters.year_to
        yield Query.range_query(schema, "published", FieldType.Integer, first, last)
    wanted = [("authors", name) for name in filters.authors]
    wanted += [("venue", filters.venue), ("sources", filters.source), *filters.where]
    for field, text in wanted:
        if text and field in FILTERED:
            yield _occurs(schema, field, strip_accents(text), terms)


def _occurs(schema: Schema, field: str, text: str, terms: Callable[[str], Iterable[str]]) -> Query:
    """Matches where the text is part of one of the field's terms."""
    if len(text.encode()) > _LONGEST_PATTERN:
        found = [term for term in terms(field) if text in term]
        return Query.term_set_query(schema, field, found) if found else Query.empty_query()
    pattern = _SPECIAL.sub(r"\\\g<0>", text)
    return Query.regex_query(schema, field, f"{_ANYTHING}{pattern}{_ANYTHING}")
