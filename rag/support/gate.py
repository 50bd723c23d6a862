"""The support gate: does the cited evidence bear the claim?

Two layers give a calibrated chance: how far the evidence covers the claim (rag/support/alignment.py), for its
length.
Three can only refuse or doubt: numbers (rag/support/number_check.py), direction and negation
(rag/support/contradiction.py), and names, where the caller says what else may supply them. Which evidence to
try is rag/answering/attribution.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log

from rag.encoder.late_interaction import Floats
from rag.encoder.minilm import Encoder
from rag.records import SupportStatus
from rag.support import alignment
from rag.support.contradiction import Contradiction, Side, contradictions
from rag.support.number_check import (
    NumberMismatch,
    NumbersAndNames,
    is_named,
    read_numbers,
    unsupported_numbers,
)
from rag.support.polarity import read_polarity
from rag.text.sentences import split_sentences
from rag.text.words import names

# `python -m eval.fit.support ../shared`: a logistic over 105 answers of questions_dev, each against its own
# evidence, other questions' and the nearest sentences of another paper, and SciFact's training claims. No
# threshold from 0.4 to 0.55 costs an answer, 0.6 two; 0.55 was the lowest that refused .95 of the nearest
# sentences for answers written apart. SciFact tells little here: length alone tells its evidence apart (AUC
# .999).
_COVERAGE, _LENGTH, _BIAS = 16.0, -1.5, -5.7
_SUPPORTED, _WEAK = 0.6, 0.55
_BARE = 0.5
"""Coverage of all but its names below which a claim is in doubt: names are soon found, whatever is said of
them. Two in a hundred reference answers are below."""
_REFUSED = 0.1
"""What is left of a claim's support where the evidence speaks against it: never enough to be weak."""
_KEPT = 256
"""Texts whose reading is kept (50 KB each): a gate sees the same sentences again and again."""
_PADDING = 0.3
"""Share of a batch that may be padding: short texts are encoded with short ones."""


@dataclass(frozen=True, slots=True)
class SupportVerdict:
    """What the gate found. `support` is the chance, 0 to 1, that the evidence bears the claim, where as many
    are borne as not.

    A claim is accepted unless its status is "unsupported"; "weak" is in doubt, for its support or for a name
    that nothing supplies. `reasons` says in words what is amiss.
    """

    support: float
    status: SupportStatus
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    """A claim, or a sentence of evidence, as each layer reads it."""

    side: Side
    figures: NumbersAndNames
    names: tuple[str, ...]


