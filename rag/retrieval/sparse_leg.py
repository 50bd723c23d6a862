"""The learned sparse leg of a search (RAG_SPARSE): a question's pieces against expanded documents.

After SPLADE v2, inference-free sparse retrieval and SLIM. Expanding is rag/encoder/sparse_encoder.py's,
keeping and scoring rag/index/sparse_index.py's; adding it to the other legs is rag/retrieval/ranking.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.encoder.sparse_encoder import SparseEncoder, SparseVector
from rag.index.passage_rows import row_key
from rag.index.sparse_index import SparseDocument, SparseIndex
from rag.library.library import Library
from rag.papers.passages import passage_text

BATCH = 256
"""Documents that are tokenised together."""


class SparseLeg:
    """A sparse encoder with the documents it expanded. Safe to share between threads."""

    def __init__(self, encoder: SparseEncoder, index: SparseIndex) -> None:
        self._encoder = encoder
        self._index = index

    @classmethod
    def open(cls, config: Config) -> SparseLeg | None:
        """The leg of the configured library, None where RAG_SPARSE names no model. Raises WeightsError."""
        if not config.sparse:
            return None
        encoder = SparseEncoder.load(config)
        return cls(encoder, SparseIndex(config.library, encoder.fingerprint))

    def find(self, text: str, n: int) -> tuple[str, ...]:
        """Ids of the `n` best passages, best first."""
        return tuple(self._index.search(self._encoder.encode_query(text), n))

    def scores(self, text: str, passage_ids: Sequence[str]) -> NDArray[np.float32]:
        """The scores of these passages, 0 where one is not expanded. float32[n]"""
        return self._index.scores(self._encoder.encode_query(text), passage_ids)

    def update(self, library: Library) -> int:
        """Expand what the library has and the leg has not, and forget what is gone. Returns how many passages
        were expanded."""
        documents = [
            SparseDocument(row.passage_id, row_key(row), passage_text(row.title, row.passage))
            for rows in library.rows_of_papers()
            for row in rows
        ]
        return self._index.update(documents, self._expand)

    def _expand(self, texts: Sequence[str]) -> Iterator[SparseVector]:
        for start in range(0, len(texts), BATCH):
            yield from self._encoder.encode_documents(texts[start : start + BATCH])
