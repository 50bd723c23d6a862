"""What each sentence does in its abstract: background, objective, method, result, definition, resource.

A softmax over the sentence's vector and its neighbours', its place, and short runs of its words, made
consistent over the abstract by how roles follow each other (forward-backward; Rabiner, 1989). The vector is
the mean of the sentence's 1-bit token vectors, which the library holds anyway: nothing is encoded. Fitted by
`python -m eval.fit.sentence_roles`. Definitions and notices of a resource, which no label names, go by rule.
Which role a question needs is rag/retrieval/sentence_scoring.py's and the answer plans'.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from rag.encoder.late_interaction import Bits
from rag.encoder.minilm import DIMENSIONS
from rag.records import Role, SentenceTraits
from rag.text.standalone import dependence
from rag.text.word_grams import word_grams

LEARNED: tuple[Role, ...] = ("background", "objective", "method", "result", "other")
"""The roles of the labelled abstracts (Cohan et al., 2019)."""
WEIGHTS = "sentence_roles.npz"
VECTOR_SCALE = 0.5
"""What the mean of the bits counts beside a run of words. With 6, macro-F1 on the test part is lower."""
NEIGHBOURS = 0.5
"""What a neighbour's vector counts beside the sentence's own."""
FOLLOWS = 0.5
"""What the order of roles counts. From 0.3 to 0.6 macro-F1 moves by under .002."""
KEPT = 1024
"""Abstracts whose roles are kept in memory, with their 1-bit vectors some 15 kB each. They do not depend on
the question, and take half of the reading where they are found anew."""
_READ = 400
"""Characters of a sentence whose words are looked at."""

_DEFINES = re.compile(
    r"\b(?:is|are|refers? to|denotes?) (?:an?|the|any) (?:[\w-]+ ){1,6}(?:that|which|where|in which)\b"
)
_DIGIT = re.compile(r"\d")
_NOTICE = re.compile(
    r"https?://|\b(?:code|data(?:set)?s?|models?)\b.{0,40}\b(?:available|released?|open-?sourced?)\b", re.I
)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _RoleHead:
    """terms: each run of words with its row in `cues`. dense: float32[3 * 384 + 14, 5]; cues: float32[n, 5];
    bias: float32[5]; order: float32[6, 5], log odds of a role after another, last for the first."""

    terms: dict[str, int]
    dense: Floats
    cues: Floats
    bias: Floats
    order: Floats


def sentence_traits(sentences: Sequence[str], blocks: Sequence[Bits]) -> list[SentenceTraits]:
    """What each sentence of one abstract is, in order.

    blocks: uint8[n_pieces, 48] a sentence, its packed token vectors in the abstract's context.
    """
    bits = tuple(np.ascontiguousarray(block).tobytes() for block in blocks)
    return list(_traits(tuple(sentences), bits, tuple(block.shape for block in blocks)))


@lru_cache(maxsize=KEPT)
def _traits(
    sentences: tuple[str, ...], bits: tuple[bytes, ...], shapes: tuple[tuple[int, ...], ...]
) -> tuple[SentenceTraits, ...]:
    """The traits of one abstract; the key is all that they follow from."""
    if not sentences:
        return ()
    blocks = [np.frombuffer(own, np.uint8).reshape(shape) for own, shape in zip(bits, shapes, strict=True)]
    traits = []
    for ordinal, (text, chances) in enumerate(
        zip(sentences, role_probabilities(sentences, blocks), strict=True)
    ):
        likeliest = LEARNED[int(chances.argmax())]
        needs = dependence(text)
        traits.append(
            SentenceTraits(
                ordinal,
                len(sentences),
                _by_rule(text, likeliest),
                dict(zip(LEARNED, chances.tolist(), strict=True)),
                needs.cause if needs else None,
            )
        )
    return tuple(traits)


def role_probabilities(sentences: Sequence[str], blocks: Sequence[Bits]) -> Floats:
    """The probability of each of LEARNED for each sentence of an abstract. float32[n, 5]"""
    head = _head()
    logits = (
        dense_features(sentences, np.stack([mean_bits(block) for block in blocks])) @ head.dense + head.bias
    )
    for row, text in enumerate(sentences):
        rows = [head.terms[cue] for cue in cues_of(text) if cue in head.terms]
        logits[row] += head.cues[rows].sum(axis=0)
    return in_order(logits, head.order)


def mean_bits(block: Bits) -> Floats:
    """A sentence's vector: the mean of its pieces' bits about one half, or zeros. float32[384]"""
    if len(block) == 0:
        return np.zeros(DIMENSIONS, np.float32)
    return np.asarray(np.unpackbits(block, axis=1).mean(axis=0) - 0.5, np.float32)


def cues_of(sentence: str) -> frozenset[str]:
    """The runs of words that are looked at."""
    return word_grams(sentence[:_READ])


def dense_features(sentences: Sequence[str], vectors: Floats) -> Floats:
    """Each sentence's vector and its neighbours', and its place and form. float32[n, 3 * 384 + 14]"""
    own = VECTOR_SCALE * vectors
    none = np.zeros((1, DIMENSIONS), np.float32)
    before, after = np.concatenate([none, own[:-1]]), np.concatenate([own[1:], none])
    n = len(sentences)
    form = [_form(text, i, n) for i, text in enumerate(sentences)]
    return np.hstack([own, NEIGHBOURS * before, NEIGHBOURS * after, np.array(form, np.float32)])


def _form(text: str, i: int, n: int) -> list[float]:
    place = i / max(1, n - 1)
    return [
        i == 0, i == 1, i == n - 1, i == n - 2, place, place**2, (1 - place) ** 2,
        bool(_DIGIT.search(text)), "%" in text, "http" in text, len(text) / 150, n / 8, n == 1,
        "?" in text,
    ]  # fmt: skip


def in_order(logits: Floats, order: Floats) -> Floats:
    """Probabilities of each sentence's role given the whole abstract, by forward-backward. float32[n, 5]"""
    scores = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    forward, backward = [order[-1] + scores[0]], [np.zeros(scores.shape[1])]
    for row in scores[1:]:
        forward.append(np.logaddexp.reduce(forward[-1][:, None] + order[:-1], axis=0) + row)
    for row in scores[:0:-1]:
        backward.append(np.logaddexp.reduce(order[:-1] + (row + backward[-1])[None], axis=1))
    joint = np.array(forward) + np.array(backward[::-1])
    return np.asarray(np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)), np.float32)


def _by_rule(text: str, likeliest: Role) -> Role:
    if _NOTICE.search(text) and likeliest in ("other", "result"):
        return "resource"
    return "definition" if _DEFINES.search(text) and likeliest in ("background", "method") else likeliest


@cache
def _head() -> _RoleHead:
    with as_file(files("rag.retrieval").joinpath(WEIGHTS)) as path, np.load(path) as data:
        terms = {term: row for row, term in enumerate(str(data["terms"]).split("\n"))}
        return _RoleHead(
            terms, *(data[name].astype(np.float32) for name in ("dense", "cues", "bias", "order"))
        )
