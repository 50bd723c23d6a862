"""What kind of answer a question asks for.

A softmax over the question's vector, which ranking needs anyway, and the short runs of words that frame it.
Fitted by `python -m eval.fit.intent`, which prints how it does in fields it has not seen. The sides, names
and conditions of a question are read in other modules of this room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from rag.records import Intent
from rag.retrieval.sides import sides_of
from rag.text.word_grams import n_words, word_grams

INTENTS: tuple[Intent, ...] = get_args(Intent)
WEIGHTS = "intent.npz"
VECTOR_SCALE = 3.0
"""What the vector counts beside a run of words. With 5, the probabilities in unseen fields are worse."""
SHORT, LONG = 4, 15
"""Words at which a question counts as bare keywords, and as one with a story."""

Floats = NDArray[np.float32]


def intent_probabilities(question: str, vector: Floats) -> Mapping[Intent, float]:
    """How likely `question` asks for each kind of answer; they sum to 1.

    vector: float32[384], the question as the encoder sees it, unit length.
    """
    terms, weights = _head()
    logits = intent_features(question, vector, terms) @ weights[:-1] + weights[-1]
    raised = np.exp(logits - logits.max())
    return dict(zip(INTENTS, (raised / raised.sum()).tolist(), strict=True))


def without(chances: Mapping[Intent, float], *ruled_out: Intent) -> Mapping[Intent, float]:
    """The probabilities where these intents are ruled out; the rest sum to 1."""
    left = sum(chance for intent, chance in chances.items() if intent not in ruled_out)
    return {intent: 0.0 if intent in ruled_out else chance / left for intent, chance in chances.items()}


def intent_features(question: str, vector: Floats, terms: Mapping[str, int]) -> Floats:
    """What the softmax sees: the vector, the runs of words, and four facts of form. float32[388 + n_terms]"""
    held = np.zeros(len(terms), np.float32)
    held[[terms[gram] for gram in word_grams(question) if gram in terms]] = 1
    n = n_words(question)
    form = [n <= SHORT, n >= LONG, question.rstrip().endswith("?"), bool(sides_of(question))]
    return np.concatenate([VECTOR_SCALE * vector, held, np.array(form, np.float32)])


def index_terms(terms: Iterable[str]) -> dict[str, int]:
    """Terms with their places."""
    return {term: place for place, term in enumerate(terms)}


def to_matrix(questions: Sequence[str], vectors: Floats, terms: Mapping[str, int]) -> Floats:
    """The features of several questions. float32[n, 388 + n_terms]"""
    return np.stack([intent_features(q, v, terms) for q, v in zip(questions, vectors, strict=True)])


@cache
def _head() -> tuple[dict[str, int], Floats]:
    with as_file(files("rag.retrieval").joinpath(WEIGHTS)) as path, np.load(path) as data:
        return index_terms(data["terms"].tolist()), data["weights"].astype(np.float32)
