"""From a question to a ranking of papers: understood, searched in every leg, put in order by what is set up.

Owns the order of these steps and what each is given; reads no sentence and decides on no answer. The steps
are rag/retrieval/understanding.py's, query_rewriting.py's, ranking.py's, expansion.py's, second_hop.py's,
reranking.py's, model_ranking.py's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.library.library import Library
from rag.records import Filters, History, Paper, SearchMode
from rag.retrieval.block_ranking import N_ORDERED
from rag.retrieval.question import Question
from rag.retrieval.ranking import LISTING, FusionWeights, Ranking, SparseSearch, merge, rank
from rag.retrieval.second_hop import add_hop, next_query
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
    sparse: SparseSearch | None
    """A third leg of every search; None where none is set up."""
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
        filters: Filters | None = question.filters
        ranking, notice = self._rank_sides(question, filters, top), None
        if not ranking.ranked and filters != (given or Filters()):
            notice, filters = UNFILTERED, given
            ranking = self._rank_sides(question, filters, top)
        ranking, unexpanded = self._expanded(question, ranking, filters, top, cancellation, by_model=by_model)
        ranking, unordered = self._reordered(question, ranking, cancellation, by_model=by_model)
        return ranking, " ".join(filter(None, (notice, unexpanded, unordered))) or None

    def rank_again(self, question: Question, ranking: Ranking, first: Paper, top: int) -> Ranking:
        """The ranking with what a second search finds, made of the question and its first paper."""
        hop = self._search_beside(next_query(question, first), None, filters=question.filters, top=top)
        return add_hop(ranking, hop, first.paper_id)

    def rank_query(
        self, question: Question, mode: SearchMode, filters: Filters | None, top: int, *, by_model: bool
    ) -> Ranking:
        """Rank for a query that is searched as it stands: filters that its words state are words."""
        is_hybrid = mode == "hybrid"
        top = self._depth(top, by_model=by_model and is_hybrid)
        ranking = rank(
            self.library,
            self.encoder,
            question.standalone,
            mode=mode,
            filters=filters,
            weights=LISTING if is_hybrid and question.intent == "list" else None,
            encoded=question.encoded if question.standalone == question.search_text else None,
            top=top,
            sparse=self.sparse,
        )
        if not is_hybrid:
            return ranking
        ranking, _ = self._expanded(question, ranking, filters, top, by_model=by_model)
        return self._reordered(question, ranking, by_model=by_model)[0]

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
                sparse=self.sparse,
            )
            for text in question.queries
        )
        return merge(whole, sides) if sides else whole

    def _expanded(
        self,
        question: Question,
        ranking: Ranking,
        filters: Filters | None,
        top: int,
        cancellation: Cancellation | None = None,
        *,
        by_model: bool,
    ) -> tuple[Ranking, str | None]:
        """The ranking with more than was asked, where the question says too little; and a notice where a
        model was to help and did not."""
        if self.config.expand == "off" or (self.config.expand == "llm" and not by_model):
            return ranking, None
        from rag.retrieval.expansion import by_feedback, by_hypothesis, is_underspecified

        if not is_underspecified(ranking):
            return ranking, None
        search = partial(self._search_beside, filters=filters, top=top)
        if self.config.expand == "feedback":
            return by_feedback(question, ranking, search), None
        return by_hypothesis(question, ranking, search, self.llm(), self.config, cancellation)

    def _search_beside(
        self, text: str, weights: FusionWeights | None, *, filters: Filters | None, top: int
    ) -> Ranking:
        """A search that goes with another one."""
        return rank(
            self.library, self.encoder, text, filters=filters, weights=weights, top=top, sparse=self.sparse
        )

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
