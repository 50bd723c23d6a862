"""The LlamaIndex faces give what the product gives, and fit LlamaIndex's own parts."""

from __future__ import annotations

import numpy as np
import pytest
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.schema import NodeWithScore, TextNode

from rag import Assistant
from rag.retrieval.llamaindex import HybridRetriever, LateInteractionReranker, MiniLMEmbedding
from rag.retrieval.ranking import FusionWeights

QUERY = "How are experts chosen for a token?"


def test_the_retriever_ranks_as_search_does(demo_assistant: Assistant) -> None:
    retriever = HybridRetriever(demo_assistant.library, demo_assistant.encoder, top=5)
    nodes = retriever.retrieve(QUERY)
    found = demo_assistant.search(QUERY, top=5)
    assert [node.metadata["paper_id"] for node in nodes] == [each.paper.paper_id for each in found]
    assert [node.score for node in nodes] == pytest.approx([each.score for each in found])


def test_a_node_says_where_it_stands_in_the_abstract(demo_assistant: Assistant) -> None:
    node = HybridRetriever(demo_assistant.library, demo_assistant.encoder, top=1).retrieve(QUERY)[0]
    paper = demo_assistant.library.paper(node.metadata["paper_id"])
    assert paper is not None
    assert paper.abstract[node.metadata["start"] : node.metadata["end"]] == node.text


def test_a_postprocessor_of_llama_index_can_follow(demo_assistant: Assistant) -> None:
    retriever = HybridRetriever(demo_assistant.library, demo_assistant.encoder)
    nodes = retriever.retrieve(QUERY)
    kept = SimilarityPostprocessor(similarity_cutoff=nodes[2].get_score()).postprocess_nodes(nodes)
    assert [node.node_id for node in kept] == [node.node_id for node in nodes[:3]]


def test_the_reranker_behind_plain_fusion_brings_strangers_into_line(demo_assistant: Assistant) -> None:
    library, encoder = demo_assistant.library, demo_assistant.encoder
    plain = HybridRetriever(library, encoder, weights=FusionWeights(late=0, title=0)).retrieve(QUERY)
    stranger = NodeWithScore(node=TextNode(text="A router chooses the experts of each token."), score=0.0)
    reranked = LateInteractionReranker(library, encoder, top_n=4).postprocess_nodes(
        [*plain, stranger], query_str=QUERY
    )
    assert len(reranked) == 4
    assert stranger.node_id in [node.node_id for node in reranked[:2]]
    scores = [node.score or 0 for node in reranked]
    assert scores == sorted(scores, reverse=True)


def test_embeddings_are_the_encoders(demo_assistant: Assistant) -> None:
    embedding = MiniLMEmbedding(demo_assistant.encoder)
    assert embedding.get_query_embedding("a b") == pytest.approx(
        demo_assistant.encoder.encode_query("a b").vector
    )
    (text,) = demo_assistant.encoder.encode_passages(["a b"])
    assert np.allclose(embedding.get_text_embedding("a b"), text.vector, atol=1e-5)
