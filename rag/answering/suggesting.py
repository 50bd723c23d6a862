"""Next questions that this library answers: made of the names and phrases of the papers just shown.

Candidates, each with the papers it should find, are asked, and those that are answered are kept. No model is
needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.answering import abstention
from rag.answering.answerability import BestPaper
from rag.answering.gathering import settled
from rag.answering.plans.composer import NAME_WORDS, n_words, short_name
from rag.answering.plans.headings import title_phrases
from rag.answering.plans.relevance import stems
from rag.records import Answer, RankedPaper, RetrievedPaper
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranking
from rag.text.latex import readable

SUGGESTED, SUGGESTIONS_TRIED = 3, 5
"""Next questions that are offered, and candidates that are tried."""
LEAST_SUGGESTED = 0.5
"""Least confidence of the answer to a question that is offered."""
LONGEST_NAME = 24
"""Letters of a title's name that a question can hold."""
NEAREST = 6
"""Papers found for a question whose names and phrases are looked at."""
SHARED = 2
"""Papers whose titles must hold a phrase that is asked about."""

ReadQuestion = Callable[[str], tuple[Question, Ranking, Sequence[RankedPaper], BestPaper | None]]
"""A question as it was understood, its ranking, its papers, and how the first of them matches it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, and the papers of which one should answer it."""

    question: str
    paper_ids: frozenset[str]


def suggest(answer: Answer, read: ReadQuestion) -> tuple[str, ...]:
    """Up to SUGGESTED next questions, each of which was read: it would not be refused, and the papers it was
    made of lead what it finds."""
    found: list[str] = []
    for candidate in islice(candidate_suggestions(answer), SUGGESTIONS_TRIED):
        asked, ranking, papers, best = read(candidate.question)
        decision = abstention.decide(settled(asked, papers, best), ranking, papers, best)
        leads = bool(papers) and papers[0].paper.paper_id in candidate.paper_ids
        if leads and not decision.reason and decision.confidence >= LEAST_SUGGESTED:
            found.append(candidate.question)
        if len(found) == SUGGESTED:
            break
    return tuple(found)


def candidate_suggestions(answer: Answer) -> Iterator[Suggestion]:
    """Questions that lead on from an answer, or from a refusal, the nearest to it first."""
    cited = {citation.paper_id for citation in answer.citations}
    near = answer.retrieved[:NEAREST]
    named = [(name, each) for each in near if (name := _name(each)) and name.lower() not in _asked(answer)]
    beside = [(name, each) for name, each in named if each.paper_id not in cited]
    shown = [(name, each) for name, each in named if each.paper_id in cited]
    phrase = _shared_phrase(answer, near)
    if shown:
        name, paper = shown[0]
        yield Suggestion(f"How does {name} work?", frozenset({paper.paper_id}))
    if beside:
        name, paper = beside[0]
        yield Suggestion(f"What is {name}?", frozenset({paper.paper_id}))
    if phrase:
        yield phrase
    if len(named) > 1:
        (first, one), (second, other) = named[:2]
        question = f"How do {first} and {second} differ?"
        yield Suggestion(question, frozenset({one.paper_id, other.paper_id}))
    for name, paper in [*beside[1:], *shown[1:]]:
        yield Suggestion(f"What does {name} find?", frozenset({paper.paper_id}))


def _asked(answer: Answer) -> str:
    return answer.question.lower()


def _name(paper: RetrievedPaper) -> str:
    """What the title calls the paper, where that is a name; "" where it is a whole title."""
    name = short_name(paper.title)
    is_name = name != readable(paper.title).rstrip(".") and n_words(name) <= NAME_WORDS - 2
    return name if is_name and len(name) <= LONGEST_NAME else ""


def _shared_phrase(answer: Answer, papers: Sequence[RetrievedPaper]) -> Suggestion | None:
    """An overview of a phrase that several titles hold and the question does not."""
    holding: Counter[tuple[str, ...]] = Counter()
    shown: dict[tuple[str, ...], str] = {}
    for paper in papers:
        phrases = dict(title_phrases(readable(paper.title)))
        holding.update({key for key in phrases if len(key) > 1})
        for key, phrase in phrases.items():
            shown.setdefault(key, phrase)
    asked = stems(answer.question)
    fresh = [
        (n, len(key), key) for key, n in holding.items() if n >= SHARED and not stems(shown[key]) <= asked
    ]
    if not fresh:
        return None
    phrase = shown[max(fresh)[2]]
    ids = frozenset(paper.paper_id for paper in papers)
    return Suggestion(f"What is known about {phrase.lower() if phrase.istitle() else phrase}?", ids)
