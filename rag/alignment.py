"""A text as the support gate reads it: its words with their vectors, and how far evidence covers a claim.

Late interaction (Khattab and Zaharia, ColBERT, 2020) between whole words: a word's vector is the mean of its
pieces', about MiniLM's mean token vector. A word is covered by the word of the evidence that is most like it,
and by one of the same stem. A claim is covered clause by clause, each by the one sentence that does it best,
so that a long text does not bear a claim by scattered words. Judges nothing: rag/support.py does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.encoder import Encoded
from rag.late import Floats, token_mean
from rag.stopwords import STOP_WORDS

Ints = NDArray[np.int64]

_WORD = re.compile(r"\w+(?:[.'’]\w+)*")
_CLAUSE_END = re.compile(r"[.;?!:,(]\s|\s(?=\(|(?:and|while|but|which|whereas)\s)")
_CLAUSE_WORDS = 3
"""Content words a clause has at least; what is shorter goes with what follows."""
_ENDING = re.compile(r"(?:ations?|ings?|ed|es|s|ly|ers?|ions?|ives?|als?|ments?|e|y|[iy][sz](?:e[ds]?|ing))$")
_STEM = 4, 7
"""The shortest stem that is left, and the longest that is compared."""
_SAME_STEM = 0.5
"""Weight of having the stem itself against being like it (the squared cosine)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's n words in order.

    starts: int64[n], where each begins. vectors: float32[n, 384], unit rows. is_content: bool[n].
    clauses: indices of the content words of each clause. sentence: float32[384], the text's own vector.
    """

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    starts: Ints
    vectors: Floats
    is_content: NDArray[np.bool_]
    clauses: tuple[Ints, ...]
    sentence: Floats


def read(text: str, encoded: Encoded) -> Reading:
    """The reading of a text that the encoder has seen."""
    spans = [match.span() for match in _WORD.finditer(text)]
    words = tuple(text[start:end].lower() for start, end in spans)
    starts = np.array([start for start, _ in spans], np.int64)
    is_content = np.array([word not in STOP_WORDS for word in words], np.bool_)
    if not is_content.any():
        is_content[:] = True
    return Reading(
        text,
        words,
        tuple(map(stem, words)),
        starts,
        _pooled(encoded, starts),
        is_content,
        _clauses(text, starts, is_content),
        encoded.vector,
    )


def covered(claim: Reading, sentence: Reading) -> Floats:
    """How far a sentence covers each word of a claim: float32[n words], from 0 to 1."""
    if not sentence.words:
        return np.zeros(len(claim.words), np.float32)
    likeness = np.maximum((claim.vectors @ sentence.vectors.T).max(axis=1), 0)
    there = set(sentence.stems)
    same = np.array([word in there for word in claim.stems], np.float32)
    return np.asarray((1 - _SAME_STEM) * likeness**2 + _SAME_STEM * same, np.float32)


def coverage(claim: Reading, matrix: Floats) -> float:
    """How far sentences cover a claim, from 0 to 1: each clause as the best one does. `matrix`: `covered`
    of every sentence, float32[n words, n sentences]."""
    best = [matrix[clause].sum(axis=0).max() for clause in claim.clauses]
    return float(sum(best) / sum(map(len, claim.clauses)))


def stem(word: str) -> str:
    """The beginning of a word without its commonest endings; for comparing, not for reading."""
    shortest, longest = _STEM
    for _ in range(2):
        cut = _ENDING.sub("", word)
        if len(cut) < shortest:
            break
        word = cut
    return word[:longest]


def _pooled(encoded: Encoded, starts: Ints) -> Floats:
    """The mean of each word's pieces, about the mean token, as unit rows."""
    sums = np.zeros((len(starts), encoded.tokens.shape[1]), np.float32)
    word_of = np.searchsorted(starts, encoded.offsets[:, 0], side="right") - 1
    inside = word_of >= 0
    np.add.at(sums, word_of[inside], encoded.tokens[inside] - token_mean())
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(lengths == 0, 1, lengths), np.float32)


def _clauses(text: str, starts: Ints, is_content: NDArray[np.bool_]) -> tuple[Ints, ...]:
    ends = [match.end() for match in _CLAUSE_END.finditer(text)]
    clause_of = np.searchsorted(ends, starts, side="right")
    clauses: list[list[int]] = [[]]
    for i in np.flatnonzero(is_content).tolist():
        if len(clauses[-1]) >= _CLAUSE_WORDS and clause_of[i] != clause_of[clauses[-1][-1]]:
            clauses.append([])
        clauses[-1].append(i)
    if len(clauses) > 1 and len(clauses[-1]) < _CLAUSE_WORDS:
        short = clauses.pop()
        clauses[-1] += short
    return tuple(np.array(clause, np.int64) for clause in clauses)
