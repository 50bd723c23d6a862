"""A deterministic stand-in for the encoder, fast enough to index by: words are pieces, hashes are vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from rag.encoder.late_interaction import token_mean
from rag.encoder.minilm import DIMENSIONS, Encoded

_WORD = re.compile(r"\w+|[^\w\s]")


class FakeEncoder:
    """Same text, same vectors; texts that share words are near each other. Counts what it encodes."""

    def __init__(self, fingerprint: str = "fake") -> None:
        self.fingerprint = fingerprint
        self.n_encoded = 0

    max_tokens = 512
    vocabulary = 30522

    @property
    def token_mean(self) -> NDArray[np.float32]:
        return token_mean()

    def n_tokens(self, text: str) -> int:
        return len(_WORD.findall(text)) + 2

    def encode_query(self, text: str) -> Encoded:
        words = [*_WORD.finditer(text)]
        noise = np.array([_noise(token_id(word[0])) for word in words], np.float32).reshape(-1, DIMENSIONS)
        telling = {word[0].lower() for word in words if len(word[0]) > 3}
        # Something of the whole text, so that even texts of the same words differ.
        mean = np.sum([_noise(token_id(word)) for word in sorted(telling)] + [_noise(token_id(text))], axis=0)
        return Encoded(
            vector=mean / np.linalg.norm(mean),
            tokens=noise + token_mean(),
            token_ids=np.array([token_id(word[0]) for word in words], np.int32),
            offsets=np.array([word.span() for word in words], np.int32).reshape(-1, 2),
        )

    def encode_passages(self, texts: Sequence[str]) -> Iterator[Encoded]:
        for text in texts:
            self.n_encoded += 1
            yield self.encode_query(text)


def token_id(word: str) -> int:
    return int.from_bytes(blake2b(word.lower().encode(), digest_size=4).digest(), "big") % 30000 + 1


@cache
def _noise(token: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(token).standard_normal(DIMENSIONS, np.float32)
    return noise / np.linalg.norm(noise)
