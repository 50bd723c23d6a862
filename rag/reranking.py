"""The late-interaction reranker as a LlamaIndex node postprocessor, for any nodes.

Inside the product the same score is one part of the fusion (rag/ranking.py); here it stands alone, to be
put behind any retriever.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle
from pydantic import PrivateAttr

from rag import late
from rag.encoder import Encoder
from rag.library import Library
from rag.ranking import weigh


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
        query = weigh(self._library, self._encoder, encoded)
        scores = late.scores(query, self._blocks(nodes)).tolist()
        order = sorted(range(len(nodes)), key=lambda i: -scores[i])
        return [NodeWithScore(node=nodes[i].node, score=scores[i]) for i in order[: self.top_n]]

    def _blocks(self, nodes: list[NodeWithScore]) -> list[late.Bits]:
        known = self._library.candidates([node.node_id for node in nodes])
        held = {candidate.passage.passage_id: candidate.block.bits for candidate in known}
        strange = {n.node_id: n.node.get_content(MetadataMode.EMBED) for n in nodes if n.node_id not in held}
        encoded = self._encoder.encode_passages(list(strange.values()))
        held |= {node_id: late.pack(each.tokens) for node_id, each in zip(strange, encoded, strict=True)}
        return [held[node.node_id] for node in nodes]
