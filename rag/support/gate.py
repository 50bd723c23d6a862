"""The support gate: do the cited sentences support the claim?

Certainties first: numbers and numbered names (rag/support/number_check.py). Then the learned judgement
(rag/support/support_model.py) of the claim and, where it passes, of its parts (rag/support/claim_parts.py).
Then comparisons turned round (rag/support/opposition.py), and the status with its reasons. Forged markers,
and which evidence to try, are rag/answering/attribution.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.errors import SetupError
from rag.records import SupportLabel, SupportStatus
from rag.support.claim_parts import claim_parts
from rag.support.named_model import load_judge
from rag.support.number_check import (
    NumberMismatch,
    NumbersAndNames,
    is_named,
    read_numbers,
    unsupported_numbers,
)
from rag.support.opposition import Opposed, Opposition
from rag.support.pair_judge import PairJudge
from rag.support.support_model import CONTRADICTED, SUPPORTED, Thresholds
from rag.text.stemming import content_stems
from rag.text.words import names

_REFUSED = 0.1
"""What is left of a claim's support where a certainty speaks against it: never enough to be weak."""
_FEWEST_SHARED = 0.15
"""Share of a claim's words that evidence and titles must have. No true claim among 1,721 has fewer."""
_NEAR_VERBATIM = 0.9
"""Share of a claim's other words that the evidence has from which a comparison turned round refuses it."""
_OPPOSED_ODDS = 0.08
"""What it leaves of the odds of other claims: e to the -2.5 (`python -m eval.fit.support --comparisons`)."""
_SAME_MATTER = 0.35
"""Share of a claim's words from which another number in the evidence contradicts the claim's."""
_KEPT = 4096
"""Judgements that are kept: a gate sees the same pairs again and again."""
_WORD = re.compile(r"[^\W_]")

Chances = NDArray[np.float32]
"""float32[3]: supported, contradicted, not enough."""
LITTLE_SHARED = "little of it is in the cited sentence"
NOTHING_SAID, NOTHING_CITED = "it says nothing", "nothing is cited for it"


@dataclass(frozen=True, slots=True)
class SupportVerdict:
    """What the gate found. `support` is the chance, 0 to 1, that the evidence supports the claim, where as
    many claims are supported as not.

    A claim is accepted unless its status is "unsupported"; "weak" is in doubt, for its support or for a name
    that nothing supplies. `reasons` says why, in words for the reader.
    """

    support: float
    status: SupportStatus
    reasons: tuple[str, ...] = ()
    label: SupportLabel = "not enough information"
    is_certain: bool = False
    """Numbers, or nothing to judge, decided it: no second opinion can change it."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A claim, the sentences that are to support it together, and the titles of their papers.

    Titles say who "we" are, and may supply names, but no numbers. Where there are any, a name that neither
    they nor the evidence have leaves the claim weak at best.
    """

    claim: str
    evidence: tuple[str, ...]
    titles: tuple[str, ...] = ()
    ranks: bool = True
    """Whether its support is to rank it also where a certainty refuses it, which costs a judgement."""


class OppositionFinder(Protocol):
    """What of rag.support.opposition.Opposition is needed."""

    def find_all(self, pairs: Iterable[tuple[str, Sequence[str]]]) -> list[tuple[Opposed, ...]]: ...


