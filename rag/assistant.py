"""The path from a question to a cited answer, in the order of the steps. Each step lives elsewhere.

understand ─▶ rank ─▶ read the best papers' sentences ─▶ know, or abstain ─▶ quote, or write and check
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rag.answering import extractive
from rag.answering.answerability import BestPaper
from rag.answering.paper_reading import READ_PAPERS
from rag.answering.plans.composer import AnswerText
from rag.answering.plans.meta import answer_about
from rag.answering.seeking import Scope, Seek, Seeker
from rag.answering.suggesting import suggest
from rag.answering.timings import Clock
from rag.config import Config
from rag.encoder.load import load_encoder
from rag.encoder.minilm import Encoder
from rag.errors import IndexDamaged, LibraryEmpty
from rag.library import manifest
from rag.library.library import Library
from rag.llm.cost import Spending
from rag.llm.limits import Cancellation
from rag.records import (
    Answer,
    Delta,
    Done,
    Event,
    Filters,
    IngestReport,
    Paper,
    Progress,
    RankedPaper,
    Retrieved,
    RetrievedPaper,
    SearchMode,
    Skip,
    as_history,
)
from rag.retrieval.finding import PaperFinder
from rag.retrieval.question import Question, check_question
from rag.retrieval.ranking import Ranking
from rag.retrieval.reader_feedback import ReaderFeedback, move_papers

if TYPE_CHECKING:
    from rag.answering.check import CheckedStatement
    from rag.answering.writer import Writer
    from rag.encoder.onnx_reranker import OnnxReranker
    from rag.retrieval.sparse_leg import SparseLeg
    from rag.support.gate import Gate


class Assistant:
    """An open library and what is needed to question it. Safe to share between threads; close when done."""

    def __init__(
        self, library: Library, encoder: Encoder, config: Config, beside: Assistant | None = None
    ) -> None:
        """beside: one for another library, whose gate and models this one uses, too; what models may cost is
        then bounded for both together."""
        self.library = library
        self.encoder = encoder
        self.config = config
        self._beside = beside

    @classmethod
    def open(
        cls, path: str | Path | None = None, *, config: Config | None = None, create: bool = False
    ) -> Assistant:
        """Open the library at `path` (default: the configured one).

        Raises LibraryNotFound where there is none and `create` is not set, other LibraryErrors where it
        cannot be used, WeightsError where the encoder's weights are missing.
        """
        config = config or Config.from_env()
        if path is not None:
            config = replace(config, library=Path(path).expanduser())
        # Where a library is there to be asked, the encoder opens beside it: 0.2 s outside Python's lock.
        if create or not manifest.exists(config.library):
            library = Library.open(config.library, config, create=create)
            encoder = load_encoder(config)
        else:
            with ThreadPoolExecutor(1, "rag-encoder") as thread:
                loading = thread.submit(_ready_encoder, config)
                library = Library.open(config.library, config)
                encoder = loading.result()
        library.check_encoder(encoder)
        return cls(library, encoder, config)

    def with_config(self, config: Config) -> Assistant:
        """The same library and encoder under other settings. Close one of the two only."""
        return Assistant(self.library, self.encoder, config)

    def close(self) -> None:
        """Let go of the library's files and of the model's connection."""
        if "_writer" in self.__dict__:
            self._writer.close()
        self.library.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def ingest(
        self,
        paths: Iterable[str | Path],
        *,
        format: str | None = None,
        keep_title_only: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        """Read files or folders into the library. What was there and has not changed is not encoded again.

        format: a name of rag.readers.FORMATS, in place of what the content says. keep_title_only: take
        records without an abstract, too.

        Raises InputError where a path cannot be used at all, LibraryLocked where another process writes.
        """
        from rag.readers import read_paths

        records = read_paths(paths, format=format, keep_title_only=keep_title_only)
        return self.add(records, progress=progress)

    def add(
        self, records: Iterable[Paper | Skip], *, progress: Callable[[Progress], None] | None = None
    ) -> IngestReport:
        """Add papers as `Library.add` does, and expand what is new where a sparse leg is set up."""
        report = self.library.add(records, self.encoder, progress=progress)
        if self.sparse is not None:
            self.sparse.update(self.library)
        return report

    def search(
        self,
        query: str,
        *,
        top: int | None = None,
        mode: SearchMode = "hybrid",
        filters: Filters | None = None,
        history: Iterable[Iterable[str]] = (),
        n_read: int = READ_PAPERS,
        llm: bool = True,
    ) -> list[RankedPaper]:
        """The `top` papers for `query`, best first, the `n_read` best with their sentences, best first.

        history: earlier turns, for a query that follows on from them. Filters stated in the query's words
        are searched as words. llm: whether a model orders the first papers, where one is set up to.
        Raises InputError where the query is empty or too long, LibraryEmpty where nothing is indexed.
        """
        query = check_question(query)
        self._require_papers()
        question = self._finder.understand(query, as_history(history))
        top = top or self.config.top
        ranking = self._finder.rank_query(question, mode, filters, top, by_model=llm)
        if mode == "hybrid":
            ranking = move_papers(ranking, self._feedback.shifts)
        return self._seeker.read(question, ranking, top, n_read)[0]

    def ask(
        self,
        question: str,
        *,
        history: Iterable[Iterable[str]] = (),
        filters: Filters | None = None,
        words: int | None = None,
        llm: bool | None = None,
        top: int | None = None,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """Answer `question` with checked citations, or abstain with a reason.

        history: earlier turns as ("user" | "assistant", text). llm: whether a model writes (default: if one
        is configured). words: length of an answer without a model. top: papers listed in `retrieved`.
        cancellation: lets another thread end the call, which then raises Cancelled, and counts what it took.
        Raises InputError, LibraryEmpty; a failing model gives the extractive answer with a `notice`.
        """
        events = self.stream(
            question,
            history=history,
            filters=filters,
            words=words,
            llm=llm,
            top=top,
            cancellation=cancellation,
        )
        return next(event.answer for event in events if isinstance(event, Done))

    def stream(
        self,
        question: str,
        *,
        history: Iterable[Iterable[str]] = (),
        filters: Filters | None = None,
        words: int | None = None,
        llm: bool | None = None,
        top: int | None = None,
        cancellation: Cancellation | None = None,
        fresh: bool = False,
    ) -> Iterator[Event]:
        """As `ask`, step by step: what was retrieved, the text as it comes, and last the checked answer.

        fresh: have the model write again, also where its reply to the very same prompt is kept.
        """
        text = check_question(question)
        turns = as_history(history)
        self._require_papers()
        cancellation = cancellation or Cancellation()
        cancellation.check()
        clock = Clock()
        writes = self.config.has_model if llm is None else llm
        if writes:
            self._writer.warm_up()
        with clock("plan"):
            rewrites = writes and self.config.rewrite
            asked = self._finder.understand(text, turns, filters, cancellation, rewrites=rewrites)
        scope = Scope.of(text, asked, filters, self.library)
        if asked.intent == "meta" and scope.is_whole:
            yield from _counted(answer_about(self.library, asked.text, clock))
            return
        length, n_read = words or self.config.words, max(READ_PAPERS, top or self.config.top)
        how = Seek(text, filters, n_read, length, llm is not False, cancellation, clock)
        sought = self._seeker.seek(asked, scope, how)
        papers, course = sought.papers, sought.course
        asked = course.question
        draft = Answer(
            question=text,
            mode="llm" if writes else "extractive",
            answer="",
            abstained=False,
            reason=None,
            sentences=(),
            citations=(),
            retrieved=_retrieved(papers, top or self.config.top),
            searched_for=asked.queries,
            notice=_joined(sought.notice, self.library.lacking),
            usage=cancellation.used,
            confidence=course.confidence,
            intent=asked.intent,
        )
        yield Retrieved(tuple(papers), draft.searched_for)
        if course.reason:
            yield Done(_refused(draft, course.reason, clock))
            return

        def quote() -> AnswerText:
            return course.part or extractive.answer(asked, papers, self.rarity, length)

        if writes and (course.part is None or scope.part):
            events = self._writer.write(draft, asked, papers, quote, clock, cancellation, fresh=fresh)
            for event in events:
                yield _paid(event, cancellation) if isinstance(event, Done) else event
            return
        with clock("answer"):
            written = quote()
        yield Delta(written.text)
        yield Done(_quoted(draft, written, clock))

    def read_question(
        self, question: str, history: Iterable[Iterable[str]] = (), filters: Filters | None = None
    ) -> tuple[Question, Ranking, list[RankedPaper], BestPaper | None]:
        """The question as understood, the ranking, its papers, best first and read, and how the first matches
        it: all that an answer is decided on. Raises InputError, LibraryEmpty."""
        text = check_question(question)
        self._require_papers()
        asked = self._finder.understand(text, as_history(history), filters)
        ranking, _ = self._finder.rank(asked, filters, READ_PAPERS, by_model=False)
        looked, ranking, papers, best = self._seeker.look(asked, ranking, READ_PAPERS)
        return replace(asked, linked=looked.linked), ranking, papers, best

    def suggest(self, answer: Answer, *, filters: Filters | None = None) -> tuple[str, ...]:
        """Up to three next questions that the library answers: each was read and would not be refused, and
        the papers it was made of lead what it finds. Needs no model; takes as long as asking them."""
        return suggest(answer, lambda question: self.read_question(question, (), filters))

    def check(self, text: str) -> Iterator[CheckedStatement]:
        """The sentences of `text` (Markdown or plain) that claim something, each held against the library.

        Yields them in order, with the sentences that support each best. Raises LibraryEmpty.
        """
        from rag.answering.check import check_text

        return check_text(text, self)

    def weigh(self, claim: str, *, filters: Filters | None = None) -> Answer:
        """The sentences that support a claim, contradict it, or hold it under conditions, from all papers
        that speak to it: an Answer of intent "stance" with the sections "For", "Against" and "Depends" as far
        as there are any, likeliest first, and before them, without heading, those on the matter whose side
        cannot be told. A sentence's `support` is how likely it stands where it belongs.

        claim: a statement, or a question of yes or no. Abstains where no sentence takes a side. Always
        extractive. Raises InputError, LibraryEmpty, and SupportModelError where nothing can be judged.
        """
        from rag.answering.weighing import weigh

        return weigh(check_question(claim), self, filters)

    @cached_property
    def gate(self) -> Gate:
        """What checks written sentences against the ones they cite."""
        if self._beside is not None:
            return self._beside.gate
        from rag.support.gate import Gate

        return Gate.load(self.config)

    @cached_property
    def minilm(self) -> Encoder:
        """What the parts that were fitted on MiniLM's vectors use, whatever encodes the library."""
        if self._beside is not None:
            return self._beside.minilm
        return Encoder.load(self.config) if self.config.encoder else self.encoder

    @cached_property
    def _spending(self) -> Spending:
        return self._beside._spending if self._beside is not None else Spending()

    @cached_property
    def _reranker(self) -> OnnxReranker | None:
        if not self.config.reranker:
            return None
        if self._beside is not None:
            return self._beside._reranker
        from rag.encoder.onnx_reranker import OnnxReranker

        return OnnxReranker.load(self.config)

    @cached_property
    def _writer(self) -> Writer:
        from rag.answering.writer import Writer

        return Writer(self.config, self.gate, self._spending)

    @cached_property
    def sparse(self) -> SparseLeg | None:
        """The learned sparse leg, where RAG_SPARSE names a model. Raises WeightsError."""
        if not self.config.sparse:
            return None
        from rag.retrieval.sparse_leg import SparseLeg

        return SparseLeg.open(self.config)

    @cached_property
    def _feedback(self) -> ReaderFeedback:
        return ReaderFeedback(self.config)

    @property
    def _finder(self) -> PaperFinder:
        return PaperFinder(
            self.library,
            self.encoder,
            self.minilm,
            self.config,
            self.sparse,
            lambda: self._reranker,
            lambda: self._writer.llm,
        )

    @property
    def _seeker(self) -> Seeker:
        return Seeker(
            self.library,
            self.encoder,
            self._finder,
            self._feedback,
            of_minilm=self.minilm is self.encoder,
            hops=self.config.second_hop != "off",
        )

    def rarity(self, word: str) -> float:
        """How rare a word is in the library, as inverse document frequency; of a word of several pieces, the
        most there is."""
        token_id = self.encoder.token_id(word.lower())
        df = self.library.df
        n_with = int(df[token_id]) if token_id is not None and token_id < len(df) else 0
        return math.log1p((self.library.n_passages - n_with + 0.5) / (n_with + 0.5))

    def _require_papers(self) -> None:
        self.library.refresh()
        where = self.config.library
        if self.library.n_papers == 0:
            raise LibraryEmpty(
                f"no papers in the library at {where}; add some: rag ingest PATH... --library {where}"
            )
        if not self.library.is_encoded:
            raise IndexDamaged(
                f"the papers of {where} cannot be searched; repair it: rag doctor --repair --library {where}"
            )


