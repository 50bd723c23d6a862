"""What a sentence of a paper shows of a question: the features that rag/retrieval/sentence_scoring.py weighs.

Late interaction of the question with each sentence, where the sentence stands, what it is made of. Pure:
arrays and texts in, a matrix out. The weights are fitted by eval/fit/sentence_scoring.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rag.encoder.late_interaction import Bits, Floats
from rag.text.words import content_words

NAMES = (
    "late", "late_beyond_title", "peak", "cosine", "words_shared", "late_before", "cosine_before",
    "place", "opening", "last", "reports", "we", "contrast", "figure", "number_wanted", "number_unwanted",
    "figure_wanted", "notice", "length", "introduces_wanted",
)  # fmt: skip
"""The columns of `feature_matrix`."""

_REPORT = re.compile(
    r"\b(we|our|f(?:ind|ound)|show(?:s|ed|n)?|demonstrat\w+|reveal\w*|observ\w+|results?|outperform\w*"
    r"|achiev\w+|improv\w+|surpass\w*|reduc\w+)\b",
    re.I,
)
_WE = re.compile(r"\b(?:we|our)\b", re.I)
_CONTRAST = re.compile(r"(?:However|But|Yet|Although|While|Despite)\b")
_FIGURE = re.compile(r"\d+(?:\.\d+)?\s*(?:%|x\b|×|points?|times|-?fold)")
_ASKS_NUMBER = re.compile(
    r"\bhow (much|many|fast|long|big|large|far|often|well|good)\b|\bby what\b|\bnumber of\b"
    r"|\bwhat (\w+ ){0,2}(scores?|shares?|gains?|margin|f1|latency|size|rate|fraction|percentage|accuracy)\b",
    re.I,
)
_ASKS_WHAT_IT_IS = re.compile(
    r"^\W*(?:what(?:'s| is| are)\b(?! the\b)|define\b|explain what\b|what does \S+ (?:do|mean|stand for)\b)",
    re.I,
)
_INTRODUCES = re.compile(
    r"\b(?:we|this (?:paper|work|study|article|survey)|the authors?)\b.{0,40}?\b(?:introduc|propos|present"
    r"|describ|develop|defin)\w*|\b(?:called|named|termed|dubbed|known as|refers? to|defined as)\b"
    r"|^\S+(?: \S+){0,5}? (?:is|are) (?:an?|the)\b",
    re.I,
)
_IS_NOTICE = re.compile(
    r"https?://|\b(code|data(set)?s?|models?|checkpoints?|demo)\b.{0,40}\b(available|released?|open-?sourced?)\b"
    r"|\b(release|open-?source)\b.{0,30}\b(code|data|models?)\b",
    re.I,
)
_DIGIT = re.compile(r"[\d²³¹]")
_ADDRESS = re.compile(r"https?://\S+")
_ASKS_NOTICE = re.compile(r"\b(code|github|repository|released?|available|download)\b", re.I)
_STEM = 6
"""Letters of a word that are compared."""
_PEAK = 0.5
"""Similarity of two word pieces from which they say the same, or nearly."""


@dataclass(frozen=True, slots=True)
class PaperMatches:
    """How the pieces of a question match a paper.

    sentences: float32[n_pieces, n_sentences], the best similarity of each piece in each sentence.
    title: float32[n_pieces], that in the title. weights: float32[n_pieces], summing to 1.
    cosines: float32[n_sentences], the question's vector with the mean of each sentence's pieces.
    """

    sentences: Floats
    title: Floats
    weights: Floats
    cosines: Floats

    @property
    def met(self) -> Floats:
        """How well each piece of the question is met anywhere in the paper, -1 to 1. float32[n_pieces]"""
        return np.asarray(np.maximum(self.sentences.max(axis=1, initial=-1), self.title), np.float32)

    @property
    def met_share(self) -> float:
        """How well the whole question is met anywhere in the paper, -1 to 1."""
        return float(self.weights @ self.met)


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words of a sentence show, whatever is asked."""

    n_words: int
    number: bool
    figure: bool
    reports: bool
    we: bool
    contrast: bool
    notice: bool
    introduces: bool


@lru_cache(maxsize=8192)  # the sentences of a library's best papers come again and again
def wording_of(text: str) -> Wording:
    """What the words of a sentence show."""
    return Wording(
        n_words=len(text.split()),
        number=bool(_DIGIT.search(text)),
        figure=bool(_FIGURE.search(text)),
        reports=bool(_REPORT.search(text)),
        we=bool(_WE.search(text)),
        contrast=bool(_CONTRAST.match(text)),
        notice=is_notice(text),
        introduces=bool(_INTRODUCES.search(text)),
    )


