"""Which sentences of the papers shown a claim is held against: those that share its rarer words and numbers.

Cheap, and only a choice: judging is rag/support/gate.py's. How rare a word is, is counted among the very
sentences to choose from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log, sqrt

from rag.answering.context import ContextPaper
from rag.records import Paper, Sentence
from rag.text.stemming import content_stems

JOINED = 2
"""Sentences of one abstract that are put together where none is enough alone."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a paper's abstract."""

    paper: Paper
    sentence: Sentence


def nearest_quotes(claim: str, entries: Iterable[ContextPaper], most: int) -> list[Quote]:
    """The sentences of the papers that share most with a claim, by words and numbers, best first.

    A shared stem counts as it is rare among the sentences; a sentence's length counts against it.
    """
    quotes = [Quote(entry.paper, sentence) for entry in entries for sentence in entry.sentences]
    stems = [content_stems(quote.sentence.text) for quote in quotes]
    n_with = Counter(key for found in stems for key in found)
    wanted = content_stems(claim)

    def shared(found: frozenset[str]) -> float:
        return sum(log(1 + len(quotes) / n_with[key]) for key in wanted & found) / sqrt(1 + len(found))

    order = sorted(range(len(quotes)), key=lambda i: (-shared(stems[i]), i))
    return [quotes[i] for i in order[:most]]


def groups_of(quotes: Sequence[Quote]) -> Iterator[tuple[Quote, ...]]:
    """Each quote alone, and the first of each paper with the next one of that paper, as the abstract has
    them."""
    yield from ((quote,) for quote in quotes)
    by_paper: dict[str, list[Quote]] = {}
    for quote in quotes:
        by_paper.setdefault(quote.paper.paper_id, []).append(quote)
    for together in by_paper.values():
        if len(together) >= JOINED:
            yield in_order(together[:JOINED])


def in_order(quotes: Iterable[Quote]) -> tuple[Quote, ...]:
    """The quotes as they stand in their abstracts, those of one paper side by side."""
    listed = list(quotes)
    first = {quote.paper.paper_id: n for n, quote in reversed(list(enumerate(listed)))}
    return tuple(sorted(listed, key=lambda quote: (first[quote.paper.paper_id], quote.sentence.start)))
