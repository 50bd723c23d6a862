"""The plan for questions about the library itself, and for words that ask for nothing ("thanks").

What is said here is counted in the library, not quoted from a paper, so its sentences have no citations.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.answering.plans.composer import AnswerText
from rag.answering.plans.headings import title_phrases
from rag.answering.timings import Clock
from rag.library.library import Library
from rag.records import Answer, AnswerSentence, Paper, Section
from rag.text.latex import readable

N_TOPICS = 8
N_NEWEST = 3
N_OF_YEAR = 6
"""Titles named of the papers of one year."""
LOOKED_AT = 5000
"""Papers read for topics and years: more are not looked through while somebody waits."""

_THANKS = re.compile(r"\b(?:thanks?|thank you|thx|cheers|great|perfect|bye|good ?bye)\b", re.I)
_HELLO = re.compile(r"\W*(?:hi|hello|hey|good (?:morning|afternoon|evening))\b", re.I)
_COUNT = re.compile(r"\bhow (?:many|big|large)\b|\bnumber of\b|\bsize of\b", re.I)
_YEARS = re.compile(
    r"\b(?:new|newest|latest|most recent|oldest|earliest|recent|years?|when|dates?|how old)\b", re.I
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_AUTHORS = re.compile(r"\bauthors?\b|\bwho wrote\b", re.I)
_ABILITIES = re.compile(
    r"\b(?:help|what can you|what do you do|who are you|how do (?:I|you)|able to)\b", re.I
)
ABILITIES = (
    "It answers questions from the abstracts in this library, each sentence with the sentence it rests on.",
    "Ask for a fact, a definition, an overview, a comparison, a list of papers, what speaks for or against "
    "something, or what to use under conditions you name; ask in English.",
)


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """What is counted in a library. years: first and last, None where none is recorded."""

    n_papers: int
    n_looked_at: int
    n_with_year: int
    n_with_authors: int
    years: tuple[int, int] | None
    dated: tuple[Paper, ...]
    """Those looked at that have a year, newest first."""
    topics: tuple[str, ...]


def answer_about(library: Library, question: str, clock: Clock) -> Answer:
    """The answer to a question about the library itself."""
    with clock("answer"):
        papers = islice(library.papers(), LOOKED_AT)
        written = answer_meta(question, count_library(papers, library.n_papers))
    return Answer(
        question=question,
        mode="extractive",
        answer=written.text,
        abstained=False,
        reason=None,
        sentences=written.sentences,
        citations=(),
        retrieved=(),
        timings_ms=clock.timings_ms(),
        notice=library.lacking,
        confidence=1.0,
        intent="meta",
        sections=written.sections,
    )


def count_library(papers: Iterable[Paper], n_papers: int) -> LibraryFacts:
    """The facts of a library, from its papers (of which the first LOOKED_AT should be given)."""
    looked_at = list(papers)
    dated = sorted((paper for paper in looked_at if paper.year), key=lambda paper: -(paper.year or 0))
    years = ((dated[-1].year or 0), (dated[0].year or 0)) if dated else None
    return LibraryFacts(
        n_papers,
        len(looked_at),
        len(dated),
        sum(bool(paper.authors) for paper in looked_at),
        years,
        tuple(dated),
        _topics(looked_at),
    )


def answer_meta(question: str, facts: LibraryFacts) -> AnswerText:
    """What is asked of the library; what it holds and can do where that is not clear."""
    if _HELLO.match(question):
        said: Sequence[str] = ("Hello.", *ABILITIES)
    elif _THANKS.search(question) and len(question.split()) <= 6:
        said = ("You are welcome.", "Ask on, or ask for an overview of a subject.")
    elif _AUTHORS.search(question):
        said = (_authors(facts), _size(facts))
    elif year := _YEAR.search(question):
        said = (_of_year(facts, int(year[0])), _years(facts))
    elif _YEARS.search(question):
        said = (_years(facts), _size(facts))
    elif _COUNT.search(question):
        said = (_size(facts),)
    elif _ABILITIES.search(question):
        said = ABILITIES
    else:
        said = (_size(facts), _subjects(facts))
    sentences = tuple(AnswerSentence(text, (), 1.0, "supported") for text in said if text)
    text = " ".join(sentence.text for sentence in sentences)
    return AnswerText(text, sentences, (), (Section(None, tuple(range(len(sentences)))),))


def _size(facts: LibraryFacts) -> str:
    return f"This library holds {facts.n_papers:,} {'paper' if facts.n_papers == 1 else 'papers'}."


def _subjects(facts: LibraryFacts) -> str:
    return f"Phrases that many of their titles share: {', '.join(facts.topics)}." if facts.topics else ""


def _of_year(facts: LibraryFacts, year: int) -> str:
    """The papers of one year; "" where no years are recorded at all."""
    if facts.years is None:
        return ""
    titles = [readable(paper.title) for paper in facts.dated if paper.year == year]
    if not titles:
        return f"No paper of this library is recorded as of {year}."
    more = f"; and {len(titles) - N_OF_YEAR:,} more" if len(titles) > N_OF_YEAR else ""
    return f"Papers of {year}: {'; '.join(f'“{title}”' for title in titles[:N_OF_YEAR])}{more}."


def _years(facts: LibraryFacts) -> str:
    if facts.years is None:
        return "No years are recorded for its papers, so none can be said to be the newest."
    newest = "; ".join(f"“{readable(paper.title)}” ({paper.year})" for paper in facts.dated[:N_NEWEST])
    some = "" if facts.n_with_year == facts.n_looked_at else f", recorded for {facts.n_with_year:,} of them"
    first, last = facts.years
    return f"Its papers are of {first} to {last}{some}; the newest: {newest}."


def _authors(facts: LibraryFacts) -> str:
    if not facts.n_with_authors:
        return "No authors are recorded for its papers."
    return f"Authors are recorded for {facts.n_with_authors:,} of the {facts.n_looked_at:,} papers looked at."


def _topics(papers: Sequence[Paper]) -> tuple[str, ...]:
    """The phrases of two words that the most titles share."""
    n_with: Counter[tuple[str, ...]] = Counter()
    shown: dict[tuple[str, ...], str] = {}
    for paper in papers:
        phrases = {key: phrase for key, phrase in title_phrases(readable(paper.title)) if len(key) == 2}
        n_with.update(phrases.keys())
        for key, phrase in phrases.items():
            shown.setdefault(key, phrase.lower())
    common = (key for key, n in n_with.most_common(N_TOPICS) if n > 1)
    return tuple(shown[key] for key in common)
