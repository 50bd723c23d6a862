"""Fusion: scores computed for both legs, stable ties, papers by their best passage."""

from __future__ import annotations

import numpy as np
import pytest

from rag import Assistant
from rag.retrieval.ranking import LEGS, N_CANDIDATES, FusionWeights, rank, z_scores


def test_z_scores() -> None:
    assert z_scores(np.array([1.0, 2.0, 3.0])) == pytest.approx(np.array([-1, 0, 1]) * np.sqrt(1.5))
    assert z_scores(np.array([4.0, 4.0])).tolist() == [0, 0]


@pytest.mark.parametrize("query", ["SPLADE expansion", "how do experts share work", "ünknown wörds"])
def test_papers_come_once_best_first_and_the_same_each_time(demo_assistant: Assistant, query: str) -> None:
    library, encoder = demo_assistant.library, demo_assistant.encoder
    ranked = rank(library, encoder, query).ranked
    order = [(-each.score, each.paper_id) for each in ranked]
    assert order == sorted(order)
    assert len({each.paper_id for each in ranked}) == len(ranked)
    again = rank(library, encoder, query).ranked
    assert [(-each.score, each.paper_id) for each in again] == order


def test_what_one_leg_found_has_the_other_legs_true_score(demo_assistant: Assistant) -> None:
    library, encoder = demo_assistant.library, demo_assistant.encoder
    query = "sparse retrieval with an inverted index"
    vector = encoder.encode_query(query).vector
    words = {hit.passage_id for hit in library.matching(query, N_CANDIDATES)}
    near = library.nearest(vector, library.n_passages)
    ranked = rank(library, encoder, query).ranked
    assert any(each.passage_id not in words for each in ranked)
    for each in ranked:
        assert each.cosine == pytest.approx(near[each.passage_id], abs=1e-3)


def test_a_single_leg_ranks_as_its_index_does(demo_assistant: Assistant) -> None:
    library, encoder = demo_assistant.library, demo_assistant.encoder
    query = "mixture of experts routing"
    by_words = [hit.passage_id for hit in library.matching(query, 10)]
    ranked = rank(library, encoder, query, weights=LEGS["lexical"]).ranked
    assert [each.passage_id for each in ranked[:10]] == by_words


def test_likeness_to_the_best_moves_like_papers_up(demo_assistant: Assistant) -> None:
    library, encoder = demo_assistant.library, demo_assistant.encoder
    query = "Which papers guess tokens ahead and check them?"
    plain = [each.paper_id for each in rank(library, encoder, query, top=500).ranked]
    listed = [
        each.paper_id
        for each in rank(
            library, encoder, query, weights=FusionWeights(similarity_to_top=0.6), top=500
        ).ranked
    ]
    assert plain != listed
    assert set(plain) == set(listed)


def test_as_many_papers_are_ranked_as_are_wanted(demo_assistant: Assistant) -> None:
    library, encoder = demo_assistant.library, demo_assistant.encoder
    few = rank(library, encoder, "language models", top=1).ranked
    many = rank(library, encoder, "language models", top=60).ranked
    assert len(few) < 60 <= len(many)
