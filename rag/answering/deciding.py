"""What is done with a question whose papers were read: answered from them, from one of them, or refused.

rag/answering/abstention.py refuses; here is what may still be said of papers that the reader chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering import abstention
from rag.answering.answerability import BestPaper
from rag.answering.plans.composer import AnswerText
from rag.answering.plans.paper_parts import answer_of_paper
from rag.answering.plans.record import answer_record
from rag.index.candidates import Candidate
from rag.records import RankedPaper
from rag.retrieval.finding import UNFILTERED
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranking
from rag.retrieval.sentence_scoring import read_sentences


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of a question. At most one of `reason` and `part` is set."""

    question: Question
    """With the intent that its answer has."""
    confidence: float
    """That an answer given would be right, 0 to 1."""
    reason: str | None = None
    """Why no answer is given."""
    part: AnswerText | None = None
    """The answer, where one chosen paper was asked for a part of it."""


def decide_course(
    question: Question,
    ranking: Ranking,
    papers: Sequence[RankedPaper],
    best: BestPaper | None,
    notice: str | None,
    only: Sequence[Candidate],
    *,
    of_record: bool,
) -> Course:
    """What becomes of a question.

    papers, best: as rag/answering/paper_reading.py gives them. notice: what ranking had to say. only: the
    passages of the one paper that the question is put to. of_record: it asks for authors, year or venue.
    """
    decision = abstention.decide(question, ranking, papers, best)
    if notice and notice.startswith(UNFILTERED) and question.stated.authors:
        decision = abstention.no_such_author(question.stated.authors, papers)
    reason, part = decision.reason, None
    if only and (reason or question.intent == "meta"):
        # One chosen paper is asked for its parts in words that name no subject ("limitations?").
        told = answer_of_paper(question.text, only[0].paper, read_sentences(only))
        reason, part = (told, None) if isinstance(told, str) else (None if told else reason, told)
    if of_record and papers:
        recorded = answer_record(question, papers)
        reason, part = (recorded, None) if isinstance(recorded, str) else (None, recorded)
        question = replace(question, intent="meta")
    return Course(question, decision.confidence, reason, part)


def course_of_each(course: Course, told: AnswerText | str) -> Course:
    """The course of a question that several chosen papers were each asked: what they tell, or why they tell
    nothing."""
    question = replace(course.question, intent="overview")
    reason, part = (told, None) if isinstance(told, str) else (None, told)
    return Course(question, course.confidence, reason, part)
