"""Papers and an encoder for measuring how time and space grow: real in form, without meaning.

The papers are sentences of real ones put together at random, with a fixed seed. The encoder is MiniLM's
tokenizer with a random vector for each word piece in place of the network: what is stored and compared has
the sizes of the real thing, and no time goes into the network. Quality is never measured with either.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.encoder.minilm import DIMENSIONS, VOCABULARY, Encoded, Encoder
from rag.encoder.weights import EncoderWeights
from rag.records import Paper
from rag.text.sentences import split_sentences

if TYPE_CHECKING:
    from tokenizers import Encoding

FIRST_YEAR, YEARS = 1925, 100
"""Years are dealt out evenly: a filter passes as many papers in a hundred as it spans years."""
_SENTENCES = 8
"""Of an abstract; the five saved pages have 7.6 on average."""


def made_papers(n: int, real: Sequence[Paper], seed: int = 13) -> Iterator[Paper]:
    """`n` papers with ids made-0, made-1, ..., the same for the same seed."""
    rng = random.Random(seed)
    sentences = [s.text for paper in real for s in split_sentences(paper.abstract)]
    words = [word for paper in real for word in paper.title.split()]
    authors = [name for paper in real for name in paper.authors] or ["A. Author"]
    for i in range(n):
        yield Paper(
            f"made-{i}",
            " ".join(rng.choices(words, k=8)),
            " ".join(rng.choices(sentences, k=_SENTENCES)),
            tuple(rng.choices(authors, k=3)),
            FIRST_YEAR + i % YEARS,
            f"Venue {i % 50}",
        )


class StandInEncoder(Encoder):
    """MiniLM's word pieces, each with one random vector wherever it stands."""

    def __init__(self, weights: EncoderWeights) -> None:
        super().__init__(weights)
        table = np.random.default_rng(7).standard_normal((VOCABULARY, DIMENSIONS), np.float32)
        self._table = table / np.linalg.norm(table, axis=1, keepdims=True)

    @property
    def fingerprint(self) -> str:
        return "stand-in"

    @property
    def _float_session(self) -> Any:
        return None

    @property
    def _int8_session(self) -> Any:
        return None

    def _run(self, session: object, encodings: list[Encoding]) -> list[Encoded]:
        return [self._of_pieces(encoding) for encoding in encodings]

    def _of_pieces(self, encoding: Encoding) -> Encoded:
        ids = np.array(encoding.ids[1:-1], np.int32)
        tokens = self._table[ids]
        mean = tokens.sum(axis=0) + self._table[101]
        offsets = np.array(encoding.offsets[1:-1], np.int32).reshape(-1, 2)
        return Encoded(mean / np.linalg.norm(mean), tokens, ids, offsets)
