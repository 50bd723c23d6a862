"""Late interaction over 1-bit token vectors: how well a text answers a query, piece by piece.

MaxSim (Khattab and Zaharia, ColBERT, 2020): every query piece finds its most similar text piece;
the weighted mean of those similarities is the score. A text piece is kept as the signs of its vector
about a fixed mean, 48 bytes; a query piece is rounded to int8, so that the products run on the processor's
int8 instructions. Pure arrays: the file they live in is rag/index/token_store.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.encoder.minilm import DIMENSIONS, Encoded, Encoder
from rag.encoder.minilm import token_mean as token_mean
from rag.text.stopwords import STOP_WORDS

if TYPE_CHECKING:
    import onnxruntime as ort

PACKED = DIMENSIONS // 8
"""Bytes a token vector takes."""
_INT8 = 127
"""Largest value of a rounded query component."""

Floats = NDArray[np.float32]
Bits = NDArray[np.uint8]


def pack_bits(tokens: Floats, mean: Floats | None = None) -> Bits:
    """float32[n, 384] token vectors as uint8[n, 48] signs about `mean`, by default MiniLM's."""
    return np.packbits(tokens > (token_mean() if mean is None else mean), axis=1)


@dataclass(frozen=True, slots=True)
class Query:
    """A query's pieces that count. tokens: float32[n, 384]; weights: float32[n], summing to 1.

    offsets: int32[n, 2], where each stands in the query's text; None where that was not asked for.
    """

    tokens: Floats
    weights: Floats
    offsets: NDArray[np.int32] | None = None


def weight_tokens(encoded: Encoded, idf: Floats, stop_ids: frozenset[int]) -> Query:
    """Weight a query's pieces by how rare they are in the library; function words get weight 0.

    idf: float32[vocabulary]. A query of function words alone keeps them all, equally.
    """
    # Of an encoder with a growing vocabulary, pieces that no passage has are as rare as the rarest.
    known = np.minimum(encoded.token_ids, len(idf) - 1)
    weights = np.where(known == encoded.token_ids, idf[known], idf.max()).astype(np.float32)
    weights[[int(token) in stop_ids for token in encoded.token_ids]] = 0
    kept = np.flatnonzero(weights)
    if kept.size == 0:
        kept, weights = np.arange(len(weights)), np.ones_like(weights)
    return Query(encoded.tokens[kept], weights[kept] / weights[kept].sum(), encoded.offsets[kept])


def idf(document_frequency: NDArray[np.int64], n_documents: int) -> Floats:
    """BM25's inverse document frequency (Robertson and Zaragoza, 2009), not negative. float32[vocabulary]."""
    rare = (n_documents - document_frequency + 0.5) / (document_frequency + 0.5)
    return np.log1p(np.maximum(rare, 0)).astype(np.float32)


def best_matches(query: Query, blocks: Sequence[Bits]) -> Floats:
    """Best similarity of each query piece in each block of packed text pieces.

    Returns float32[n_query, n_blocks]; an empty block scores the least there is, -1.
    """
    best = np.full((len(query.weights), len(blocks)), -1, np.float32)
    filled = [i for i, block in enumerate(blocks) if len(block)]
    if filled and len(query.weights):
        starts = np.cumsum([0, *(len(blocks[i]) for i in filled[:-1])])
        best[:, filled] = _best_of_runs(query, np.concatenate([blocks[i] for i in filled]), starts)
    return best


def _best_of_runs(query: Query, bits: Bits, starts: NDArray[np.integer]) -> Floats:
    """Best cosine of each query piece in each run of packed pieces. float32[n_query, n_runs]"""
    scale = np.abs(query.tokens).max(axis=1) / _INT8
    rounded = np.round(query.tokens / scale[:, None]).astype(np.int8)
    # A component is s(2b - 1) with b its bit, so q.t = s(2 q.b - sum(q)): only bare bits meet the product.
    products = _product().run(None, {"bits": np.unpackbits(bits, axis=1), "query": rounded.T})[0]
    on = np.maximum.reduceat(products, starts, axis=0).T * scale[:, None]
    size = 1 / np.sqrt(query.tokens.shape[1], dtype=np.float32)
    return np.asarray(size * (2 * on - query.tokens.sum(axis=1, keepdims=True)), np.float32)


@cache
def _product() -> ort.InferenceSession:
    """The graph of `write_bit_product`: one small matrix product. It leaves Python's lock while it runs."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    graph = files("rag.encoder").joinpath("bit_product.onnx").read_bytes()
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def scores(query: Query, blocks: Sequence[Bits]) -> Floats:
    """MaxSim of the query with each block. Returns float32[n_blocks], from -1 to 1."""
    return query.weights @ best_matches(query, blocks)


def spans_to_blocks(bits: Bits, offsets: NDArray[np.integer], spans: Sequence[tuple[int, int]]) -> list[Bits]:
    """The pieces of a text that begin in each character span, as one block a span. Offsets ascend."""
    cuts = np.searchsorted(offsets[:, 0], np.array(spans, np.int64).reshape(-1))
    return [bits[start:end] for start, end in cuts.reshape(-1, 2).tolist()]


@lru_cache(maxsize=4)
def stop_ids(encoder: Encoder) -> frozenset[int]:
    """Ids of the word pieces that are stop words."""
    ids = (encoder.token_id(word) for word in STOP_WORDS)
    return frozenset(token_id for token_id in ids if token_id is not None)
