"""From what was typed to a `Question`: everything that is read from it, in the order it is read.

filters in words ─▶ what a follow-up refers to ─▶ encode ─▶ intent ─▶ sides, parts, conditions
Searches nothing and asks no model (rag/retrieval/query_rewriting.py does).
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag.records import Filters, History
from rag.retrieval.conditions import constraints_of, excluded_of, without_excluded_words
from rag.retrieval.followups import QueryEncoder, leans_on_turn, refer
from rag.retrieval.intent import INTENTS, intent_probabilities, without
from rag.retrieval.question import Question
from rag.retrieval.sides import is_mention, parts_of, sides_of
from rag.retrieval.stated_filters import read_filters
from rag.text.language import language_of
from rag.text.words import content_words, names

SURELY_META = 0.7
"""From this probability on, a question is about the library or a courtesy, and follows nothing: of the 398
follow-ups of eval/fit/data/followups.jsonl 8 have as much, and all 116 such questions of intents.jsonl."""
SURELY_META_THOUGH_LEANING = 0.95
"""The same for a question that leans on the turn before by its words ("Does it come in ...?"): of the 106
of followups.jsonl none has as much."""
MANY_WORDS = 8
"""Words of content that a question about the library never has, unless it surely is one."""
_ANYBODY = re.compile(
    r"^(\W*how )(?:do|did|does|can|could|would|should)"
    r" (?:people|researchers|scientists|authors|others|experts)"
    r" (?!with\b|who\b|in\b|of\b|that\b|from\b|and\b|or\b|at\b|under\b|over\b|on\b|living\b|aged\b)",
    re.I,
)
LIKELY_META = 0.5
"""Under this, the next intent is taken: to withhold papers that were asked for is the worse mistake."""


def understand(
    text: str, encoder: QueryEncoder, history: History = (), filters: Filters | None = None
) -> Question:
    """The question `text`, asked after `history`, to be answered under `filters`.

    Filters that were only stated in words ("since 2022") may be met by no paper of the library; the caller
    should then search without them and say so.
    """
    asked, stated = read_filters(text)
    # "Which papers came out in 2021?", "What did Smith et al. find?": what is left says next to nothing.
    if len(content_words(asked)) < (2 if stated.authors else 1):
        asked = text
    own = encoder.encode_query(asked)
    probabilities = intent_probabilities(asked, own.vector)
    leans = bool(history) and leans_on_turn(asked)
    is_about_papers = probabilities["meta"] < (SURELY_META_THOUGH_LEANING if leans else SURELY_META)
    reference = refer(asked, own.vector, history, encoder) if is_about_papers else None
    language = language_of(text)
    if reference:
        probabilities = without(probabilities, "meta", "other")
    elif language != "en":  # the head has read English only
        probabilities = without(probabilities, *(each for each in INTENTS if each != "other"))
    elif probabilities["meta"] < (0.9 if len(content_words(asked)) >= MANY_WORDS else LIKELY_META):
        probabilities = without(probabilities, "meta")
    added = f" ({reference.text})" if reference else ""
    searched = _without_anybody(without_excluded_words(asked)) + added
    encoded = encoder.encode_query(searched) if searched != asked else own
    unexcluded = _without_anybody(without_excluded_words(text))
    intent = max(probabilities, key=lambda each: probabilities[each])
    sides = sides_of(asked)
    return Question(
        text=text,
        standalone=text + added,
        search_text=searched,
        encoded=encoded,
        intent=intent,
        intent_probabilities=probabilities,
        filters=_completed(filters or Filters(), stated),
        stated=stated,
        names=names(text),
        sides=tuple(side + added if is_mention(side) else side for side in sides) if added else sides,
        parts=() if added else parts_of(asked),
        excluded=excluded_of(asked),
        unexcluded=unexcluded if unexcluded != text else "",
        constraints=constraints_of(asked),
        reference=reference,
        language=language,
    )


def _without_anybody(question: str) -> str:
    """The question without people in general as its subject: "How do people measure X?" is about X alone, and
    the encoder takes people for a part of what is sought."""
    return _ANYBODY.sub(r"\1to ", question)


def _completed(given: Filters, stated: Filters) -> Filters:
    """What was given, completed by what was only stated; what was given wins."""
    dated = given.year_from is not None or given.year_to is not None
    return replace(
        given,
        year_from=given.year_from if dated else stated.year_from,
        year_to=given.year_to if dated else stated.year_to,
        authors=given.authors or stated.authors,
    )
