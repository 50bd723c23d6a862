"""From a question as understood to the papers found for it, and what is done with them: the middle of the
path in rag/assistant.py. Papers are ranked, read, searched for again where the question has two links, and
then it is decided whether they answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.answerability import BestPaper, likelier
from rag.answering.deciding import Course, course_of_each, decide_course
from rag.answering.gathering import settled
from rag.answering.paper_reading import READ_PAPERS, read_ranked
from rag.answering.plans.chosen_papers import answer_of_papers
from rag.answering.plans.paper_parts import AskedPart, part_asked
from rag.answering.plans.record import asks_record, names_paper
from rag.answering.timings import Clock
from rag.encoder.minilm import Encoder
from rag.index.candidates import Candidate
from rag.library.library import Library
from rag.llm.limits import Cancellation
from rag.records import Filters, RankedPaper
from rag.retrieval.finding import PaperFinder
from rag.retrieval.followups import leans_on_turn
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranking
from rag.retrieval.reader_feedback import ReaderFeedback, move_papers
from rag.retrieval.second_hop import linked_paper, wants_hop

LEAST_ALONE = 0.5
"""Least confidence of the answer to a question by itself, where it was read as a follow-up and refused."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a question is put to: all papers, several chosen ones, or one.

    only: the passages of the one paper. chosen: ids of the several. part: what of each of these is asked for,
    their results for one. of_record: it asks who wrote a paper, when, or where it appeared.
    """

    only: Sequence[Candidate]
    chosen: tuple[str, ...]
    part: AskedPart | None
    of_record: bool

    @classmethod
    def of(cls, text: str, asked: Question, filters: Filters | None, library: Library) -> Scope:
        ids = filters.paper_ids if filters else ()
        only = next(iter(library.passages_of([f"{ids[0]}#0"])), []) if len(ids) == 1 else []
        chosen = ids if len(ids) > 1 else ()
        of_record = bool(asks_record(text)) and (names_paper(text) or bool(only or asked.reference))
        return cls(only, chosen, part_asked(text) if chosen and not of_record else None, of_record)

    @property
    def is_whole(self) -> bool:
        """Nothing narrows it: a question about the library is one about the library."""
        return not (self.only or self.of_record or self.part)


@dataclass(frozen=True, slots=True)
class Seek:
    """How to look. text: the question as asked. n_read: papers wanted. words: length of an answer that is
    made of several papers. by_model: whether a model may order what is found."""

    text: str
    filters: Filters | None
    n_read: int
    words: int | None
    by_model: bool
    cancellation: Cancellation
    clock: Clock


@dataclass(frozen=True, slots=True)
class Sought:
    """The papers, best first and read, what is done with them, and what has to be said of the search."""

    papers: list[RankedPaper]
    course: Course
    notice: str | None


class Seeker:
    """Finds and reads the papers for a question, and decides."""

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        finder: PaperFinder,
        feedback: ReaderFeedback,
        *,
        of_minilm: bool,
        hops: bool,
    ) -> None:
        """of_minilm: the library is encoded by MiniLM. hops: a question of two links is searched twice."""
        self._library = library
        self._encoder = encoder
        self._finder = finder
        self._feedback = feedback
        self._of_minilm = of_minilm
        self._hops = hops

    def seek(self, asked: Question, scope: Scope, how: Seek) -> Sought:
        """Raises Cancelled."""
        sought = self._once(asked, scope, how)
        if sought.course.reason and asked.reference and not leans_on_turn(how.text):
            # It was read as a follow-up, and so has no answer: a new subject may have been taken for one.
            alone = self._once(self._finder.understand(how.text, (), how.filters), scope, how)
            if not alone.course.reason and alone.course.confidence >= LEAST_ALONE:
                sought = alone
        if scope.part and (sought.course.reason or asked.intent == "meta" or scope.part.name == "subject"):
            of_each = answer_of_papers(scope.part, self._library, scope.chosen, how.words)
            sought = replace(sought, course=course_of_each(sought.course, of_each))
        return sought

    def look(
        self, question: Question, ranking: Ranking, top: int
    ) -> tuple[Question, Ranking, list[RankedPaper], BestPaper | None]:
        """The question with the intent that its papers bear out, the ranking, and its papers, read.

        Searched and read again where the question has two links and the first paper answers to one of them
        only; the question then says which paper is at the second link.
        """
        papers, best = self.read(question, ranking, top)
        question = settled(question, papers, best)
        if not self._hops or best is None or not wants_hop(question, best.matches):
            return question, ranking, papers, best
        again = self._finder.rank_again(question, ranking, best.paper, top)
        if again is ranking:
            return question, ranking, papers, best
        papers, best = self.read(question, again, top)
        linked = linked_paper(question.text, papers)
        if linked is None or best is None:
            return question, again, papers, best
        alone = [each for each in again.ranked if each.paper_id == linked.paper.paper_id]
        _, second = self.read(question, replace(again, ranked=tuple(alone)), 1)
        question = replace(question, linked=linked.paper.paper_id)
        return question, again, papers, likelier(question.text, best, second or best)

    def read(
        self, question: Question, ranking: Ranking, top: int, n_read: int = READ_PAPERS
    ) -> tuple[list[RankedPaper], BestPaper | None]:
        """The papers of a ranking, the first `n_read` of them read, and how the best matches the question."""
        return read_ranked(
            self._library, self._encoder, question, ranking, top, n_read, of_minilm=self._of_minilm
        )

    def _once(self, asked: Question, scope: Scope, how: Seek) -> Sought:
        with how.clock("retrieve"):
            ranking, notice = self._finder.rank(
                asked, how.filters, how.n_read, how.cancellation, by_model=how.by_model
            )
            ranking = move_papers(ranking, self._feedback.shifts)
        with how.clock("read"):
            asked, ranking, papers, best = self.look(asked, ranking, how.n_read)
            course = decide_course(
                asked, ranking, papers, best, notice, scope.only, of_record=scope.of_record
            )
        return Sought(papers, course, notice)
