"""The best of a ranking in the order of a cross-encoder (RAG_RERANKER). Without one, nothing here runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.library.library import Library
from rag.papers.passages import passage_text
from rag.retrieval.ranking import Ranking

N_RERANKED = 20
"""Papers read by the cross-encoder: what a reader may get to see, at some 20 ms each on two cores."""


class PairScorer(Protocol):
    """What of rag.encoder.onnx_reranker.OnnxReranker is needed here."""

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]: ...


def rerank(ranking: Ranking, question: str, library: Library, scorer: PairScorer) -> Ranking:
    """The first N_RERANKED papers, each by its best passage, in the order of their scores; then the rest.

    The sums that they had are dealt out again in the new order, so that what is compared with them (where a
    list ends, say) keeps its unit. Papers that are gone meanwhile are left out.
    """
    head = ranking.ranked[:N_RERANKED]
    read = {c.passage.passage_id: c for c in library.candidates([each.passage_id for each in head])}
    head = tuple(each for each in head if each.passage_id in read)
    texts = [passage_text(read[each.passage_id].paper.title, read[each.passage_id].passage) for each in head]
    order = np.argsort(-scorer.scores(question, texts), kind="stable").tolist()
    moved = (replace(head[i], score=was.score) for i, was in zip(order, head, strict=True))
    return replace(ranking, ranked=(*moved, *ranking.ranked[N_RERANKED:]))
