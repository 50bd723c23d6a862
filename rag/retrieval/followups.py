"""Follow-ups: whether a question refers to the turn before it, to what there, and the words it then needs.

Which it is was learned (`python -m eval.fit.followups`): a softmax over the question's vector, its
likeness to the last question, the words it shares with that turn, and short runs of words. Searches nothing
and asks no model; rewriting by prompt is rag/retrieval/query_rewriting.py's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.encoder.minilm import Encoded
from rag.records import History
from rag.retrieval.last_answer import items_of, numbered_item, opening, worded_item
from rag.retrieval.question import Reference
from rag.text.word_grams import n_words, word_grams
from rag.text.words import content_words, names

CLASSES = ("new", "question", "answer", "item", "list")
"""What a question refers to; "new" stands alone."""
WEIGHTS = "followups.npz"
VECTOR_SCALE = 2.0
"""What the vector counts beside a run of words. On the first 437 questions: with none .895 of those in unseen
fields are told right, with this .924."""
FARTHEST = 3
"""Turns back that a chain of follow-ups is traced."""
NEW, NEW_THOUGH_LEANING = 0.5, 0.95
"""From which chance on a question stands alone; the second is for one that opens with a connective or holds a
pronoun of the third person. `python -m eval.fit.followups` counts the mistakes of each threshold in unseen
fields: at 0.9 one of 106 such follow-ups is missed and 12 of 19 such new questions are tied, at 0.95 none and
15. Of the 24 follow-ups of both question files 22 are tied with 0.95."""
_LEANS = re.compile(
    r"^(?:and|but|so|also|besides|then)\b|\b(?:its?|they|their|them|theirs)\b"
    r"|\b(?:that|this|these|those)\b(?=\s*(?:$|[?.,;]|when|if|then|one\b|small|new|same))",
    re.I,
)
_STEM = 6
"""Letters by which two words count as one."""
_OTHERS = re.compile(r"\b(?:else|others?|another|more|besides|further)\b", re.I)
_HEAD = re.compile(r"[^:.\u2013|]{3,80}")
"""The name of a listed thing: what stands before a colon or a stop."""

Floats = NDArray[np.float32]


class QueryEncoder(Protocol):
    """What a question is encoded with; `rag.encoder.minilm.Encoder` is one."""

    def encode_query(self, text: str) -> Encoded: ...


def refer(
    question: str, vector: Floats, history: History, encoder: QueryEncoder, *, depth: int = FARTHEST
) -> Reference | None:
    """What `question` refers to in the turns before it, and the words that carry it over; None where it
    stands alone.

    vector: float32[384], the question as the encoder sees it. A new subject carries nothing over.
    """
    last = max((i for i, (role, _) in enumerate(history) if role == "user"), default=-1)
    if last < 0 or depth == 0:
        return None
    asked = history[last][1]
    answer = "\n".join(text for role, text in history[last + 1 :] if role == "assistant")
    asked_vector = encoder.encode_query(asked).vector
    chances = reference_probabilities(question, vector, asked, asked_vector, answer)
    if chances["new"] >= (NEW_THOUGH_LEANING if leans_on_turn(question) else NEW):
        return None
    before = refer(asked, asked_vector, history[:last], encoder, depth=depth - 1)
    subject = f"{asked} ({before.text})" if before else asked
    found = _reference(question, subject, answer, chances)
    if before and before.to == "item" and found.to in ("question", "answer") and not found.others_wanted:
        return before  # the turn before was about one thing of a list, and so is this one
    return found


def leans_on_turn(question: str) -> bool:
    """Whether a question opens with a connective or holds a pronoun of the third person."""
    return bool(_LEANS.search(question))


def _reference(question: str, subject: str, answer: str, chances: Mapping[str, float]) -> Reference:
    items = items_of(answer)
    likeliest = max(CLASSES[1:], key=lambda each: chances[each])
    others = bool(_OTHERS.search(question))
    number = numbered_item(question, items) or (worded_item(question, items) if likeliest == "item" else None)
    if number:
        item = items[number - 1]
        text = item if _HEAD.match(item) and item in answer else f"{subject} {item}"
        return Reference("item", text, number, (item,))
    if likeliest == "list" and items:
        heads = " ".join(found[0] for item in items if (found := _HEAD.match(item)))
        text = subject if others else f"{subject} {opening(heads)}"
        return Reference("list", text, None, items, others)
    if likeliest == "question" or not answer:
        return Reference("question", subject, None, items, others)
    return Reference("answer", f"{subject} {opening(answer)}", None, items, others)


def reference_probabilities(
    question: str, vector: Floats, asked: str, asked_vector: Floats, answer: str
) -> dict[str, float]:
    """How likely `question`, after `asked` and its `answer`, refers to each of CLASSES; they sum to 1."""
    terms, weights = _head()
    features = followup_features(question, vector, asked, asked_vector, answer, terms)
    logits = features @ weights[:-1] + weights[-1]
    raised = np.exp(logits - logits.max())
    return dict(zip(CLASSES, (raised / raised.sum()).tolist(), strict=True))


def followup_features(
    question: str, vector: Floats, asked: str, asked_vector: Floats, answer: str, terms: Mapping[str, int]
) -> Floats:
    """What the softmax sees. float32[397 + n_terms]"""
    held = np.zeros(len(terms), np.float32)
    held[[terms[gram] for gram in word_grams(question) if gram in terms]] = 1
    own, earlier, shown = _stems(question), _stems(asked), _stems(answer)
    n, fresh = len(own), len(own - earlier - shown)
    form = [
        3 * float(vector @ asked_vector),
        n / 4, n <= 1, n <= 2, n >= 4, n_words(question) / 8,
        len(own & earlier) / max(1, n), len(own & shown) / max(1, n), fresh / 4, fresh <= 1,
        bool(names(question)), len(items_of(answer)) > 1, 3 * leans_on_turn(question),
    ]  # fmt: skip
    return np.concatenate([VECTOR_SCALE * vector, held, np.array(form, np.float32)])


def _stems(text: str) -> set[str]:
    return {word.lower()[:_STEM] for word in content_words(text)}


@cache
def _head() -> tuple[dict[str, int], Floats]:
    with as_file(files("rag.retrieval").joinpath(WEIGHTS)) as path, np.load(path) as data:
        terms = {term: place for place, term in enumerate(data["terms"].tolist())}
        return terms, data["weights"].astype(np.float32)
