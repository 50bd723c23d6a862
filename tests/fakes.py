"""A deterministic stand-in for the encoder, fast enough to index by: words are pieces, hashes are vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np

from rag.encoder import DIMENSIONS, Encoded
from rag.late import token_mean

_WORD = re.compile(r"\w+|[^\w\s]")


class FakeEncoder:
    """Same text, same vectors; texts that share words are near each other. Counts what it encodes."""

    def __init__(self, fingerprint: str = "fake") -> None:
        self.fingerprint = fingerprint
        self.n_encoded = 0

    def n_tokens(self, text: str) -> int:
        return len(_WORD.findall(text)) + 2

    def encode_query(self, text: str) -> Encoded:
        words = list(_WORD.finditer(text))
        tokens = (
            np.stack([_vector(word[0].lower()) for word in words]) if words else np.zeros((0, DIMENSIONS))
        )
        mean = tokens.sum(axis=0) + _vector("")
        return Encoded(
            vector=(mean / np.linalg.norm(mean)).astype(np.float32),
            tokens=tokens.astype(np.float32),
            token_ids=np.array([token_id(word[0].lower()) for word in words], np.int32),
            offsets=np.array([word.span() for word in words], np.int32).reshape(-1, 2),
        )

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoded]:
        for text in texts:
            self.n_encoded += 1
            yield self.encode_query(text)


def token_id(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=4).digest()) % 30000 + 1


def _vector(word: str) -> np.ndarray:
    noise = np.random.default_rng(token_id(word)).standard_normal(DIMENSIONS)
    return noise / np.linalg.norm(noise) + token_mean()
