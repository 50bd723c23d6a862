"""From what was typed to a `Question`: everything that is read from it, in the order it is read.

filters in words ─▶ what a follow-up refers to ─▶ encode ─▶ intent ─▶ sides, parts, conditions
Searches nothing and asks no model (rag/retrieval/query_rewriting.py does).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from rag.encoder.minilm import Encoded
from rag.records import Filters, History
from rag.retrieval.conditions import constraints_of, excluded_of
from rag.retrieval.followups import refer
from rag.retrieval.intent import intent_probabilities
from rag.retrieval.question import Question
from rag.retrieval.sides import parts_of, sides_of
from rag.retrieval.stated_filters import read_filters
from rag.text.words import names


class QueryEncoder(Protocol):
    """What a question is encoded with; `rag.encoder.minilm.Encoder` is one."""

    def encode_query(self, text: str) -> Encoded: ...


def understand(
    text: str, encoder: QueryEncoder, history: History = (), filters: Filters | None = None
) -> Question:
    """The question `text`, asked after `history`, to be answered under `filters`.

    Filters that were only stated in words ("since 2022") may be met by no paper of the library; the caller
    should then search without them and say so.
    """
    asked, stated = read_filters(text)
    reference = refer(asked, history)
    added = f" ({reference.text})" if reference else ""
    encoded = encoder.encode_query(asked + added)
    vector = encoder.encode_query(asked).vector if added else encoded.vector
    probabilities = intent_probabilities(asked, vector)
    intent = max(probabilities, key=lambda each: probabilities[each])
    sides = sides_of(asked)
    return Question(
        text=text,
        standalone=text + added,
        search_text=asked + added,
        encoded=encoded,
        intent=intent,
        intent_probabilities=probabilities,
        filters=_completed(filters or Filters(), stated),
        stated=stated,
        names=names(text),
        sides=tuple(side + added if refer(side, history) else side for side in sides) if added else sides,
        parts=() if added else parts_of(asked),
        excluded=excluded_of(asked),
        constraints=constraints_of(asked),
        reference=reference,
    )


def _completed(given: Filters, stated: Filters) -> Filters:
    """What was given, completed by what was only stated; what was given wins."""
    dated = given.year_from is not None or given.year_to is not None
    return replace(
        given,
        year_from=given.year_from if dated else stated.year_from,
        year_to=given.year_to if dated else stated.year_to,
        authors=given.authors or stated.authors,
    )
