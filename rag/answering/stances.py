"""Which side a sentence takes on a claim: for it, against it, under conditions, or none.

The judgement of support (rag/support/support_model.py) learned from sentences that are about their claim;
of the sentences a search finds most are not. So what it says is one feature beside what tells a sentence
on the matter
from one beside it. Weights and thresholds are written by `python -m eval.fit.stances`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rag.answering.plans.headings import Rarity
from rag.answering.plans.relevance import coverage
from rag.answering.plans.stance import by_words
from rag.records import Evidence, Paper
from rag.support.support_model import CONTRADICTED, NOT_ENOUGH, SUPPORTED

Rows = NDArray[np.float32]
Stance = Literal["supports", "contradicts", "qualifies", "open", "none"]
"""What a sentence does to a claim; "open": it is on the matter, and its side cannot be told."""
LEARNED: tuple[Stance, ...] = ("supports", "contradicts", "none")
"""Columns of `stance_chances`."""
WEIGHTS = "stances.json"

_DEPENDS = re.compile(
    r"\b(?:depend(?:s|ing|ent)?|trade-?offs?|not (?:always|necessarily|universal\w*)|only (?:when|if|for|in)"
    r"|sometimes|varies|vary|under certain|in some (?:cases|settings)|mixed (?:results|evidence))\b"
    r"|^(?:while|although|though)\b",
    re.I,
)
"""Says that it holds under conditions."""
_AGREES = {"For": 1.0, "Against": -1.0}
NAMES = (
    "supported", "contradicted", "neither", "late", "late_gap", "covers", "covers_titled", "confidence",
    "result", "background", "opposed", "words_agree", "length",
)  # fmt: skip
"""Features, in the order of a row: logarithms of the judgement's chances; late interaction of the claim with
the sentence, and how far behind the nearest; the share of the claim's content it holds, alone and with its
title; how sure the search is of the paper; chances of two roles; whether words of direction or denial oppose
the claim; whether words of praise and blame agree with it (1), or not (-1); length."""


@dataclass(frozen=True, slots=True)
class StanceCandidate:
    """A sentence that may take a side, with its paper and how sure the search is of the paper."""

    paper: Paper
    evidence: Evidence
    confidence: float


@dataclass(frozen=True, slots=True)
class StanceHead:
    """weights: float32[len(NAMES) + 1, len(LEARNED)], the intercepts last. The thresholds are chances from
    which a sentence is put under a side, and on the matter at all."""

    weights: Rows
    supports: float
    contradicts: float
    qualifies: float
    on_matter: float


def stance_chances(head: StanceHead, features: Rows) -> Rows:
    """float32[n, len(LEARNED)], each row sums to 1."""
    logits = features @ head.weights[:-1] + head.weights[-1]
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def stance_of(head: StanceHead, chances: Sequence[float], text: str) -> tuple[Stance, float]:
    """The side a sentence takes, with its chance; "open" or "none" where none is likely enough.

    A sentence on the matter that speaks of conditions qualifies the claim, whatever side is likelier."""
    supports, contradicts, neither = chances
    on_matter = 1 - neither
    if on_matter >= head.qualifies and _DEPENDS.search(text):
        return "qualifies", on_matter
    if contradicts >= head.contradicts and contradicts >= supports:
        return "contradicts", contradicts
    if supports >= head.supports and supports >= contradicts:
        return "supports", supports
    return ("open", on_matter) if on_matter >= head.on_matter else ("none", neither)


@cache
def load_head() -> StanceHead:
    """The fitted head that ships."""
    data = json.loads(files("rag.answering").joinpath(WEIGHTS).read_text("utf-8"))
    rows = [*(data["weights"][name] for name in NAMES), data["intercepts"]]
    return StanceHead(np.array(rows, np.float32), **data["thresholds"])


def stance_features(
    claim: str,
    candidates: Sequence[StanceCandidate],
    chances: Rows,
    opposed: Sequence[bool],
    rarity: Rarity,
) -> Rows:
    """What tells which side each sentence takes. float32[n, len(NAMES)]

    candidates: all that a search found nearest, in any order. chances: float32[n, 3], the judgement of the
    claim against each. opposed: whether each speaks against the claim in so many words.
    """
    nearest = max((each.evidence.late for each in candidates), default=0.0)
    words = by_words(claim, [each.evidence.sentence.text for each in candidates])
    rows = []
    for each, chance, speaks_against, direction in zip(candidates, chances, opposed, words, strict=True):
        evidence, text = each.evidence, each.evidence.sentence.text
        roles = evidence.traits.role_probabilities if evidence.traits else {}
        logs = np.log(np.clip(chance, 1e-3, 1.0))
        row = [
            float(logs[SUPPORTED]), float(logs[CONTRADICTED]), float(logs[NOT_ENOUGH]),
            evidence.late, evidence.late - nearest,
            coverage(claim, text, rarity), coverage(claim, f"{each.paper.title}. {text}", rarity),
            each.confidence,
            roles.get("result", 0.0), roles.get("background", 0.0),
            float(speaks_against), _AGREES.get(direction or "", 0.0), min(len(text) / 200, 2.0),
        ]  # fmt: skip
        rows.append(row)
    return np.array(rows, np.float32).reshape(len(rows), len(NAMES))
