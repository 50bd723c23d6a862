"""Which sentences of a paper answer a question, and how well.

Late interaction of the question with each sentence (read in the context of its abstract), and what the
place and the wording of a sentence tell: abstracts open with background and close with findings.
Chooses nothing: rag/answering/extractive.py and rag/answering/context.py do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from rag.encoder import late_interaction
from rag.encoder.late_interaction import Floats
from rag.library.library import Candidate
from rag.records import Evidence, Sentence
from rag.retrieval.question import Question
from rag.retrieval.ranking import z_scores
from rag.retrieval.sentence_roles import traits
from rag.text.sentences import split_sentences

# Fitted by a softmax over each gold abstract's sentences (evidence against the rest), rounded; in tenfold
# cross-validation over 102 abstracts of questions_dev, facts found in 80 words rise from .62 (late
# interaction alone) to .69.
_LATE, _BEFORE = 0.8, 0.3
_LATER_IN_TEXT, _OPENING = 0.8, -0.45
_REPORTS = 0.35
_NUMBER_WANTED, _NUMBER_UNWANTED = 0.35, -0.3
_NOTICE = -4.0
"""A notice that code can be had, and no figure: not fitted, it answers no question but where it is."""

_REPORT = re.compile(
    r"\b(we|our|f(?:ind|ound)|show(?:s|ed|n)?|demonstrat\w+|reveal\w*|observ\w+|results?|outperform\w*"
    r"|achiev\w+|improv\w+|surpass\w*|reduc\w+)\b",
    re.I,
)
_ASKS_NUMBER = re.compile(
    r"\bhow (much|many|fast|long|big|large|far|often|well|good)\b|\bby what\b|\bnumber of\b"
    r"|\bwhat (\w+ ){0,2}(scores?|shares?|gains?|margin|f1|latency|size|rate|fraction|percentage|accuracy)\b",
    re.I,
)
_IS_NOTICE = re.compile(
    r"https?://|\b(code|data(set)?s?|models?|checkpoints?|demo)\b.{0,40}\b(available|released?|open-?sourced?)\b"
    r"|\b(release|open-?source)\b.{0,30}\b(code|data|models?)\b",
    re.I,
)
_ADDRESS = re.compile(r"https?://\S+")
_ASKS_NOTICE = re.compile(r"\b(code|github|repository|released?|available|download)\b", re.I)


def score_sentences(
    question: Question, query: late_interaction.Query, papers: Sequence[Sequence[Candidate]]
) -> list[tuple[Evidence, ...]]:
    """The sentences of each paper, given as all its passages, best for the question first.

    A score is in standard deviations within its paper: it ranks a paper's own sentences and does not
    compare papers. For a list only late interaction counts: what puts a paper on it may be said anywhere,
    and is seldom its result.
    """
    sentences = [[s for candidate in passages for s in sentences_of(candidate)] for passages in papers]
    blocks = [block for passages in papers for candidate in passages for block in _blocks(candidate)]
    late_scores = late_interaction.scores(query, blocks)
    evidence = []
    start = 0
    for passages, own in zip(papers, sentences, strict=True):
        texts = [sentence.text for sentence in own]
        late = late_scores[start : start + len(own)]
        values = z_scores(late) if question.intent == "list" else combine_features(question.text, texts, late)
        start += len(own)
        paper_id, own_traits = passages[0].paper.paper_id, traits(texts)
        order = np.argsort(-values, kind="stable").tolist()
        evidence.append(tuple(Evidence(paper_id, own[i], float(values[i]), own_traits[i]) for i in order))
    return evidence


def _blocks(candidate: Candidate) -> list[late_interaction.Bits]:
    shift = candidate.text_start - candidate.passage.start
    spans = [(sentence.start + shift, sentence.end + shift) for sentence in sentences_of(candidate)]
    return late_interaction.spans_to_blocks(candidate.block.bits, candidate.block.offsets, spans)


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[Sentence, ...]:
    return tuple(split_sentences(text))


def sentences_of(candidate: Candidate) -> list[Sentence]:
    """A passage's sentences, with offsets into the abstract."""
    start = candidate.passage.start
    return [Sentence(s.text, s.start + start, s.end + start) for s in _split(candidate.passage.text)]


def combine_features(question: str, sentences: Sequence[str], late_scores: Floats) -> Floats:
    """How well each of a paper's sentences answers the question, given late interaction's scores of them.

    Both in the order of the abstract; float32[n].
    """
    n = len(sentences)
    if n == 0:
        return np.zeros(0, np.float32)
    late = z_scores(late_scores)
    before = np.concatenate([[0], late[:-1]])
    place = np.arange(n) / max(1, n - 1)
    reports = np.array([bool(_REPORT.search(text)) for text in sentences])
    has_number = np.array([any(char.isdigit() for char in text) for text in sentences])
    number = _NUMBER_WANTED if _ASKS_NUMBER.search(question) else _NUMBER_UNWANTED
    values = _LATE * late + _BEFORE * before + _LATER_IN_TEXT * place + _OPENING * (place == 0)
    if not _ASKS_NOTICE.search(question):
        values = values + _NOTICE * np.array([_is_notice(text) for text in sentences])
    return np.asarray(values + _REPORTS * reports + number * has_number, np.float32)


def _is_notice(text: str) -> bool:
    return bool(_IS_NOTICE.search(text)) and not any(map(str.isdigit, _ADDRESS.sub("", text)))
