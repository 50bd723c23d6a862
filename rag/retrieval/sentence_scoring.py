"""Which sentences of a paper answer a question, and how well.

Late interaction of the question with each sentence (read in the context of its abstract), and what the
place and the wording of a sentence tell: abstracts open with background and close with findings.
Chooses nothing: the answer plans (rag/answering/plans) and rag/answering/context.py do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rag.encoder import late_interaction
from rag.encoder.late_interaction import Floats
from rag.index.candidates import Candidate
from rag.records import Evidence, Sentence, SentenceTraits
from rag.retrieval.conditions import subject_of_condition
from rag.retrieval.question import Question
from rag.retrieval.sentence_features import NAMES, PaperMatches, feature_matrix, mean_vectors
from rag.retrieval.sentence_roles import sentence_traits
from rag.text.sentences import split_sentences

WEIGHTS = {
    "late": -1.05,
    "late_beyond_title": 1.59,
    "peak": -0.22,
    "cosine": 0.23,
    "words_shared": 0.41,
    "late_before": 0.2,
    "cosine_before": 0.13,
    "place": 2.31,
    "opening": -1.16,
    "last": -0.9,
    "reports": -0.15,
    "we": 0.33,
    "contrast": 0.5,
    "figure": 0.14,
    "number_wanted": 2.17,
    "number_unwanted": -0.11,
    "figure_wanted": 0.66,
    "notice": -0.84,
    "length": 0.18,
    "introduces_wanted": 0.38,
}
"""Fitted by `python -m eval.fit.sentence_scoring ../shared`: a softmax over the sentences of each gold
abstract, those that hold the answer against the rest."""


@dataclass(frozen=True, slots=True)
class ReadPaper:
    """A paper's sentences, best for the question first, and how the question's pieces match it."""

    evidence: tuple[Evidence, ...]
    matches: PaperMatches


_NO_PIECES = np.zeros((0, late_interaction.PACKED), np.uint8)


def read_papers(
    question: Question,
    text: str,
    query: late_interaction.Query,
    papers: Sequence[Sequence[Candidate]],
    *,
    of_minilm: bool = True,
) -> list[ReadPaper]:
    """The sentences of each paper, given as all its passages. `query` is `text`, the question as it is read.

    of_minilm: whether MiniLM encoded the library; another encoder's bits tell nothing of a sentence's role.
    """
    sentences = [[s for candidate in passages for s in sentences_of(candidate)] for passages in papers]
    blocks = [block for passages in papers for candidate in passages for block in _blocks(candidate)]
    titles = [_title_block(passages[0]) for passages in papers]
    best = late_interaction.best_matches(query, [*blocks, *titles])
    cosines = mean_vectors(blocks) @ question.encoded.vector if blocks else np.zeros(0, np.float32)
    parts = _part_weights(question.parts, text, query)
    conditions = _part_weights([subject_of_condition(each) for each in question.constraints], text, query)
    found = []
    start = 0
    for n, (passages, own) in enumerate(zip(papers, sentences, strict=True)):
        span = slice(start, start + len(own))
        start += len(own)
        matches = PaperMatches(best[:, span], best[:, len(blocks) + n], query.weights, cosines[span])
        bits = blocks[span] if of_minilm else [_NO_PIECES] * len(own)
        traits = sentence_traits([sentence.text for sentence in own], bits)
        read = list(zip(own, traits, strict=True))
        found.append(
            ReadPaper(
                _evidence(question, passages[0].paper.paper_id, read, matches, parts, conditions), matches
            )
        )
    return found


def read_sentences(passages: Sequence[Candidate]) -> list[tuple[Sentence, SentenceTraits]]:
    """The sentences of one paper, given as all its passages, in order, with what each is."""
    sentences = [s for candidate in passages for s in sentences_of(candidate)]
    blocks = [block for candidate in passages for block in _blocks(candidate)]
    return list(zip(sentences, sentence_traits([s.text for s in sentences], blocks), strict=True))


def _evidence(
    question: Question,
    paper_id: str,
    sentences: Sequence[tuple[Sentence, SentenceTraits]],
    matches: PaperMatches,
    parts: Sequence[Floats],
    conditions: Sequence[Floats],
) -> tuple[Evidence, ...]:
    texts = [sentence.text for sentence, _ in sentences]
    late = matches.weights @ matches.sentences
    part_late = np.array([weights @ matches.sentences for weights in parts])
    condition_late = np.array([weights @ matches.sentences for weights in conditions])
    scores = score_texts(question.text, texts, matches)
    found = []
    for i in np.argsort(-scores, kind="stable").tolist():
        sentence, traits = sentences[i]
        by_part = tuple(part_late[:, i]) if parts else ()
        by_condition = tuple(condition_late[:, i]) if conditions else ()
        found.append(
            Evidence(paper_id, sentence, float(scores[i]), traits, float(late[i]), by_part, by_condition)
        )
    return tuple(found)


def score_texts(question: str, texts: Sequence[str], matches: PaperMatches) -> Floats:
    """How well each of a paper's sentences answers the question, in the order of the abstract. float32[n]"""
    weights = np.array([WEIGHTS[name] for name in NAMES], np.float32)
    return np.asarray(feature_matrix(question, texts, matches) @ weights, np.float32)


def _part_weights(parts: Sequence[str], text: str, query: late_interaction.Query) -> list[Floats]:
    """For each part of a question asked as `text`, the weights of the pieces that stand in it; none where a
    part is not found there."""
    if query.offsets is None:
        return []
    found = []
    for part in parts:
        words = part.split()
        tails = (" ".join(words[n:]) for n in range(len(words)))  # a name may have been put before it
        tail = next((tail for tail in tails if tail in text), "")
        start = text.rfind(tail)
        inside = (query.offsets[:, 0] >= start) & (query.offsets[:, 0] < start + len(tail))
        weights = query.weights * inside
        if not tail or not weights.any():
            return []
        found.append(np.asarray(weights / weights.sum(), np.float32))
    return found


def _blocks(candidate: Candidate) -> list[late_interaction.Bits]:
    shift = candidate.text_start - candidate.passage.start
    spans = [(sentence.start + shift, sentence.end + shift) for sentence in sentences_of(candidate)]
    return late_interaction.spans_to_blocks(candidate.block.bits, candidate.block.offsets, spans)


def _title_block(candidate: Candidate) -> late_interaction.Bits:
    block = candidate.block
    return block.bits[block.offsets[:, 0] < candidate.text_start]


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[Sentence, ...]:
    return tuple(split_sentences(text))


def sentences_of(candidate: Candidate) -> list[Sentence]:
    """A passage's sentences, with offsets into the abstract."""
    start = candidate.passage.start
    return [Sentence(s.text, s.start + start, s.end + start) for s in _split(candidate.passage.text)]
