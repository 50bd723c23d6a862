"""Which sentences of a paper bear on a question, and how well.

Late interaction of the question with each sentence (read in the context of its abstract), and what the
place and the wording of a sentence tell: abstracts open with background and close with findings.
Chooses nothing: rag/extractive.py and rag/context.py do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rag import late
from rag.chunking import split_sentences
from rag.late import Floats
from rag.library import Candidate
from rag.ranking import z_scores
from rag.records import Evidence, Sentence

# Fitted by a softmax over each gold abstract's sentences (evidence against the rest), rounded; in tenfold
# cross-validation over 102 abstracts of questions_dev, facts found in 80 words rise from .62 (late
# interaction alone) to .69.
_LATE, _BEFORE = 0.8, 0.3
_LATER_IN_TEXT, _OPENING = 0.8, -0.45
_REPORTS = 0.35
_NUMBER_WANTED, _NUMBER_UNWANTED = 0.35, -0.3

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


def read(question: str, query: late.Query, candidates: Sequence[Candidate]) -> tuple[Evidence, ...]:
    """All sentences of one paper's candidate passages, best for the question first.

    The score is in standard deviations within the paper, so it ranks a paper's own sentences; it does
    not compare papers.
    """
    sentences: list[Sentence] = []
    blocks: list[late.Bits] = []
    for candidate in candidates:
        found = sentences_of(candidate)
        shift = candidate.text_start - candidate.passage.start
        spans = [(sentence.start + shift, sentence.end + shift) for sentence in found]
        sentences += found
        blocks += late.spans_to_blocks(candidate.block.bits, candidate.block.offsets, spans)
    if not sentences:
        return ()
    values = score(question, [s.text for s in sentences], late.scores(query, blocks))
    order = np.argsort(-values, kind="stable").tolist()
    paper_id = candidates[0].paper.paper_id
    return tuple(Evidence(paper_id, sentences[i], float(values[i])) for i in order)


def sentences_of(candidate: Candidate) -> list[Sentence]:
    """A passage's sentences, with offsets into the abstract."""
    start = candidate.passage.start
    return [Sentence(s.text, s.start + start, s.end + start) for s in split_sentences(candidate.passage.text)]


def score(question: str, sentences: Sequence[str], lateness: Floats) -> Floats:
    """How well each of a paper's sentences bears on the question, given late interaction's word on it.

    Both in the order of the abstract; float32[n].
    """
    n = len(sentences)
    bearing = z_scores(lateness)
    before = np.concatenate([[0], bearing[:-1]])
    place = np.arange(n) / max(1, n - 1)
    reports = np.array([bool(_REPORT.search(text)) for text in sentences])
    has_number = np.array([any(char.isdigit() for char in text) for text in sentences])
    number = _NUMBER_WANTED if _ASKS_NUMBER.search(question) else _NUMBER_UNWANTED
    values = _LATE * bearing + _BEFORE * before + _LATER_IN_TEXT * place + _OPENING * (place == 0)
    return np.asarray(values + _REPORTS * reports + number * has_number, np.float32)
