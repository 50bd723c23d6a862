"""LlamaIndex's view of the library: its retriever, reranker and embedding, and passages as its TextNodes.

The same path as `Assistant.search` (rag/retrieval/ranking.py), for those who build with LlamaIndex. Importing
llama_index takes seconds, so the command line's path never comes here.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)
from pydantic import PrivateAttr

from rag.encoder import late_interaction
from rag.encoder.minilm import Encoder
from rag.index.candidates import Candidate
from rag.library.library import Library
from rag.records import Filters
from rag.retrieval.ranking import FusionWeights, rank, weight_query


class MiniLMEmbedding(BaseEmbedding):
    """The encoder as a LlamaIndex embedding: unit vectors of 384, queries in float32, texts in int8."""

    _encoder: Encoder = PrivateAttr()

    def __init__(self, encoder: Encoder, **settings: Any) -> None:
        super().__init__(model_name=encoder.fingerprint, **settings)
        self._encoder = encoder

    @classmethod
    def class_name(cls) -> str:
        return "MiniLMEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        return list(map(float, self._encoder.encode_query(query).vector))

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, encoded.vector)) for encoded in self._encoder.encode_passages(texts)]


class HybridRetriever(BaseRetriever):
    """Both legs, their fusion and late interaction, as one LlamaIndex retriever.

    Returns a paper's best passage each, best first. `weights` sets what each score counts: with
    `FusionWeights(late=0, title=0)` this is plain fusion, to be followed by `LateInteractionReranker`.
    """

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        *,
        top: int = 10,
        filters: Filters | None = None,
        weights: FusionWeights | None = None,
    ) -> None:
        super().__init__()
        self._library, self._encoder = library, encoder
        self._top, self._filters, self._weights = top, filters, weights

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        ranking = rank(
            self._library,
            self._encoder,
            query_bundle.query_str,
            filters=self._filters,
            weights=self._weights,
            top=self._top,
        )
        scores = {ranked.passage_id: ranked.score for ranked in ranking.ranked[: self._top]}
        best = self._library.candidates(list(scores))
        return [NodeWithScore(node=to_node(c), score=scores[c.passage.passage_id]) for c in best]


def to_node(candidate: Candidate) -> TextNode:
    """A passage as a TextNode: its id, text and paper's metadata; `start` counts in the abstract."""
    passage, paper = candidate.passage, candidate.paper
    metadata = {name: value for name, value in paper.to_dict().items() if name != "abstract" and value}
    return TextNode(
        id_=passage.passage_id,
        text=passage.text,
        metadata=metadata | {"start": passage.start, "end": passage.end},
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=paper.paper_id)},
        excluded_embed_metadata_keys=[name for name in metadata if name != "title"] + ["start", "end"],
    )


class LateInteractionReranker(BaseNodePostprocessor):
    """Orders nodes by MaxSim with the query, weighed by the library's idf, and keeps the best `top_n`.

    Passages of the library are scored from its token store; other nodes are encoded as they come, their
    first 512 tokens. Ties keep the order they came in.
    """

    top_n: int = 10
    _library: Library = PrivateAttr()
    _encoder: Encoder = PrivateAttr()

    def __init__(self, library: Library, encoder: Encoder, **settings: Any) -> None:
        super().__init__(**settings)
        self._library, self._encoder = library, encoder

    @classmethod
    def class_name(cls) -> str:
        return "LateInteractionReranker"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None or not nodes:
            return nodes[: self.top_n]
        encoded = self._encoder.encode_query(query_bundle.query_str)
        query = weight_query(self._library, self._encoder, encoded)
        scores = late_interaction.scores(query, self._blocks(nodes)).tolist()
        order = sorted(range(len(nodes)), key=lambda i: -scores[i])
        return [NodeWithScore(node=nodes[i].node, score=scores[i]) for i in order[: self.top_n]]

    def _blocks(self, nodes: list[NodeWithScore]) -> list[late_interaction.Bits]:
        known = self._library.candidates([node.node_id for node in nodes])
        held = {candidate.passage.passage_id: candidate.block.bits for candidate in known}
        strange = {n.node_id: n.node.get_content(MetadataMode.EMBED) for n in nodes if n.node_id not in held}
        encoded = self._encoder.encode_passages(list(strange.values()))
        held |= {
            node_id: late_interaction.pack_bits(each.tokens, self._encoder.token_mean)
            for node_id, each in zip(strange, encoded, strict=True)
        }
        return [held[node.node_id] for node in nodes]
