"""LlamaIndex as its documentation sets it up: VectorStoreIndex, ChromaVectorStore, HuggingFaceEmbedding."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.bench.peer_programs.program import main


class LlamaIndexOnChroma:
    """Splitting, batches and the search's settings are the defaults."""

    def __init__(self, folder: Path, model: Path, _: bool) -> None:
        import chromadb
        from llama_index.core import VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.vector_stores.chroma import ChromaVectorStore

        client = chromadb.PersistentClient(path=str(folder))
        self._store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("papers"))
        self._model = HuggingFaceEmbedding(model_name=str(model), device="cpu")
        self._index = VectorStoreIndex.from_vector_store(self._store, embed_model=self._model)

    def add(self, papers: Sequence[dict[str, Any]]) -> None:
        from llama_index.core import Document, StorageContext, VectorStoreIndex

        VectorStoreIndex.from_documents(
            [Document(text=f"{each['title']}\n{each['abstract']}", doc_id=each["id"]) for each in papers],
            storage_context=StorageContext.from_defaults(vector_store=self._store),
            embed_model=self._model,
        )

    def search(self, question: str, n: int) -> list[str]:
        nodes = self._index.as_retriever(similarity_top_k=n).retrieve(question)
        return list(dict.fromkeys(each.node.ref_doc_id or "" for each in nodes))


if __name__ == "__main__":
    sys.exit(main(LlamaIndexOnChroma))
