"""Questions and ranked papers for tests of answers, made without an encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rag.encoder.minilm import Encoded
from rag.records import Evidence, Filters, Intent, Paper, RankedPaper, Role, Sentence, SentenceTraits
from rag.retrieval.question import Question
from rag.text.sentences import split_sentences
from rag.text.words import names

NO_ENCODING = Encoded(
    np.zeros(384, np.float32),
    np.zeros((0, 384), np.float32),
    np.zeros(0, np.int32),
    np.zeros((0, 2), np.int32),
)


WELL_MET = {
    "met": 0.8, "met_in_one": 0.8, "rare_least": 0.6, "rare_least_in_one": 0.6, "rare_least_in_title": 0.4,
    "unmet": 0.0, "cosine": 0.6,
}  # fmt: skip
"""How a paper that is on a question's subject meets it."""


def asked(text: str, intent: Intent = "fact", **more: Any) -> Question:
    """A question as it would be understood, with no encoding."""
    return Question(
        text, text, text, NO_ENCODING, intent, {intent: 1.0}, Filters(), Filters(), names=names(text), **more
    )


def ranked(
    paper_id: str,
    score: float,
    sentences: dict[str, float],
    title: str = "",
    *,
    roles: tuple[Role, ...] = (),
    needs: dict[int, str] | None = None,
    parts: Mapping[str, tuple[float, ...]] | None = None,
) -> RankedPaper:
    """A paper whose abstract is these sentences, in order, each with its score.

    roles: of each sentence, by place. needs: place -> why that sentence cannot be read alone.
    """
    abstract = " ".join(sentences)
    evidence = []
    for place, (text, value) in enumerate(sentences.items()):
        start = abstract.index(text)
        role: Role = roles[place] if place < len(roles) else "result"
        traits = SentenceTraits(place, len(sentences), role, {role: 1.0}, (needs or {}).get(place))
        sentence = Sentence(text, start, start + len(text))
        late = (parts or {}).get(text, ())
        evidence.append(Evidence(paper_id, sentence, value, traits, value / 10, late))
    paper = Paper(paper_id, title or f"{paper_id.upper()}: A Study", abstract)
    return RankedPaper(paper, score, tuple(sorted(evidence, key=lambda e: -e.score)), met=WELL_MET)


def ten_words(name: str) -> str:
    return f"{name} one two three four five six seven eight nine."


def rarity(word: str) -> float:
    """Every word is as rare as any other."""
    return 3.0


def sentences_of_roles(paper: Paper, roles: Sequence[Role]) -> list[tuple[Sentence, SentenceTraits]]:
    """The sentences of a paper, each of which is what its place in `roles` says; all are "other" where there
    are not as many."""
    sentences = split_sentences(paper.abstract)
    own: Sequence[Role] = roles if len(sentences) == len(roles) else ["other"] * len(sentences)
    pairs = zip(sentences, own, strict=True)
    return [
        (sentence, SentenceTraits(i, len(sentences), role, {role: 0.9}))
        for i, (sentence, role) in enumerate(pairs)
    ]
