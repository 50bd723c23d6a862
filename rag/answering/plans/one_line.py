"""The one sentence of a paper that stands behind its name: what it adds, or what puts it on a list.

Two softmaxes over the sentences of one abstract, of what is asked, what a sentence does in its abstract, and
whether it can be read alone. Fitted by `python -m eval.fit.one_line`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.answering.plans.choosing import leans, only_closes
from rag.answering.plans.composer import n_words, short_name
from rag.answering.plans.relevance import stems
from rag.records import Evidence, RankedPaper, Role
from rag.retrieval.ranking import z_scores
from rag.text.standalone import dangles

DANGLING = 1.5
"""What a sentence loses, as a logit, that points to something not shown ("these limitations"). By hand: the
fit learned from sentences that were read in their abstract."""
LONG = 30
"""Words beyond which a sentence is long for one line."""
_ROLES: Sequence[Role] = ("background", "objective", "method", "result", "resource")
_INTRODUCES = re.compile(
    r"\b(?:we|this (?:paper|work|study|article|survey))\b.{0,40}?"
    r"\b(?:introduc|propos|present|describ|develop)\w*",
    re.I,
)
_PREPARES = re.compile(
    r"(?:^|[,;]\s)to \w+|\b(?:we|was|were) (?:\w+ )?(?:conduct|perform|evaluat|test)", re.I
)
"""Opens with what something was done for, or says only that it was tried: the finding is elsewhere."""

NAMES = (
    "late", "score", *_ROLES, "titled", "named", "introduces", "prepares", "figure", "leans", "dangles",
    "closes", "over", "opening", "last",
)  # fmt: skip
"""Features, in the order of a row."""
ADDS: Mapping[str, float] = {
    "late": 0.35, "score": 0.17, "background": -0.88, "objective": 1.2, "method": -0.3, "result": 0.14,
    "resource": 0.0, "titled": 1.17, "named": -0.02, "introduces": 1.35, "prepares": -0.22, "figure": 0.32,
    "leans": -0.8, "dangles": 0.14, "closes": -0.52, "over": 0.23, "opening": -0.15, "last": 0.08,
}  # fmt: skip
LISTS: Mapping[str, float] = {
    "late": 0.75, "score": 0.34, "background": -1.27, "objective": 1.49, "method": 0.64, "result": -0.83,
    "resource": 0.0, "titled": 1.54, "named": 0.33, "introduces": 1.27, "prepares": 0.8, "figure": 0.21,
    "leans": -0.34, "dangles": -0.25, "closes": -0.34, "over": -0.48, "opening": 0.31, "last": 0.41,
}  # fmt: skip


def contribution(ranked: RankedPaper, result: float = 0.0) -> Evidence | None:
    """The sentence that says best what a paper adds or found; None where no sentence was read.

    result: what a sentence's chance of being a result counts more.
    """
    return _best(ranked, ADDS, result)


def membership(ranked: RankedPaper) -> Evidence | None:
    """The sentence that says best why a paper is on a list; None where no sentence was read."""
    return _best(ranked, LISTS)


def _best(ranked: RankedPaper, weights: Mapping[str, float], result: float = 0.0) -> Evidence | None:
    if not ranked.evidence:
        return None
    features = line_features(ranked)
    worth = features @ np.array([weights[name] for name in NAMES])
    closes, results = features[:, NAMES.index("closes")], features[:, NAMES.index("result")]
    worth += result * results * (1 - closes) - DANGLING * features[:, NAMES.index("dangles")]
    return ranked.evidence[int(worth.argmax())]


def line_features(ranked: RankedPaper) -> NDArray[np.float64]:
    """What tells which sentence to show. float64[n_sentences, len(NAMES)], in the order of the evidence."""
    late = z_scores(np.array([each.late for each in ranked.evidence], np.float32))
    score = z_scores(np.array([each.score for each in ranked.evidence], np.float32))
    titled = stems(ranked.paper.title)
    name = short_name(ranked.paper.title).lower()
    rows = []
    for place, each in enumerate(ranked.evidence):
        text = each.sentence.text
        roles = each.traits.role_probabilities if each.traits else {}
        ordinal = each.traits.ordinal if each.traits else -1
        rows.append(
            [
                float(late[place]),
                float(score[place]),
                *(roles.get(role, 0.0) for role in _ROLES),
                len(titled & stems(text)) / max(1, len(titled)),
                float(name != ranked.paper.title.rstrip(".").lower() and name in text.lower()),
                float(bool(_INTRODUCES.search(text))),
                float(bool(_PREPARES.search(text))),
                float(any(map(str.isdigit, text))),
                float(leans(each)),
                float(dangles(text)),
                float(only_closes(text)),
                max(0, n_words(text) - LONG) / 10,
                float(ordinal == 0),
                float(each.traits is not None and ordinal == each.traits.n_sentences - 1),
            ]
        )
    return np.array(rows, float).reshape(len(rows), len(NAMES))
