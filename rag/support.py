"""The support gate: does the cited evidence bear the claim?

Layers: how far the evidence covers the claim (rag/alignment.py), the names it holds, its numbers
(rag/quantities.py). The first two make a calibrated chance; the last can only refuse. Which evidence to try is rag/attribution.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from rag import alignment
from rag.alignment import Reading
from rag.chunking import split_sentences
from rag.encoder import Encoder
from rag.quantities import Amiss, Figures, amiss, is_named, read_figures
from rag.records import SupportStatus
from rag.terms import names

_COVERAGE, _UNNAMED, _BIAS = 20.0, -1.5, -9.0
_SUPPORTED, _WEAK = 0.5, 0.4
_REFUSED = 0.1
"""What is left of a claim's support when a number or the direction is wrong."""
_KEPT = 1024
"""Texts whose reading is kept: a gate sees the same sentences again and again."""
_PADDING = 0.3
"""Share of a batch that may be padding: short texts are encoded with short ones."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found. `support` is the chance, 0 to 1, that the evidence bears the claim.

    A claim is accepted unless its status is "unsupported"; "weak" is the doubtful band in between.
    `reasons` says in words what is amiss, and is empty where nothing is.
    """

    support: float
    status: SupportStatus
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    """A claim, or a sentence of evidence, as each layer reads it."""

    reading: Reading
    figures: Figures


class Gate:
    """Claims against evidence. Keeps the readings of recent texts; safe to share between threads."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._texts: dict[str, _Text] = {}

    def check(self, claim: str, evidence: Sequence[str], context: Sequence[str] = ()) -> Verdict:
        """Whether texts of evidence, together, bear a claim. `context` (titles) may supply names only."""
        return self.check_all([(claim, evidence)], context)[0]

    def check_all(
        self, pairs: Iterable[tuple[str, Sequence[str]]], context: Sequence[str] = ()
    ) -> list[Verdict]:
        """Check several (claim, evidence) pairs, in order; their texts are encoded together."""
        split = [(claim, [s.text for e in evidence for s in split_sentences(e)]) for claim, evidence in pairs]
        texts = self._read(
            [*(claim for claim, _ in split), *(s for _, sentences in split for s in sentences)]
        )
        titles = [read_figures(title) for title in context]
        return [_verdict(texts[claim], [texts[s] for s in sentences], titles) for claim, sentences in split]

    def best_sentence(
        self, claim: str, sentences: Sequence[str], context: Sequence[str] = ()
    ) -> tuple[int, Verdict]:
        """Index and verdict of the sentence that alone bears a claim best. Raises ValueError without one."""
        verdicts = self.check_all([(claim, [sentence]) for sentence in sentences], context)
        best = max(range(len(verdicts)), key=lambda i: verdicts[i].support)
        return best, verdicts[best]

    def _read(self, texts: Sequence[str]) -> dict[str, _Text]:
        """The texts as the layers read them; those not seen lately are encoded in one go."""
        found = {text: known for text in texts if (known := self._texts.get(text))}
        for group in _by_length([text for text in dict.fromkeys(texts) if text not in found], self._encoder):
            for text, encoded in zip(group, self._encoder.encode_passages(group), strict=True):
                found[text] = _Text(alignment.read(text, encoded), read_figures(text))
        self._texts = dict(list((self._texts | found).items())[-_KEPT:])
        return found


def _verdict(claim: _Text, evidence: Sequence[_Text], titles: Sequence[Figures]) -> Verdict:
    if not claim.reading.words or not evidence:
        return Verdict(
            0.0, "unsupported", ("nothing is cited for it" if not evidence else "it says nothing",)
        )
    figures = [text.figures for text in evidence]
    unnamed = [name for name in names(claim.reading.text) if not is_named(name, [*figures, *titles])]
    matrix = np.stack([alignment.covered(claim.reading, text.reading) for text in evidence], axis=1)
    logit = _BIAS + _COVERAGE * alignment.coverage(claim.reading, matrix) + _UNNAMED * min(len(unnamed), 3)
    support = 1 / (1 + exp(-logit))
    wrong = [_say(each) for each in amiss(claim.figures, figures)]
    if wrong:
        support *= _REFUSED
    status: SupportStatus = (
        "supported" if support >= _SUPPORTED else "weak" if support >= _WEAK else "unsupported"
    )
    return Verdict(support, status, tuple(wrong))


def _say(found: Amiss) -> str:
    if not found.found:
        return f"{found.said} is not in the cited sentence"
    return f"the cited sentence says {found.found}, not {found.said}"


def _by_length(texts: Sequence[str], encoder: Encoder) -> Iterator[list[str]]:
    """Texts in groups of like length, so that little of a batch is padding."""
    lengths = {text: encoder.n_tokens(text) for text in texts}
    group: list[str] = []
    filled = 0
    for text in sorted(texts, key=lengths.__getitem__):
        if group and filled + lengths[text] < (1 - _PADDING) * (len(group) + 1) * lengths[text]:
            yield group
            group, filled = [], 0
        group.append(text)
        filled += lengths[text]
    if group:
        yield group
