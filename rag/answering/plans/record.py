"""The plan for a question of who wrote a paper, when it came out or where: what is recorded of it.

What is said here is the paper's record and not a quotation, so its sentences have no citations; a field that
is not recorded is said to be missing, and nothing is inferred from the abstract.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from rag.answering.plans.composer import AnswerText, short_name
from rag.answering.plans.relevance import stems
from rag.papers.identifiers import title_key
from rag.records import AnswerSentence, Paper, RankedPaper, Section
from rag.retrieval.question import Question
from rag.text.authors import authors_line
from rag.text.latex import readable
from rag.text.words import content_words

RecordField = Literal["authors", "year", "venue"]
MOST = 3
"""Papers whose records are told where the words fit several."""
MOST_AUTHORS = 12
NEAREST = 3
_APPEARED = r"(?:published|written|released|printed|out|appear|come out)"
_ASKS: Mapping[RecordField, re.Pattern[str]] = {
    "authors": re.compile(
        r"\bwho (?:wrote|authored)\b(?! (?:about|on)\b)|\bwho (?:was|were) (?P<rest>.+) written by\b"
        r"|\b(?:who(?:['’]s| is| are| was| were)?|what are|list|name|give me|show(?: me)?|tell me)"
        r" (?:the )?(?:first |lead |names of the )?authors? (?:of|behind)\b",
        re.I,
    ),
    "year": re.compile(
        rf"\b(?:when|(?:in )?(?:which|what) year) (?:was|were|did|is)\b(?=.*\b{_APPEARED}\b)"
        r"|\b(?:year|date) of (?:publication|appearance)\b|\bpublication (?:year|date)\b",
        re.I,
    ),
    "venue": re.compile(
        rf"\bwhere (?:was|were|did|is)\b(?=.*\b(?:published|printed|appear)\b)"
        rf"|\b(?:which|what) (?:journal|venue|conference|proceedings)\b(?=.*\b{_APPEARED}\b)",
        re.I,
    ),
}
_FRAME = re.compile(
    rf"\b(?:papers?|articles?|study|work|preprint|original|journal|{_APPEARED}|title[ds]?|called|name[ds]?"
    r"|tell|know|anyone|does|there|list)\b",
    re.I,
)
"""What such a question says beside the paper."""


def asks_record(question: str) -> RecordField | None:
    """Which field of a paper's record a question asks for; None where it asks what papers say."""
    return next((field for field, words in _ASKS.items() if words.search(question)), None)


def names_paper(question: str) -> bool:
    """Whether anything is left that could name a paper: "Who wrote these?" names none."""
    return bool(content_words(_named_in(question)))


def answer_record(question: Question, papers: Sequence[RankedPaper]) -> AnswerText | str:
    """The record of the paper that is named, or of the one a follow-up means; in words, that the library
    holds no such paper, with the nearest.

    papers: best first.
    """
    field = asks_record(question.text)
    named = _named_in(question.text)
    if field is None:
        raise ValueError(f"no field of a record is asked for: {question.text!r}")
    if content_words(named):
        chosen = _of_that_name(named, [each.paper for each in papers])
    else:
        chosen = [papers[0].paper] if papers else []
    if not chosen:
        nearest = "; ".join(f"“{readable(each.paper.title)}”" for each in papers[:NEAREST])
        name = named.strip(" ?.,\"'“”‘’")
        return f"This library does not say: no title of a paper found names “{name}”. Nearest: {nearest}."
    told = tuple(AnswerSentence(_told(paper, field), (), 1.0, "supported") for paper in chosen)
    text = "\n".join(sentence.text for sentence in told)
    return AnswerText(text, told, (), (Section(None, tuple(range(len(told)))),))


def _named_in(question: str) -> str:
    """What is left of a question for a record: the paper it is asked of."""
    for words in _ASKS.values():
        question = words.sub(lambda found: found.groupdict().get("rest") or " ", question)
    return " ".join(_FRAME.sub(" ", question).split())


def _of_that_name(named: str, papers: Sequence[Paper]) -> list[Paper]:
    """Those whose name it is; else those whose title holds all its words."""
    exact = [p for p in papers if title_key(named) in (title_key(short_name(p.title)), title_key(p.title))]
    wanted = stems(named)
    return exact[:MOST] or [paper for paper in papers if wanted <= stems(paper.title)][:MOST]


def _told(paper: Paper, field: RecordField) -> str:
    title = f"“{readable(paper.title).rstrip('.')}”"
    when = f", {paper.year}" if paper.year else ""
    if field == "authors":
        if not paper.authors:
            return f"No authors are recorded for {title}."
        return f"{title} is by {authors_line(paper.authors, MOST_AUTHORS)}{when}."
    if field == "year":
        return f"{title} is of {paper.year}." if paper.year else f"No year is recorded for {title}."
    return f"{title} is in {paper.venue}{when}." if paper.venue else f"No venue is recorded for {title}."
