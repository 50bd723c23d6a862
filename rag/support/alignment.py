"""A text as the support gate reads it: its words with their vectors, and how far evidence covers a claim.

Late interaction (Khattab and Zaharia, ColBERT, 2020) between whole words: a word's vector is the mean of its
pieces', about MiniLM's mean token vector. A word is covered by one of the same stem, or in part by the one
most like it; a rare word counts for more than a common one. Judges nothing: rag/support/gate.py does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from math import log

import numpy as np
from numpy.typing import NDArray

from rag.encoder.late_interaction import Floats, token_mean
from rag.encoder.minilm import Encoded
from rag.text.stopwords import STOP_WORDS

_WORD = re.compile(r"\w+(?:[.'’]\w+)*")
_ENDING = re.compile(r"(?:ations?|ings?|ed|es|s|ly|ers?|ions?|ives?|als?|ments?|e|y|[iy][sz](?:e[ds]?|ing))$")
_STEM = 4, 7
"""The shortest stem that is left, and the longest that is compared."""
_SYNONYM = 0.5
"""What a word that is only like the claim's covers of it, times the squared cosine."""
_FRAME = """
aim aims address report deal concern focus target tackle handle propose present introduce describe show find
argue claim named called namely instead
"""
"""What papers do in sentences about them: "both aim to". Neither for a claim nor against it."""
_ONE_THREAD = 2**18
"""Multiplications up to which OpenBLAS keeps to one thread. These are over before a second has woken up, and
on a busy machine the first waits for it a hundred times as long as the work takes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's n words in order, in lower case.

    starts: int64[n], where each begins. vectors: float32[n, 384], unit rows. is_content: bool[n].
    weights: float32[n], summing to 1; 0 for what is no content.
    """

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    starts: NDArray[np.int64]
    vectors: Floats
    is_content: NDArray[np.bool_]
    weights: Floats

    @property
    def n_content(self) -> int:
        return int(self.is_content.sum())

    def content_around(self, place: int, reach: int) -> list[int]:
        """Places of the content words up to `reach` words from one, itself left out."""
        near = range(max(0, place - reach), min(len(self.words), place + reach + 1))
        return [i for i in near if i != place and self.is_content[i]]

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
    says = np.array([found not in _frame_stems() for found in stems], np.bool_) & is_content
    weights = np.array([_rarity(found) for found in stems], np.float32) * (says if says.any() else is_content)
    return Reading(
        text,
        words,
        stems,
        starts,
        _pooled(encoded, starts),
        is_content,
        weights / weights.sum() if words else weights,
    )


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


def coverage(claim: Reading, tables: Sequence[Floats], without: Collection[str] = ()) -> float:
    """How far sentences together cover a claim, or its words but some, 0 to 1. `tables`: its `likeness` with
    each of them."""
    best = np.max([table.max(axis=1) for table in tables], axis=0)
    weights = claim.weights * [word not in without for word in claim.words]
    return float(weights @ np.where(best == 1, 1, _SYNONYM * best**2) / (weights.sum() or 1))


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


def stems(text: str) -> set[str]:
    """The stems of a text's words."""
    return {stem(word.lower()) for word in _WORD.findall(text)}


@cache
def _frame_stems() -> frozenset[str]:
    return frozenset(map(stem, _FRAME.split()))


@cache
def _common_stems() -> tuple[int, Mapping[str, int]]:
    """How many texts were counted, and in how many of them each common stem occurs (eval/fit/support.py)."""
    counted = json.loads(files("rag.support").joinpath("common_stems.json").read_text("utf-8"))
    return counted["n_texts"], counted["n_with"]


def _rarity(word_stem: str) -> float:
    n_texts, n_with = _common_stems()
    return log((n_texts + 1) / (n_with.get(word_stem, 0) + 1))


def _pooled(encoded: Encoded, starts: NDArray[np.int64]) -> Floats:
    """The mean of each word's pieces, about the mean token, as unit rows; zeros for a word without one."""
    ends = np.append(np.searchsorted(encoded.offsets[:, 0], starts), len(encoded.offsets))
    sums = np.zeros((len(encoded.tokens) + 1, encoded.tokens.shape[1]), np.float32)
    np.cumsum(encoded.tokens - token_mean(), axis=0, out=sums[1:])
    words = np.diff(sums[ends], axis=0)
    lengths = np.linalg.norm(words, axis=1, keepdims=True)
    return np.asarray(words / np.where(lengths == 0, 1, lengths), np.float32)
