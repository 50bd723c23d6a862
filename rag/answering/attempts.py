"""Which model writes from how many papers, and when a further try is worth its cost.

A small model first, after token-level cascades and entropy-adaptive decoding: a larger one is asked where the
gate or the small one's own probabilities doubt the answer. Few papers first, after SAGE: more are shown where
the answer is found thin. Both are off unless set up (`small_model`, `context_papers` of rag/config.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.config import Config
from rag.errors import ModelError
from rag.llm.client import OPENAI_URL, LanguageModel, Reply
from rag.llm.cost import Spending, price_of
from rag.records import Answer, RankedPaper

LEAST_PROBABILITY = 0.8
"""Geometric mean of a reply's token probabilities below which it is doubted. Chosen by hand: no model was at
hand to fit it."""
SURE_PROBABILITY = 0.5
"""A paper that answers at least this surely is shown, however far the scores drop before it."""
NO_FIRST_REPLY = "The first model did not answer, so another was asked"
NO_SECOND_REPLY = "The answer is in doubt, and the model that was asked again did not answer"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. few: only the papers before the scores drop are shown."""

    llm: LanguageModel
    few: bool = False
    last: bool = False


class Attempts:
    """The tries that a configuration allows, cheapest first. Close it when done."""

    def __init__(self, config: Config, spending: Spending) -> None:
        self.llm = LanguageModel(config, spending=spending)
        self.small: LanguageModel | None = None
        if config.small_model:
            url = config.small_url or config.base_url
            # A price given by hand is the large model's, and so the most that the small one can cost.
            price = price_of(config.small_model, url or OPENAI_URL) or config.price
            own = replace(config, model=config.small_model, base_url=url, price=price)
            self.small = LanguageModel(own, spending=spending, probabilities=True)
        few = config.context_papers == "drop"
        first = [Attempt(self.small, few)] if self.small else [Attempt(self.llm, few)] if few else []
        self.all: Sequence[Attempt] = (*first, Attempt(self.llm, last=True))

    def warm_up(self) -> None:
        """Load what the first model's client needs while the caller retrieves."""
        self.all[0].llm.warm_up()

    def close(self) -> None:
        for llm in (self.llm, self.small):
            if llm:
                llm.close()


def doubt(answer: Answer, reply: Reply) -> str | None:
    """Why an answer should be tried again, or None where it need not."""
    if answer.abstained or not answer.sentences:
        return "it found no answer"
    if any(sentence.status == "unsupported" for sentence in answer.sentences):
        return "not all of it is supported"
    if reply.probability is not None and reply.probability < LEAST_PROBABILITY:
        return "its own probabilities are low"
    return None


def with_failures(answer: Answer, failures: Sequence[tuple[Attempt, ModelError]]) -> Answer:
    """The answer of a try, with a notice of the tries that failed."""
    told = [f"{NO_SECOND_REPLY if attempt.last else NO_FIRST_REPLY}: {error}" for attempt, error in failures]
    return replace(answer, notice=" ".join(filter(None, (answer.notice, *told))) or None)


def before_drop(papers: Sequence[RankedPaper]) -> list[RankedPaper]:
    """The papers, best first, up to where their scores drop most; at least one, and all where none drops.

    A paper that answers surely by itself is shown all the same.
    """
    if len(papers) < 2:
        return list(papers)
    drops = [better.score - worse.score for better, worse in pairwise(papers)]
    n = 1 + max(range(len(drops)), key=lambda i: drops[i]) if max(drops) > 0 else len(papers)
    return [paper for i, paper in enumerate(papers) if i < n or paper.confidence >= SURE_PROBABILITY]
