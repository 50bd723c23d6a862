"""The path from a question to a cited answer, in the order of the steps. Each step lives elsewhere.

understand ─▶ rank ─▶ read the best papers' sentences ─▶ know, or abstain ─▶ quote, or write and check
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rag.answering import abstention, extractive
from rag.answering.answerability import BestPaper
from rag.answering.gathering import settled
from rag.answering.plans.belonging import met_features
from rag.answering.plans.composer import AnswerText
from rag.answering.plans.meta import LOOKED_AT, answer_meta, count_library
from rag.answering.plans.paper_parts import answer_of_paper, asks_subject
from rag.answering.plans.record import answer_record, asks_record, names_paper
from rag.answering.suggesting import candidate_suggestions
from rag.answering.timings import Clock
from rag.config import Config
from rag.encoder.load import load_encoder
from rag.encoder.minilm import Encoder
from rag.errors import IndexDamaged, LibraryEmpty
from rag.index.candidates import Candidate
from rag.library import manifest
from rag.library.library import Library
from rag.records import (
    Answer,
    Delta,
    Done,
    Event,
    Filters,
    History,
    IngestReport,
    Progress,
    RankedPaper,
    Retrieved,
    RetrievedPaper,
    SearchMode,
    as_history,
)
from rag.retrieval.block_ranking import N_ORDERED
from rag.retrieval.question import Question, check_question
from rag.retrieval.ranking import LISTING, Ranking, merge, rank, weight_query
from rag.retrieval.sentence_scoring import read_papers, read_sentences
from rag.retrieval.understanding import understand

if TYPE_CHECKING:
    from rag.answering.check import CheckedStatement
    from rag.answering.writer import Writer
    from rag.encoder.onnx_reranker import OnnxReranker
    from rag.llm.limits import Cancellation
    from rag.support.gate import Gate

SUGGESTED, SUGGESTIONS_TRIED = 3, 5
"""Next questions that are offered, and candidates that are tried."""
LEAST_SUGGESTED = 0.5
"""Least confidence of the answer to a question that is offered."""
READ_PAPERS = 12
"""Papers whose sentences are weighed for an answer; what a written answer may draw on."""
UNFILTERED = "No paper in the library passes the filter read from the question, so it was left out."


class Assistant:
    """An open library and what is needed to question it. Safe to share between threads; close when done."""

    def __init__(self, library: Library, encoder: Encoder, config: Config) -> None:
        self.library = library
        self.encoder = encoder
        self.config = config

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

        return self.library.add(
            read_paths(paths, format=format, keep_title_only=keep_title_only), self.encoder, progress=progress
        )

    def search(
        self,
        query: str,
        *,
        top: int | None = None,
        mode: SearchMode = "hybrid",
        filters: Filters | None = None,
        history: Iterable[Iterable[str]] = (),
        n_read: int = READ_PAPERS,
    ) -> list[RankedPaper]:
        """The `top` papers for `query`, best first, the `n_read` best with their sentences, best first.

        history: earlier turns, for a query that follows on from them. Filters stated in the query's words
        are searched as words. Raises InputError where the query is empty or too long, LibraryEmpty where
        nothing is indexed.
        """
        query = check_question(query)
        self._require_papers()
        question = self._for_library(understand(query, self.minilm, as_history(history)))
        ranking = rank(
            self.library,
            self.encoder,
            question.standalone,
            mode=mode,
            filters=filters,
            weights=LISTING if mode == "hybrid" and question.intent == "list" else None,
            encoded=question.encoded if question.standalone == question.search_text else None,
            top=self._depth(top or self.config.top, by_model=mode == "hybrid"),
        )
        if mode == "hybrid":
            ranking, _ = self._reranked(question, ranking)
        return self._read(question, ranking, top or self.config.top, n_read)[0]

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
        cancellation: lets another thread end the call, which then raises Cancelled.
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
        if cancellation:
            cancellation.check()
        clock = Clock()
        writes = self.config.has_model if llm is None else llm
        if writes:
            self._writer.warm_up()
        with clock("plan"):
            asked = self._understand(text, turns, filters, rewrites=writes and self.config.rewrite)
        only = self._only_paper(filters)
        of_record = bool(asks_record(text)) and (names_paper(text) or bool(only or asked.reference))
        if asked.intent == "meta" and not only and not of_record:
            yield from self._about_library(asked, clock)
            return
        with clock("retrieve"):
            n_read = max(READ_PAPERS, top or self.config.top)
            ranking, notice = self._rank(asked, filters, n_read, llm is not False, cancellation)
        with clock("read"):
            papers, best = self._read(asked, ranking, n_read)
            asked = settled(asked, papers, best)
            decision = abstention.decide(asked, ranking, papers, best)
            if notice and notice.startswith(UNFILTERED) and asked.stated.authors:
                decision = abstention.no_such_author(asked.stated.authors, papers)
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
            notice=_joined(notice, self.library.lacking),
            confidence=decision.confidence,
            intent=asked.intent,
        )
        yield Retrieved(tuple(papers), draft.searched_for)
        reason, part = decision.reason, None
        if only and (reason or asked.intent == "meta"):
            # One chosen paper is asked for its parts in words that name no subject ("limitations?").
            told = answer_of_paper(text, only[0].paper, read_sentences(only))
            reason, part = (told, None) if isinstance(told, str) else (None if told else reason, told)
        if of_record and papers:
            recorded = answer_record(asked, papers)
            reason, part = (recorded, None) if isinstance(recorded, str) else (None, recorded)
            draft = replace(draft, intent="meta")
        if reason and filters and len(filters.paper_ids) > 1 and asks_subject(text):
            # What chosen papers are about is gathered from them: no word of the question is in them.
            asked, reason = replace(asked, intent="overview"), None
            draft = replace(draft, intent="overview")
        if reason:
            yield Done(
                replace(draft, abstained=True, reason=reason, answer=reason, timings_ms=clock.timings_ms())
            )
            return

        def quote() -> AnswerText:
            return extractive.answer(asked, papers, self.rarity, words or self.config.words)

        if writes and part is None:
            yield from self._writer.write(draft, asked, papers, quote, clock, cancellation, fresh=fresh)
            return
        with clock("answer"):
            written = part or quote()
        yield Delta(written.text)
        yield Done(
            replace(
                draft,
                answer=written.text,
                sentences=written.sentences,
                citations=written.citations,
                sections=written.sections,
                notice=_joined(draft.notice, written.remark),
                timings_ms=clock.timings_ms(),
            )
        )

    def read_question(
        self, question: str, history: Iterable[Iterable[str]] = (), filters: Filters | None = None
    ) -> tuple[Question, Ranking, list[RankedPaper], BestPaper | None]:
        """The question as understood, the ranking, its papers, best first and read, and how the first matches
        it: all that an answer is decided on. Raises InputError, LibraryEmpty."""
        text = check_question(question)
        self._require_papers()
        asked = self._understand(text, as_history(history), filters, rewrites=False)
        ranking, _ = self._rank(asked, filters, READ_PAPERS, by_model=False)
        return asked, ranking, *self._read(asked, ranking, READ_PAPERS)

    def suggest(self, answer: Answer, *, filters: Filters | None = None) -> tuple[str, ...]:
        """Up to three next questions that the library answers: each was read and would not be refused, and
        the papers it was made of lead what it finds. Needs no model; takes as long as asking them."""
        found: list[str] = []
        for candidate in islice(candidate_suggestions(answer), SUGGESTIONS_TRIED):
            asked, ranking, papers, best = self.read_question(candidate.question, (), filters)
            decision = abstention.decide(settled(asked, papers, best), ranking, papers, best)
            leads = bool(papers) and papers[0].paper.paper_id in candidate.paper_ids
            if leads and not decision.reason and decision.confidence >= LEAST_SUGGESTED:
                found.append(candidate.question)
            if len(found) == SUGGESTED:
                break
        return tuple(found)

    def _only_paper(self, filters: Filters | None) -> list[Candidate]:
        """The passages of the one paper that a question is put to; none where it is put to several or all."""
        if filters is None or len(filters.paper_ids) != 1:
            return []
        return next(iter(self.library.passages_of([f"{filters.paper_ids[0]}#0"])), [])

    def _about_library(self, question: Question, clock: Clock) -> Iterator[Event]:
        """The answer to a question about the library itself: counted, not searched."""
        with clock("answer"):
            papers = islice(self.library.papers(), LOOKED_AT)
            written = answer_meta(question.text, count_library(papers, self.library.n_papers))
        yield Retrieved((), ())
        yield Delta(written.text)
        yield Done(
            Answer(
                question=question.text,
                mode="extractive",
                answer=written.text,
                abstained=False,
                reason=None,
                sentences=written.sentences,
                citations=(),
                retrieved=(),
                timings_ms=clock.timings_ms(),
                notice=self.library.lacking,
                confidence=1.0,
                intent="meta",
                sections=written.sections,
            )
        )

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
        from rag.support.gate import Gate

        return Gate.load(self.config)

    @cached_property
    def minilm(self) -> Encoder:
        """What the parts that were fitted on MiniLM's vectors use, whatever encodes the library."""
        return Encoder.load(self.config) if self.config.encoder else self.encoder

    @cached_property
    def _reranker(self) -> OnnxReranker | None:
        if not self.config.reranker:
            return None
        from rag.encoder.onnx_reranker import OnnxReranker

        return OnnxReranker.load(self.config)

    @cached_property
    def _writer(self) -> Writer:
        from rag.answering.writer import Writer

        return Writer(self.config, self.gate)

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
                f"the papers of {where} cannot be searched; mend it: rag doctor --repair --library {where}"
            )

    def _understand(
        self, text: str, history: History, filters: Filters | None, *, rewrites: bool
    ) -> Question:
        question = understand(text, self.minilm, history, filters)
        if rewrites:
            from rag.retrieval.query_rewriting import rewrite

            question = rewrite(question, history, self._writer.llm, self.minilm, self.config.prompts)
        return self._for_library(question)

    def _rank(
        self,
        question: Question,
        given: Filters | None,
        top: int,
        by_model: bool,
        cancellation: Cancellation | None = None,
    ) -> tuple[Ranking, str | None]:
        """Rank with the question's filters; those only stated in it give way where no paper passes."""
        top = self._depth(top, by_model=by_model)
        ranking, notice = self._rank_sides(question, question.filters, top), None
        if not ranking.ranked and question.filters != (given or Filters()):
            notice = UNFILTERED
            ranking = self._rank_sides(question, given, top)
        ranking, told = self._reranked(question, ranking, cancellation, by_model=by_model)
        return ranking, " ".join(filter(None, (notice, told))) or None

    def _depth(self, top: int, *, by_model: bool) -> int:
        """Papers to rank where `top` are wanted."""
        return max(top, N_ORDERED) if by_model and self.config.rerank != "off" else top

    def _reranked(
        self,
        question: Question,
        ranking: Ranking,
        cancellation: Cancellation | None = None,
        *,
        by_model: bool = True,
    ) -> tuple[Ranking, str | None]:
        """The first papers in the order of what is set up to order them, and a notice where that failed."""
        if self._reranker is not None:
            from rag.retrieval.reranking import rerank

            ranking = rerank(ranking, question.standalone, self.library, self._reranker)
        if not by_model or self.config.rerank == "off":
            return ranking, None
        from rag.retrieval.model_ranking import rank_with_model

        made = rank_with_model(
            ranking, question.standalone, self.library, self._writer.llm, self.config, cancellation
        )
        return made.ranking, made.notice

    def _for_library(self, question: Question) -> Question:
        """The question, understood with MiniLM, as the library's own encoder sees it."""
        if self.minilm is self.encoder:
            return question
        return replace(question, encoded=self.encoder.encode_query(question.search_text))

    def _rank_sides(self, question: Question, filters: Filters | None, top: int) -> Ranking:
        weights = LISTING if question.intent == "list" else None
        whole, *sides = (
            rank(
                self.library,
                self.encoder,
                text,
                filters=filters,
                weights=weights,
                encoded=question.encoded if text == question.search_text else None,
                top=top,
            )
            for text in question.queries
        )
        return merge(whole, sides) if sides else whole

    def _read(
        self, question: Question, ranking: Ranking, top: int, n_read: int = READ_PAPERS
    ) -> tuple[list[RankedPaper], BestPaper | None]:
        """The `top` papers, those an answer may draw on with their sentences, best for the question first;
        and the first paper with how the question matches it."""
        text, query = ranking.text, ranking.query
        if (wanted := question.unexcluded or question.text) != text:
            text = wanted
            query = weight_query(self.library, self.encoder, self.encoder.encode_query(text))
        there = self.library.passages_of([ranked.passage_id for ranked in ranking.ranked[:top]])
        passages = {each[0].paper.paper_id: each for each in there if each}
        ranked = [each for each in ranking.ranked[:top] if each.paper_id in passages]
        read = read_papers(
            question,
            text,
            query,
            [passages[each.paper_id] for each in ranked[:n_read]],
            of_minilm=self.minilm is self.encoder,
        )
        papers = [passages[each.paper_id][0].paper for each in ranked]
        evidence = [paper.evidence for paper in read] + [()] * (len(ranked) - len(read))
        own = [
            BestPaper(paper, r.late, r.cosine, p.evidence, p.matches)
            for paper, r, p in zip(papers, ranked, read, strict=False)
        ]
        sure = [abstention.paper_confidence(question.text, each) for each in own]
        sure += [abstention.confidence_from(r.late, r.cosine) for r in ranked[len(own) :]]
        met = [met_features(each.matches) for each in read] + [{}] * (len(ranked) - len(read))
        columns = zip(papers, ranked, evidence, sure, met, strict=True)
        return [RankedPaper(p, r.score, e, c, m) for p, r, e, c, m in columns], own[0] if own else None


def _ready_encoder(config: Config) -> Encoder:
    """The encoder, its tokenizer and its graph for questions open."""
    encoder = load_encoder(config)
    encoder.warm_up()
    return encoder


def _retrieved(papers: Sequence[RankedPaper], top: int) -> tuple[RetrievedPaper, ...]:
    return tuple(RetrievedPaper(p.paper.paper_id, p.paper.title, p.score) for p in papers[:top])


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
