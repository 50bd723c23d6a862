"""What each question of a set finds, read once for all parts that are measured in one run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from eval.data.questions import GoldQuestion
from eval.parts.sets import QuestionSet
from rag.records import RankedPaper
from rag.retrieval.question import Question


@dataclass(frozen=True, slots=True)
class QuestionReading:
    """A question with the papers that an answer may draw on, read."""

    gold: GoldQuestion
    asked: Question
    papers: tuple[RankedPaper, ...]


@cache  # for one run of the command; a set is compared by identity
def read_set(questions: QuestionSet) -> tuple[QuestionReading, ...]:
    """Every question of the set, in order."""
    found = []
    for question in questions.questions:
        asked, _, papers, _ = questions.assistant.read_question(question.question, question.history)
        found.append(QuestionReading(question, asked, tuple(papers)))
    return tuple(found)