def asks_number(question: str) -> bool:
    """Whether a question asks for a number."""
    return bool(_ASKS_NUMBER.search(question))


def mean_vectors(blocks: Sequence[Bits]) -> Floats:
    """The unit mean of each block's signs; zero for an empty one. float32[n_blocks, 384]"""
    filled = [i for i, block in enumerate(blocks) if len(block)]
    means = np.zeros((len(blocks), 8 * (blocks[0].shape[1] if blocks else 0)), np.float32)
    if not filled:
        return means
    sizes = np.array([[len(blocks[i])] for i in filled], np.float32)
    bits = np.unpackbits(np.concatenate([blocks[i] for i in filled]), axis=1)
    ends = np.cumsum(sizes[:-1], dtype=np.int64)
    # A third of the time of `np.add.reduceat`, which casts byte by byte.
    n_on = np.stack([run.sum(axis=0, dtype=np.uint16) for run in np.split(bits, ends)])
    means[filled] = 2 * n_on / sizes - 1
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6), np.float32)


def feature_matrix(question: str, texts: Sequence[str], matches: PaperMatches) -> Floats:
    """The features of a paper's sentences, in the abstract's order. float32[n, len(NAMES)]"""
    n = len(texts)
    if n == 0:
        return np.zeros((0, len(NAMES)), np.float32)
    # What the title already says tells the paper's sentences apart less well.
    untold = matches.weights * np.clip(1 - matches.title, 0.05, 1)
    wording = [wording_of(text) for text in texts]
    late, late_beyond_title, peak, cosine, words_shared, length = _z_scores_by_row(
        matches.weights @ matches.sentences,
        untold / untold.sum() @ matches.sentences,
        matches.weights @ np.clip(matches.sentences - _PEAK, 0, None),
        matches.cosines,
        _shared_words(question, texts),
        np.log([1 + each.n_words for each in wording]),
    )
    place = np.arange(n) / max(1, n - 1)
    number = np.array([each.number for each in wording])
    figure = np.array([each.figure for each in wording], np.float32)
    wants_number = asks_number(question)
    columns = {
        "late": late,
        "late_beyond_title": late_beyond_title,
        "peak": peak,
        "cosine": cosine,
        "words_shared": words_shared,
        "late_before": np.concatenate([[0], late[:-1]]),
        "cosine_before": np.concatenate([[0], cosine[:-1]]),
        "place": place,
        "opening": place == 0,
        "last": place == 1,
        "reports": np.array([each.reports for each in wording]),
        "we": np.array([each.we for each in wording]),
        "contrast": np.array([each.contrast for each in wording]),
        "figure": figure,
        "number_wanted": number * wants_number,
        "number_unwanted": number * (not wants_number),
        "figure_wanted": figure * wants_number,
        "notice": np.array([each.notice for each in wording]) * (not _ASKS_NOTICE.search(question)),
        "length": length,
        "introduces_wanted": np.array([each.introduces for each in wording])
        * bool(_ASKS_WHAT_IT_IS.search(question)),
    }
    return np.stack([np.asarray(columns[name], np.float32) for name in NAMES], axis=1)


def _z_scores_by_row(*rows: NDArray[np.floating]) -> Floats:
    """Each row in standard deviations about its mean, all rows in one go. float32[len(rows), n]"""
    values = np.array(rows, np.float32)
    # A paper has some ten sentences: numpy's calls cost more than the numbers, so there are few of them.
    spread = values.std(axis=1, keepdims=True)
    centred = values - values.mean(axis=1, keepdims=True)
    return np.where(spread > 1e-6, centred / np.maximum(spread, 1e-6), np.float32(0))


def is_notice(text: str) -> bool:
    """Whether a sentence only says where code or data can be had, with no figure beside it."""
    return bool(_IS_NOTICE.search(text)) and not any(map(str.isdigit, _ADDRESS.sub("", text)))


def _shared_words(question: str, texts: Sequence[str]) -> Floats:
    """The question's words in each sentence, each by how few of the sentences hold it. float32[n]"""
    asked = _stems(question)
    own = [_stems(text) for text in texts]
    n_holding = Counter(stem for stems in own for stem in stems)
    return np.array([sum(np.log1p(len(own) / n_holding[s]) for s in stems & asked) for stems in own])


@lru_cache(maxsize=8192)  # the sentences of a library's best papers come again and again
def _stems(text: str) -> frozenset[str]:
    return frozenset(word.lower()[:_STEM] for word in content_words(text))
