"""A text's words with their vectors, and how like the words of two texts are.

Late interaction (Khattab and Zaharia, ColBERT, 2020) between whole words: a word's vector is the mean of its
pieces', about MiniLM's mean token vector. Judges nothing: rag/support/gate.py does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.encoder.late_interaction import Floats, token_mean
from rag.encoder.minilm import Encoded
from rag.text.stopwords import STOP_WORDS

_WORD = re.compile(r"\w+(?:[.'’]\w+)*")
_ENDING = re.compile(r"(?:ations?|ings?|ed|es|s|ly|ers?|ions?|ives?|als?|ments?|e|y|[iy][sz](?:e[ds]?|ing))$")
_STEM = 4, 7
"""The shortest stem that is left, and the longest that is compared."""
_ONE_THREAD = 2**18
"""Multiplications up to which OpenBLAS keeps to one thread. These are over before a second has woken up, and
on a busy machine the first waits for it a hundred times as long as the work takes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's n words in order, in lower case.

    starts: int64[n], where each begins. vectors: float32[n, 384], unit rows. is_content: bool[n].
    """

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    starts: NDArray[np.int64]
    vectors: Floats
    is_content: NDArray[np.bool_]

    def between(self, first: int, second: int, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern is found from the beginning of one word to the beginning of a later one."""
        return bool(pattern.search(self.text, int(self.starts[first]), int(self.starts[second])))


def read(text: str, encoded: Encoded) -> Reading:
    """The reading of a text that the encoder has seen. A text of function words alone keeps them all."""
    spans = [match.span() for match in _WORD.finditer(text)]
    words = tuple(text[start:end].lower() for start, end in spans)
    stems = tuple(map(stem, words))
    starts = np.array([start for start, _ in spans], np.int64)
    is_content = np.array([word not in STOP_WORDS for word in words], np.bool_)
    if not is_content.any():
        is_content[:] = True
    return Reading(text, words, stems, starts, _pooled(encoded, starts), is_content)


def likeness(claim: Reading, sentences: Sequence[Reading]) -> list[Floats]:
    """How like each word of a claim is to each of every sentence: the cosine, or 1 where they share a stem.

    A table a sentence, float32[claim's words, sentence's words], from 0 to 1.
    """
    ends = np.cumsum([len(sentence.words) for sentence in sentences])
    cosines = np.maximum(_products(claim.vectors, np.concatenate([s.vectors for s in sentences])), 0)
    places: dict[str, list[int]] = {}
    for i, found in enumerate(stem for sentence in sentences for stem in sentence.stems):
        places.setdefault(found, []).append(i)
    for row, wanted in zip(cosines, claim.stems, strict=True):
        if wanted in places:
            row[places[wanted]] = 1
    return np.split(cosines, ends[:-1], axis=1)


def _products(ours: Floats, theirs: Floats) -> Floats:
    """The inner product of every row of the one with every row of the other."""
    found = np.empty((len(ours), len(theirs)), np.float32)
    step = max(1, _ONE_THREAD // max(1, ours.size))
    for start in range(0, len(theirs), step):
        np.matmul(ours, theirs[start : start + step].T, out=found[:, start : start + step])
    return found


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The beginning of a word without its commonest endings; for comparing, not for reading."""
    shortest, longest = _STEM
    for _ in range(2):
        cut = _ENDING.sub("", word)
        if len(cut) < shortest:
            break
        word = cut
    return word[:longest]


def _pooled(encoded: Encoded, starts: NDArray[np.int64]) -> Floats:
    """The mean of each word's pieces, about the mean token, as unit rows; zeros for a word without one."""
    ends = np.append(np.searchsorted(encoded.offsets[:, 0], starts), len(encoded.offsets))
    sums = np.zeros((len(encoded.tokens) + 1, encoded.tokens.shape[1]), np.float32)
    np.cumsum(encoded.tokens - token_mean(), axis=0, out=sums[1:])
    words = np.diff(sums[ends], axis=0)
    lengths = np.linalg.norm(words, axis=1, keepdims=True)
    return np.asarray(words / np.where(lengths == 0, 1, lengths), np.float32)
