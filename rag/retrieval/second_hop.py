"""A second search for a question with two links, made of what the first one found.

"Which competition was won with the model that reads raw bytes?" describes one paper and asks of another,
which speaks of the first by its name. The first search finds the paper that is described; its evidence,
condensed to what it is called, joins the question for a second search, and what that finds is put behind it.
After Baleen (2021), CAFE (2025) and knowledge-aware iterative retrieval (2025). Asks no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from rag.records import Intent, Paper, RankedPaper
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranking
from rag.retrieval.sentence_features import PaperMatches
from rag.text.folding import fold
from rag.text.words import names

ONE_ANSWER: frozenset[Intent] = frozenset({"fact", "definition", "other"})
"""Intents that want one thing said. Lists, overviews and the like gather several papers anyway."""
MOST_MET = 0.56
"""How much of the question the first paper may meet, for its evidence to be thin."""
LEAST_LEAD = 2.0
"""What the second search's best paper besides the first has at least, in standard deviations: where nothing
stands out, there is no second link. With 1.5 the second search harms some questions of one link, with 2 none;
with 3 it helps a third fewer of those with two (docs/parts.md)."""
MOST_NAMES = 4
MOST_HOLDING = 5
"""A name that more of the papers read say is no link between two of them."""

_DESCRIBES = re.compile(r"\b(?:that|which|who|whose|whom|where)\b", re.I)
_NO_DESCRIPTION = re.compile(
    r"^\W*(?:\w+\W+){0,3}?(?:which|who|whose|whom|where)\b"
    r"|\b(?:show|find|found|say|said|claim|report|mean|think|believe|know|decide|learn|see)(?:s|n|ed)?"
    r" (?:that|which|where|who)\b"
    r"|\b(?:and|or|but),?\s(?:\w+\s)?(?:which|where|who|whose|that)\b",
    re.I,
)
"""Opens the question, opens another one, or says what somebody says."""


def wants_hop(question: Question, first: PaperMatches) -> bool:
    """Whether a question wants one thing said, has two links, and its first paper, as it was read, leaves
    much of it unmet."""
    is_one = question.intent in ONE_ANSWER
    return is_one and has_two_links(question.text) and first.met_share < MOST_MET


def has_two_links(question: str) -> bool:
    """Whether a question describes something by a clause of its own ("the model that ...")."""
    return bool(_DESCRIBES.search(_NO_DESCRIPTION.sub(" ", question)))


def next_query(question: Question, first: Paper) -> str:
    """The question, with what the first paper is called: its title, and names that it brings up."""
    called = islice(_names_beside(question.standalone, first), MOST_NAMES)
    return f"{question.standalone} ({' '.join((first.title, *called))})"


def add_hop(whole: Ranking, hop: Ranking, first_id: str) -> Ranking:
    """The first ranking, moved by what the second search found besides the first paper, which stays first.

    Nothing changes where none of its papers stands out. Its sums above zero are added; a paper that was below
    the mean before, or not found, counts as the mean. How well each paper matches the question stays what the
    first search says of it.
    """
    if max((each.score for each in hop.ranked if each.paper_id != first_id), default=0.0) < LEAST_LEAD:
        return whole
    found = {each.paper_id: each for each in whole.ranked}
    late = min((each.late for each in whole.ranked), default=0.0)
    cosine = min((each.cosine for each in whole.ranked), default=0.0)
    most = np.nextafter(max((each.score for each in whole.ranked), default=0.0), -np.inf)
    for each in hop.ranked:
        if each.paper_id != first_id and each.score > 0:
            before = found.get(each.paper_id, replace(each, score=0.0, late=late, cosine=cosine))
            score = min(max(before.score, 0.0) + each.score, most)
            found[each.paper_id] = replace(before, score=float(score))
    ordered = sorted(found.values(), key=lambda each: (-each.score, each.paper_id))
    return replace(whole, ranked=tuple(ordered))


def linked_paper(question: str, papers: Sequence[RankedPaper]) -> RankedPaper | None:
    """The second of `papers` where it says a name that the first one brings up, the question does not, and
    few of the others do; None where it says none."""
    if len(papers) < 2:
        return None
    texts = [f"{each.paper.title}\n{each.paper.abstract}" for each in papers[1:]]
    held = (_holding(name, texts) for name in _names_beside(question, papers[0].paper))
    return papers[1] if any(0 in places and len(places) <= MOST_HOLDING for places in held) else None


def _holding(name: str, texts: Sequence[str]) -> list[int]:
    """Places of the texts that say a name, as a word."""
    said = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return [place for place, text in enumerate(texts) if said.search(text)]


def _names_beside(question: str, paper: Paper) -> Iterable[str]:
    """Coined names of a paper that a question does not say, its title's first."""
    said = fold(question).lower()
    for name in dict.fromkeys((*names(f": {paper.title}"), *names(paper.abstract))):
        shaped = any(char.isupper() or char.isdigit() for char in name[1:])
        if shaped and fold(name).lower() not in said:
            yield name