class Gate:
    """Claims against evidence. Keeps the readings of recent texts; safe to share between threads."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._texts: dict[str, _Text] = {}
        self._tables: dict[tuple[str, str], Floats] = {}

    def check(self, claim: str, evidence: Sequence[str], context: Sequence[str] = ()) -> SupportVerdict:
        """Whether texts of evidence, together, bear a claim.

        `context` (the papers' titles, their abstracts) may supply names, but no numbers; where it is given, a
        name that neither has leaves the claim weak at best.
        """
        return self.check_all([(claim, evidence)], context)[0]

    def check_all(
        self, pairs: Iterable[tuple[str, Sequence[str]]], context: Sequence[str] = ()
    ) -> list[SupportVerdict]:
        """The verdicts on (claim, evidence) pairs, in order; all their texts are encoded together."""
        split = [(claim, _sentences(evidence)) for claim, evidence in pairs]
        texts = self._read([text for claim, sentences in split for text in (claim, *sentences)])
        split = [(claim, [s for s in found if texts[s].side.reading.words]) for claim, found in split]
        tables = self._compare(split, texts)
        named = [_figures(text) for text in context]
        return [
            _verdict(texts[claim], [(texts[s], tables[claim, s]) for s in sentences], named)
            for claim, sentences in split
        ]

    def best_sentence(
        self, claim: str, sentences: Sequence[str], context: Sequence[str] = ()
    ) -> tuple[int, SupportVerdict]:
        """Index and verdict of the sentence that alone bears a claim best. Raises ValueError without one."""
        verdicts = self.check_all([(claim, [sentence]) for sentence in sentences], context)
        best = max(range(len(verdicts)), key=lambda i: verdicts[i].support)
        return best, verdicts[best]

    def features(self, claim: str, evidence: Sequence[str]) -> tuple[float, float]:
        """Coverage and length, which the chance is computed from. For fitting; both texts must have words."""
        texts = self._read([claim, *(sentences := _sentences(evidence))])
        tables = self._compare([(claim, sentences)], texts)
        sides = [texts[sentence].side for sentence in sentences]
        return _features(texts[claim].side, sides, [tables[claim, sentence] for sentence in sentences])

    def _read(self, texts: Sequence[str]) -> dict[str, _Text]:
        """The texts as the layers read them; those not seen lately are encoded in one go."""
        found = {text: known for text in texts if (known := self._texts.get(text))}
        for group in _by_length({text for text in texts if text not in found}):
            for text, encoded in zip(group, self._encoder.encode_passages(group), strict=True):
                reading = alignment.read(text, encoded)
                found[text] = _Text(Side(reading, read_polarity(reading)), read_numbers(text), names(text))
        self._texts = dict([*self._texts.items(), *found.items()][-_KEPT:])
        return found

    def _compare(
        self, split: Sequence[tuple[str, Sequence[str]]], texts: Mapping[str, _Text]
    ) -> dict[tuple[str, str], Floats]:
        """The likeness of each claim and each of its sentences; one claim's are worked out together."""
        pairs = dict.fromkeys((claim, sentence) for claim, sentences in split for sentence in sentences)
        found = {pair: known for pair in pairs if (known := self._tables.get(pair)) is not None}
        new: dict[str, list[str]] = {}
        for claim, sentence in pairs:
            if (claim, sentence) not in found:
                new.setdefault(claim, []).append(sentence)
        for claim, sentences in new.items():
            readings = [texts[sentence].side.reading for sentence in sentences]
            tables = alignment.likeness(texts[claim].side.reading, readings)
            found.update(zip(((claim, sentence) for sentence in sentences), tables, strict=True))
        self._tables = dict([*self._tables.items(), *found.items()][-_KEPT:])
        return found


def _sentences(evidence: Sequence[str]) -> list[str]:
    """The sentences of the evidence, once each."""
    return list(dict.fromkeys(sentence for text in evidence for sentence in _split(text)))


@lru_cache(maxsize=_KEPT)
def _split(text: str) -> tuple[str, ...]:
    return tuple(sentence.text for sentence in split_sentences(text))


@lru_cache(maxsize=_KEPT)
def _figures(text: str) -> NumbersAndNames:
    return read_numbers(text)


def _verdict(
    claim: _Text, evidence: Sequence[tuple[_Text, Floats]], context: Sequence[NumbersAndNames]
) -> SupportVerdict:
    if not claim.side.reading.words or not evidence:
        nothing = "nothing is cited for it" if claim.side.reading.words else "it says nothing"
        return SupportVerdict(0.0, "unsupported", (nothing,))
    sides, figures = [text.side for text, _ in evidence], [text.figures for text, _ in evidence]
    tables = [table for _, table in evidence]
    coverage, length = _features(claim.side, sides, tables)
    support = 1 / (1 + exp(-(_COVERAGE * coverage + _LENGTH * length + _BIAS)))
    against = [_say_amiss(found) for found in unsupported_numbers(claim.figures, figures, context)]
    against += [_say_contradicted(found) for found in contradictions(claim.side, sides, tables)]
    doubts = _unnamed(claim.names, [*figures, *context]) if context else []
    if against:
        support *= _REFUSED
    status = _status(support)
    if status == "unsupported" and not against:
        doubts.append("little of it is in the cited sentence")
    elif context and claim.names and _besides_names(claim, tables) < _BARE:
        doubts.append("but for the names, little of it is in the cited sentence")
    return SupportVerdict(
        support,
        "weak" if status == "supported" and doubts else status,
        tuple(dict.fromkeys([*against, *doubts])),
    )


def _features(claim: Side, evidence: Sequence[Side], tables: Sequence[Floats]) -> tuple[float, float]:
    """How far the evidence covers the claim, and how much longer it is: much text covers much by chance.

    Also tried: the cosine of whole texts, missing names, the worst clause, the best single sentence; in
    tenfold cross-validation none adds to these two.
    """
    n_content = sum(side.reading.n_content for side in evidence)
    return alignment.coverage(claim.reading, tables), log(n_content / claim.reading.n_content)


def _besides_names(claim: _Text, tables: Sequence[Floats]) -> float:
    """How far what the claim says is covered, the names of those it says it of left out."""
    words = {word.lower() for name in claim.names for word in re.findall(r"\w+", name)}
    return alignment.coverage(claim.side.reading, tables, words)


def _status(support: float) -> SupportStatus:
    if support >= _SUPPORTED:
        return "supported"
    return "weak" if support >= _WEAK else "unsupported"


def _unnamed(names: Sequence[str], named: Sequence[NumbersAndNames]) -> list[str]:
    missing = [name for name in names if not is_named(name, named)]
    return [f"{name} is named neither in the cited sentence nor with it" for name in missing]


def _say_amiss(found: NumberMismatch) -> str:
    if not found.found:
        return f"{found.claimed} is not in the cited sentence"
    if found.is_misplaced:
        return f"the cited sentence says {found.claimed} of something else; of this it says {found.found}"
    return f"the cited sentence says {found.found}, not {found.claimed}"


def _say_contradicted(found: Contradiction) -> str:
    if found.kind == "sides":
        return f"the cited sentence compares the other way round (“{found.found}”)"
    if found.kind == "negation":
        return f"of this and the cited sentence, one denies “{found.said}” and one does not"
    return f"the cited sentence says “{found.found}” where this says “{found.said}”"


def _by_length(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in groups of like length, so that little of a batch is padding."""
    group: list[str] = []
    filled = 0
    for text in sorted(texts, key=len):
        if group and filled + len(text) < (1 - _PADDING) * (len(group) + 1) * len(text):
            yield group
            group, filled = [], 0
        group.append(text)
        filled += len(text)
    if group:
        yield group