def _ready_encoder(config: Config) -> Encoder:
    """The encoder, its tokenizer and its graph for questions open."""
    encoder = load_encoder(config)
    encoder.warm_up()
    return encoder


def _retrieved(papers: Sequence[RankedPaper], top: int) -> tuple[RetrievedPaper, ...]:
    return tuple(RetrievedPaper(p.paper.paper_id, p.paper.title, p.score) for p in papers[:top])


def _refused(draft: Answer, reason: str, clock: Clock) -> Answer:
    return replace(draft, abstained=True, reason=reason, answer=reason, timings_ms=clock.timings_ms())


def _quoted(draft: Answer, written: AnswerText, clock: Clock) -> Answer:
    return replace(
        draft,
        answer=written.text,
        sentences=written.sentences,
        citations=written.citations,
        sections=written.sections,
        notice=_joined(draft.notice, written.remark),
        timings_ms=clock.timings_ms(),
    )


def _paid(event: Done, cancellation: Cancellation) -> Done:
    """The answer with what all of its calls took: searches worded, papers ordered, tries that failed, too."""
    return Done(replace(event.answer, usage=cancellation.used or event.answer.usage))


def _counted(answer: Answer) -> Iterator[Event]:
    """An answer that was counted, not searched."""
    yield Retrieved((), ())
    yield Delta(answer.answer)
    yield Done(answer)


def _joined(*remarks: str | None) -> str | None:
    return " ".join(filter(None, remarks)) or None


def ask(
    question: str,
    *,
    library: str | Path | None = None,
    history: Iterable[Iterable[str]] = (),
    filters: Filters | None = None,
    words: int | None = None,
    llm: bool | None = None,
) -> Answer:
    """Ask the library at `library` (default: $RAG_LIBRARY, else the per-user one). See `Assistant.ask`."""
    with Assistant.open(library) as assistant:
        return assistant.ask(question, history=history, filters=filters, words=words, llm=llm)
