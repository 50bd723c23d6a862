"""Haystack's in-memory document store: BM25 and embeddings, joined by reciprocal rank fusion."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.bench.peer_programs.program import main


class HaystackHybrid:
    """The hybrid retrieval of Haystack's tutorial, without its cross-encoder."""

    def __init__(self, folder: Path, model: Path, is_new: bool) -> None:
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        self._file = folder / "documents.json"
        if is_new:
            folder.mkdir(parents=True, exist_ok=True)
            self._store = InMemoryDocumentStore()
            self._embedder = SentenceTransformersDocumentEmbedder(model=str(model), progress_bar=False)
            return
        self._store = InMemoryDocumentStore.load_from_disk(str(self._file))
        self._asker = SentenceTransformersTextEmbedder(model=str(model), progress_bar=False)
        self._asker.warm_up()
        self._words = InMemoryBM25Retriever(self._store)
        self._vectors = InMemoryEmbeddingRetriever(self._store)
        self._join = DocumentJoiner(join_mode="reciprocal_rank_fusion")

    def add(self, papers: Sequence[dict[str, Any]]) -> None:
        from haystack import Document

        self._embedder.warm_up()
        documents = [
            Document(id=each["id"], content=f"{each['title']}\n{each['abstract']}") for each in papers
        ]
        self._store.write_documents(self._embedder.run(documents)["documents"])
        self._store.save_to_disk(str(self._file))

    def search(self, question: str, n: int) -> list[str]:
        vector = self._asker.run(question)["embedding"]
        found = [
            self._words.run(question, top_k=n)["documents"],
            self._vectors.run(query_embedding=vector, top_k=n)["documents"],
        ]
        return [each.id for each in self._join.run(found)["documents"]][:n]


if __name__ == "__main__":
    sys.exit(main(HaystackHybrid))
