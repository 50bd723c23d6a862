"""From a question to a ranking of papers: understood, searched in every leg, put in order by what is set up.

Owns the order of these steps and what each is given; reads no sentence and decides on no answer. The steps
are rag/retrieval/understanding.py's, query_rewriting.py's, ranking.py's, reranking.py's, model_ranking.py's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.library.library import Library
from rag.records import Filters, History, SearchMode
from rag.retrieval.block_ranking import N_ORDERED
from rag.retrieval.question import Question
from rag.retrieval.ranking import LISTING, Ranking, merge, rank
from rag.retrieval.understanding import understand

if TYPE_CHECKING:
    from rag.encoder.onnx_reranker import OnnxReranker
    from rag.llm.client import LanguageModel
    from rag.llm.limits import Cancellation

UNFILTERED = "No paper in the library passes the filter read from the question, so it was left out."


@dataclass(frozen=True, slots=True)
class PaperFinder:
    """What is needed to find papers. Made for a question, from what its owner holds open."""

    library: Library
    encoder: Encoder
    """The library's own."""
    minilm: Encoder
    """What the parts that were fitted on MiniLM's vectors use; `encoder` itself, mostly."""
    config: Config
    reranker: Callable[[], OnnxReranker | None]
    llm: Callable[[], LanguageModel]
    """Both are loaded when they are first needed."""

    def understand(
        self,
        text: str,
        history: History,
        filters: Filters | None = None,
        cancellation: Cancellation | None = None,
        *,
        rewrites: bool = False,
    ) -> Question:
        """The question as it is searched. rewrites: have the model word the searches."""
        question = understand(text, self.minilm, history, filters)
        if rewrites:
            from rag.retrieval.query_rewriting import rewrite

            question = rewrite(question, history, self.llm(), self.minilm, self.config.prompts, cancellation)
        if self.minilm is self.encoder:
            return question
        return replace(question, encoded=self.encoder.encode_query(question.search_text))

    def rank(
        self,
        question: Question,
        given: Filters | None,
        top: int,
        cancellation: Cancellation | None = None,
        *,
        by_model: bool,
    ) -> tuple[Ranking, str | None]:
        """Rank with the question's filters; those only stated in it give way where no paper passes. With a
        notice for the reader where that happened, or where the order by a model failed."""
        top = self._depth(top, by_model=by_model)
        ranking, notice = self._rank_sides(question, question.filters, top), None
        if not ranking.ranked and question.filters != (given or Filters()):
            notice = UNFILTERED
            ranking = self._rank_sides(question, given, top)
        ranking, told = self._reordered(question, ranking, cancellation, by_model=by_model)
        return ranking, " ".join(filter(None, (notice, told))) or None

    def rank_query(
        self, question: Question, mode: SearchMode, filters: Filters | None, top: int, *, by_model: bool
    ) -> Ranking:
        """Rank for a query that is searched as it stands: filters that its words state are words."""
        is_hybrid = mode == "hybrid"
        ranking = rank(
            self.library,
            self.encoder,
            question.standalone,
            mode=mode,
            filters=filters,
            weights=LISTING if is_hybrid and question.intent == "list" else None,
            encoded=question.encoded if question.standalone == question.search_text else None,
            top=self._depth(top, by_model=by_model and is_hybrid),
        )
        return self._reordered(question, ranking, by_model=by_model)[0] if is_hybrid else ranking

    def _depth(self, top: int, *, by_model: bool) -> int:
        """Papers to rank where `top` are wanted."""
        return max(top, N_ORDERED) if by_model and self.config.rerank != "off" else top

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

    def _reordered(
        self,
        question: Question,
        ranking: Ranking,
        cancellation: Cancellation | None = None,
        *,
        by_model: bool,
    ) -> tuple[Ranking, str | None]:
        """The first papers in the order of what is set up to order them, and a notice where that failed."""
        reranker = self.reranker()
        if reranker is not None:
            from rag.retrieval.reranking import rerank

            ranking = rerank(ranking, question.standalone, self.library, reranker)
        if not by_model or self.config.rerank == "off":
            return ranking, None
        from rag.retrieval.model_ranking import rank_with_model

        made = rank_with_model(
            ranking, question.standalone, self.library, self.llm(), self.config, cancellation
        )
        return made.ranking, made.notice