class Gate:
    """Claims against evidence. Keeps recent judgements; safe to share between threads.

    The model is opened by `load` on first use. Where it cannot be opened no claim is supported, and every
    verdict says why.
    """

    def __init__(self, model: PairJudge | SetupError, opposition: OppositionFinder | None = None) -> None:
        self._model = model
        self._opposition = opposition
        self._known: dict[tuple[str, str, str], Chances] = {}
        self._lock = Lock()

    @classmethod
    def load(cls, config: Config) -> Gate:
        """A gate with the configured model. Raises nothing: a model that is missing or damaged leaves claims
        unchecked."""
        try:
            return cls(load_judge(config), Opposition(Encoder.load(config)))
        except SetupError as error:
            return cls(error)

    @property
    def problem(self) -> str | None:
        """Why nothing can be checked, as far as is known."""
        return str(self._model) if isinstance(self._model, SetupError) else None

    def warm_up(self) -> None:
        """Open the model, so that the first check need not."""
        self.check("It is warm.", ["It is warm."])

    def chances(self, requests: Sequence[CheckRequest]) -> NDArray[np.float32]:
        """The judgement alone, of claims as wholes: the chances that each is supported, contradicted, or
        neither. float32[n, 3]

        Certainties, parts and thresholds are left out: they are for claims that are about their evidence.
        Raises SetupError where the model cannot be opened.
        """
        if isinstance(self._model, SetupError):
            raise self._model
        pairs = [_prepare(request).pairs[:1] for request in requests]
        known = self._chances([pair for of_claim in pairs for pair in of_claim], self._model)
        neither = np.array([0, 0, 1], np.float32)
        rows = [known[of_claim[0]] if of_claim else neither for of_claim in pairs]
        return np.array(rows, np.float32).reshape(len(rows), 3)

    def opposed(self, requests: Sequence[CheckRequest]) -> list[bool]:
        """Whether the evidence speaks against each claim in so many words: the other direction, or a
        denial."""
        if self._opposition is None:
            return [False] * len(requests)
        found = self._opposition.find_all([(request.claim, request.evidence) for request in requests])
        return [bool(each) for each in found]

    def check(self, claim: str, evidence: Sequence[str], titles: Sequence[str] = ()) -> SupportVerdict:
        """Whether texts of evidence, together, support a claim."""
        return self.check_all([CheckRequest(claim, tuple(evidence), tuple(titles))])[0]

    def check_all(self, requests: Iterable[CheckRequest]) -> list[SupportVerdict]:
        """The verdicts, in order. All claims are judged in one batch, and the
        parts of those that pass in another."""
        asked = [_prepare(request) for request in requests]
        model = self._model
        if not isinstance(model, SetupError):
            try:
                thresholds = model.thresholds
                known = self._chances([pair for each in asked for pair in each.pairs[:1]], model)
                partly = [each for each in asked if each.pairs and _needs_parts(each, known, thresholds)]
                known |= self._chances([pair for each in partly for pair in each.pairs[1:]], model)
            except SetupError as error:  # a file was damaged since, which the first use finds
                self._model = model = error
        if isinstance(model, SetupError):
            return [_unchecked(each, model) for each in asked]
        pairs = [each.pairs if each in partly else each.pairs[:1] for each in asked]
        rows = [[known[pair] for pair in of_claim] for of_claim in pairs]
        verdicts = [_verdict(each, row, thresholds) for each, row in zip(asked, rows, strict=True)]
        return self._with_opposition(asked, verdicts, thresholds)

    def _with_opposition(
        self, asked: Sequence[_Asked], verdicts: list[SupportVerdict], thresholds: Thresholds
    ) -> list[SupportVerdict]:
        """The verdicts; less, or none, is left of a claim that turns a comparison round."""
        accepted = [n for n, verdict in enumerate(verdicts) if verdict.status != "unsupported"]
        if self._opposition is None or not accepted:
            return verdicts
        found = self._opposition.find_all([(asked[n].claim, asked[n].sentences) for n in accepted])
        for n, opposed in zip(accepted, found, strict=True):
            if opposed:
                verdicts[n] = _opposed(verdicts[n], asked[n], opposed, thresholds)
        return verdicts

    def _chances(
        self, pairs: Sequence[tuple[str, str, str]], model: PairJudge
    ) -> dict[tuple[str, str, str], Chances]:
        """The chances of each (claim, evidence, title); those not seen lately are judged in one go."""
        with self._lock:
            found = {pair: known for pair in pairs if (known := self._known.get(pair)) is not None}
        new = [pair for pair in dict.fromkeys(pairs) if pair not in found]
        if new:
            rows = model.judge([(claim, evidence) for claim, evidence, _ in new], [t for *_, t in new])
            found.update(zip(new, rows, strict=True))
            with self._lock:
                self._known = dict([*self._known.items(), *found.items()][-_KEPT:])
        return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with what is certain about it, and the pairs that are to be judged: first the whole claim,
    then its parts."""

    claim: str
    parts: tuple[str, ...]
    pairs: tuple[tuple[str, str, str], ...]
    against: tuple[NumberMismatch, ...]
    doubts: tuple[str, ...]
    share: float = 1.0
    """Of its content words, those that the evidence or a title has."""
    missing: frozenset[str] = frozenset()
    """The stems of the others."""
    sentences: tuple[str, ...] = ()
    nothing: str = ""
    """Why there is nothing to judge."""


def _prepare(request: CheckRequest) -> _Asked:
    claim = " ".join(request.claim.split())
    texts = (" ".join(text.split()) for text in request.evidence)
    sentences = tuple(dict.fromkeys(text for text in texts if _WORD.search(text)))
    if not _WORD.search(claim) or not sentences:
        nothing = NOTHING_CITED if _WORD.search(claim) else NOTHING_SAID
        return _Asked(claim, (), (), (), (), nothing=nothing)
    numbers, evidence = _numbers(claim), [_numbers(sentence) for sentence in sentences]
    titles = [_numbers(title) for title in request.titles]
    joined, title = " ".join(sentences), ". ".join(request.titles)
    against = tuple(unsupported_numbers(numbers, evidence, titles))
    share, missing = _share(claim, [joined, title])
    if against or share < _FEWEST_SHARED:
        pairs = ((claim, joined, title),) if request.ranks else ()
        return _Asked(claim, (), pairs, against, (), share)
    parts = claim_parts(claim)
    return _Asked(
        claim,
        parts,
        tuple((text, joined, title) for text in (claim, *parts)),
        (),
        tuple(_unnamed(names(claim), [*evidence, *titles])) if titles else (),
        share,
        missing,
        sentences,
    )


def _needs_parts(
    asked: _Asked, known: Mapping[tuple[str, str, str], Chances], thresholds: Thresholds
) -> bool:
    """Whether a claim has parts, and would be accepted as a whole."""
    if not asked.parts:
        return False
    return float(known[asked.pairs[0]][SUPPORTED]) >= thresholds.weak


def _share(claim: str, texts: Sequence[str]) -> tuple[float, frozenset[str]]:
    """The share of a claim's content words that the texts have, 0 to 1 (1 where it has none), and the
    others."""
    wanted = content_stems(claim)
    missing = wanted.difference(*map(content_stems, texts))
    return (1 - len(missing) / len(wanted) if wanted else 1.0), missing


@lru_cache(maxsize=1024)
def _numbers(text: str) -> NumbersAndNames:
    return read_numbers(text)


def _verdict(asked: _Asked, rows: Sequence[Chances], thresholds: Thresholds) -> SupportVerdict:
    if asked.nothing:
        return SupportVerdict(0.0, "unsupported", (asked.nothing,), is_certain=True)
    if asked.against or asked.share < _FEWEST_SHARED:
        return _refused(asked, float(rows[0][SUPPORTED]) if rows else asked.share)
    whole, *parts = ([float(chance) for chance in row] for row in rows)
    least = min(parts, key=lambda row: row[SUPPORTED], default=whole)
    support = min(whole[SUPPORTED], least[SUPPORTED])
    contradicted = max(row[CONTRADICTED] for row in (whole, *parts))
    reasons = list(asked.doubts)
    status = _status(support, thresholds)
    label: SupportLabel = "supported" if status == "supported" else "not enough information"
    if status != "supported":
        if contradicted >= thresholds.contradicted:
            label = "contradicted"
            reasons.insert(0, "the cited sentence contradicts it" + _named_part(asked, parts, CONTRADICTED))
        elif parts and whole[SUPPORTED] >= thresholds.weak:
            part = asked.parts[parts.index(least)]
            reasons.insert(0, f"a part of it is not supported: “{part}”")
        elif status == "weak":
            reasons.insert(0, "the cited sentence may not say quite this")
        else:
            reasons.insert(0, "the cited sentence does not say this")
    elif reasons:
        status, label = "weak", "not enough information"
    return SupportVerdict(support, status, tuple(dict.fromkeys(reasons)), label)


def _opposed(
    verdict: SupportVerdict, asked: _Asked, opposed: Sequence[Opposed], thresholds: Thresholds
) -> SupportVerdict:
    """What is left of a verdict where the evidence compares the other way round."""
    reasons = [each.reason for each in opposed]
    turned = frozenset().union(*(content_stems(each.word) for each in opposed))
    if _is_near_verbatim(asked, turned):
        return SupportVerdict(verdict.support * _REFUSED, "unsupported", tuple(reasons), "contradicted")
    odds = _OPPOSED_ODDS * verdict.support / max(1 - verdict.support, 1e-9)
    support = odds / (1 + odds)
    status = _status(support, thresholds)
    if status == "supported" and verdict.status == "supported":
        return replace(verdict, support=support)
    label: SupportLabel = "contradicted" if status == "unsupported" else "not enough information"
    status = "weak" if status == "supported" else status
    return SupportVerdict(support, status, tuple(dict.fromkeys([*reasons, *verdict.reasons])), label)


def _is_near_verbatim(asked: _Asked, turned: frozenset[str]) -> bool:
    """Whether the evidence has nearly all words of a claim but those that are turned round."""
    n_words = len(content_stems(asked.claim) - turned)
    return n_words - len(asked.missing - turned) >= _NEAR_VERBATIM * n_words


def _refused(asked: _Asked, support: float) -> SupportVerdict:
    """The verdict where a certainty speaks against a claim: contradicted where evidence of the same matter
    has another number."""
    if not asked.against:
        return SupportVerdict(_REFUSED * support, "unsupported", (LITTLE_SHARED,))
    reasons = tuple(dict.fromkeys(map(_say_mismatch, asked.against)))
    is_other = asked.share >= _SAME_MATTER and any(mismatch.found for mismatch in asked.against)
    label: SupportLabel = "contradicted" if is_other else "not enough information"
    return SupportVerdict(_REFUSED * support, "unsupported", reasons, label, is_certain=True)


def _named_part(asked: _Asked, parts: Sequence[Sequence[float]], column: int) -> str:
    """Which part is meant, where one stands out."""
    if not parts:
        return ""
    most = max(range(len(parts)), key=lambda n: parts[n][column])
    return f": “{asked.parts[most]}”"


def _unchecked(asked: _Asked, error: SetupError) -> SupportVerdict:
    """What is certain stays so; the rest is not checked, and not supported."""
    if asked.nothing:
        return SupportVerdict(0.0, "unsupported", (asked.nothing,), is_certain=True)
    if asked.against:
        return _refused(asked, 0.0)
    return SupportVerdict(0.0, "unsupported", (f"not checked: {error}",))


def _status(support: float, thresholds: Thresholds) -> SupportStatus:
    if support >= thresholds.supported:
        return "supported"
    return "weak" if support >= thresholds.weak else "unsupported"


def _unnamed(wanted: Sequence[str], texts: Sequence[NumbersAndNames]) -> list[str]:
    missing = [name for name in wanted if not is_named(name, texts)]
    return [f"{name} is named neither in the cited sentence nor with it" for name in missing]


def _say_mismatch(found: NumberMismatch) -> str:
    if not found.found:
        return f"{found.claimed} is not in the cited sentence"
    if found.is_misplaced:
        return f"the cited sentence says {found.claimed} of something else; of this it says {found.found}"
    return f"the cited sentence says {found.found}, not {found.claimed}"
