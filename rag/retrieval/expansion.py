"""Other words for a question that says too little, behind a gate (`--expand`).

"LLM-based query expansion fails for unfamiliar and ambiguous queries" (2025): so the question's own search
always takes part, and is all there is unless a first look at what it found says that it is underspecified.
Then either the best papers speak for it (pseudo-relevance feedback, Rocchio 1971), or a model writes an
abstract that would answer it, which is searched beside it (HyDE, Gao et al. 2022). Where the model is late,
fails or writes something else than an abstract, the question's own search stands, with a notice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.config import Config
from rag.errors import ModelError
from rag.llm.client import LanguageModel, Message
from rag.llm.limits import Cancellation
from rag.llm.prompts import load_prompt, quoted
from rag.retrieval.question import Question
from rag.retrieval.ranking import FusionWeights, Ranking, merge
from rag.text.words import content_words

FEEDBACK = FusionWeights(similarity_to_top=0.4)
"""Likeness to the three best papers, as lists have it, a little weaker."""
HYPOTHESIS_SHARE = 0.4
"""What the search for a hypothetical abstract counts beside the question's own: with .7 a right one gives a
quarter more, and a wrong one harms more than twice as much."""
CLEAR_LEAD = 1.0
"""A question is underspecified where its first paper leads the second by less than this, in standard
deviations. So are 30, 14 and 22% of questions_dev, questions_train and SciFact, with over half of what a
right abstract gives to all. How well the best passage matches and how long the question is tell less
(docs/parts.md)."""
MAX_TOKENS = 220
FEWEST_WORDS, MOST_WORDS = 15, 400
"""Words of content that an abstract has; what is shorter is a remark or a refusal."""
NO_HYPOTHESIS = "The model wrote no abstract to search with, so the question was searched as it is"

Search = Callable[[str, FusionWeights | None], Ranking]
"""From a text, and weights other than the usual ones, to its ranking."""


def is_underspecified(ranking: Ranking) -> bool:
    """Whether the first look at what a question found says that it tells too little: no paper stands out."""
    scores = [each.score for each in ranking.ranked[:2]]
    return len(scores) == 2 and scores[0] - scores[1] < CLEAR_LEAD


def by_feedback(question: Question, ranking: Ranking, search: Search) -> Ranking:
    """The question searched anew, what is like its best papers before the rest. A list has that anyway, and a
    question that was searched in several ways says more than its best papers do."""
    if question.intent == "list" or len(question.queries) > 1:
        return ranking
    return search(question.search_text, FEEDBACK)


def by_hypothesis(
    question: Question,
    ranking: Ranking,
    search: Search,
    llm: LanguageModel,
    config: Config,
    cancellation: Cancellation | None = None,
) -> tuple[Ranking, str | None]:
    """The ranking, moved by what an abstract finds that a model writes for the question; and a notice where
    it wrote none. Raises Cancelled; no other failure of the model is raised."""
    prompt = load_prompt("hypothesis", config.prompts).fill(question=quoted(question.standalone))
    try:
        reply = llm.complete([Message("user", prompt)], max_tokens=MAX_TOKENS, cancellation=cancellation)
    except ModelError as error:
        if cancellation:
            cancellation.check()
        return ranking, f"{NO_HYPOTHESIS}: {error}."
    text = read_hypothesis(reply.text)
    if text is None:
        return ranking, f"{NO_HYPOTHESIS}."
    return add_expansion(ranking, [search(text, None)]), None


def read_hypothesis(text: str) -> str | None:
    """A reply as one line of prose; None where it is no abstract by its length."""
    line = " ".join(text.split())
    return line if FEWEST_WORDS <= len(content_words(line)) <= MOST_WORDS else None


def add_expansion(whole: Ranking, others: Sequence[Ranking]) -> Ranking:
    """A ranking moved by others of the same question. How well a paper matches stays what the question's own
    search says of it; the least there is where that did not find it."""
    late = min((each.late for each in whole.ranked), default=0.0)
    cosine = min((each.cosine for each in whole.ranked), default=0.0)
    capped = [
        replace(other, ranked=tuple(replace(each, late=late, cosine=cosine) for each in other.ranked))
        for other in others
    ]
    return merge(whole, capped, HYPOTHESIS_SHARE)
