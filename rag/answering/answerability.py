"""How likely the library answers a question: probabilities, each a fitted logistic over plain features.

`on_subject`: something in the library is about what was asked at all; `about_paper`: one paper is.
`answers`: the best paper's abstract says what was asked of it, given that it is about it; a real paper asked
for what its abstract does not say is the common failure. Weights are fitted by
`python -m eval.fit.answerability`. What is said where the answer is no is rag/answering/abstention.py's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.answering.plans.choosing import shares
from rag.answering.plans.relevance import stems
from rag.encoder.late_interaction import Floats
from rag.records import Evidence, Paper
from rag.retrieval.ranking import Ranking
from rag.retrieval.sentence_features import PaperMatches
from rag.text.folding import fold
from rag.text.stopwords import STOP_WORDS
from rag.text.words import names

_ASKS_AMOUNT = re.compile(
    r"\bhow (?:much|many|fast|long|big|large|far|often|old|well|high|good)\b|\bby (?:what|how)\b|\bat how\b"
    r"|\bnumber of\b|\bper ?cent|@\d|\bF1\b|\bperplexity\b|\bodds ratio\b|\bthroughput\b"
    r"|\bwhat (?:\w+['’]?\w*[- ]){0,3}(?:scores?|share|gain|margin|latency|size|rate|fraction|percentage"
    r"|accuracy|dose|alpha|ratio|constant|resolution|frequency|weight|age|cost|value)\b",
    re.I,
)
_YES_NO = re.compile(r"(?:is|are|was|were|do|does|did|can|could|has|have|should|will|would)\b", re.I)
_FOCUS = re.compile(r"\b(?:wh?ich|what|whose|how (?:many|much))\s+([^?.,;:]+)", re.I)
_WORD = re.compile(r"[\w.,%'-]+")
_NUMBER = re.compile(
    r"\d[\d.,]*\s?%?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?"
    r"|thousands?|half|doubled?s?|twice|tripled?s?",
    re.I,
)
N_NEXT = 5
"""Papers whose mean scores say how well more than one meets the question."""
NEAR = 4
"""Words between a number and what it counts."""
_UNMET = 0.5
"""Similarity under which a piece of the question has no counterpart in the paper."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted logistic: probability of yes from named features."""

    constant: float
    weights: Mapping[str, float]

    def __call__(self, features: Mapping[str, float]) -> float:
        total = self.constant + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))


@dataclass(frozen=True, slots=True)
class BestPaper:
    """The best paper as it was read, for a question."""

    paper: Paper
    late: float
    cosine: float
    evidence: Sequence[Evidence]
    matches: PaperMatches


def subject_features(question: str, ranking: Ranking, best: BestPaper) -> dict[str, float]:
    """What says whether the library is about the question's subject; `best` is its best paper, as read.

    A short question of everyday words is met somewhere in most libraries, so its length takes part, and how
    well the next papers and the best single sentence meet it.
    """
    late = [ranked.late for ranked in ranking.ranked]
    cosine = [ranked.cosine for ranked in ranking.ranked]
    sentences = best.matches.weights @ best.matches.sentences
    return {
        "late": max(late),
        "late_mean": float(np.mean(late[:N_NEXT])),
        "cosine": max(cosine),
        "cosine_mean": float(np.mean(cosine[:N_NEXT])),
        "met": best.matches.met_share,
        "met_in_sentence": float(sentences.max()),
        "sentence_cosine": float(best.matches.cosines.max()),
        "name_in_title": float(any(_occurs(name, best.paper.title) for name in names(question))),
        "n_words": min(6.0, float(len(stems(question)))),
    }


def paper_features(question: str, paper: BestPaper) -> dict[str, float]:
    """What says whether one paper is about the question's subject."""
    return {
        "late": paper.late,
        "cosine": paper.cosine,
        "title": float(paper.matches.weights @ paper.matches.title),
        "met": paper.matches.met_share,
        "name_in_title": float(any(_occurs(name, paper.paper.title) for name in names(question))),
    }


def answer_features(question: str, best: BestPaper) -> dict[str, float]:
    """What says whether the best paper's abstract answers the question."""
    matches = best.matches
    weights = matches.weights
    met = matches.met
    text = f"{best.paper.title}\n{best.paper.abstract}"
    untold = weights * np.clip(1 - matches.title, 0.05, 1)
    untold = untold / untold.sum()
    sentences = untold @ matches.sentences
    pairs = np.maximum(matches.sentences, np.roll(matches.sentences, -1, axis=1))
    asked = stems(question)
    missing = asked - stems(text)
    amount = float(asks_amount(question))
    leading = [evidence.sentence.text for evidence in best.evidence[:3]]
    with_number = [any(map(str.isdigit, sentence)) for sentence in leading]
    focus = stems(focus_of(question))
    lowest = np.sort(met)
    return {
        "late": best.late,
        "title": float(weights @ matches.title),
        "met_tenth": _quantile(met, weights, 0.1),
        "met_half": _quantile(met, weights, 0.5),
        "met_least": float(lowest[0]),
        "met_second": float(lowest[min(1, len(lowest) - 1)]),
        "met_third": float(lowest[min(2, len(lowest) - 1)]),
        "unmet": float(weights @ (met < _UNMET)),
        "unmet_mildly": float(weights @ (met < _UNMET + 0.1)),
        "untold": float(untold @ matches.sentences.max(axis=1)),
        "best_sentence": float(sentences.max()),
        "best_pair": float((untold @ pairs).max()),
        "words_missing": min(6.0, float(len(missing))),
        "share_missing": len(missing) / max(1, len(asked)),
        "name_unknown": float(any(not _occurs(name, text) for name in names(question))),
        "amount": amount,
        "amount_without_number": amount * (not any(with_number)),
        "amount_with_number": amount * (bool(with_number) and with_number[0]),
        "amount_of_focus": amount * any(_counts(e.sentence.text, focus) for e in best.evidence),
        "yes_no": float(is_yes_no(question)),
        "focus_missing": len(focus & missing) / len(focus) if focus else 0.0,
        "share_of_best": max(shares(best.evidence), default=0.0),
    }


def likelier(question: str, first: BestPaper, second: BestPaper) -> BestPaper:
    """Of two papers that a question draws on, the one that answers it likelier; the first of equals."""
    return max(first, second, key=lambda each: ANSWERS(answer_features(question, each)))


def is_yes_no(question: str) -> bool:
    """Whether a question opens as one of yes or no does."""
    return bool(_YES_NO.match(question.strip()))


def asks_amount(question: str) -> bool:
    """Whether a question asks for a figure or a count."""
    return bool(_ASKS_AMOUNT.search(question))


def focus_of(question: str) -> str:
    """What is asked for, as worded: the words after "which", "what" or "how many"."""
    found = _FOCUS.search(question)
    if not found:
        return ""
    kept: list[str] = []
    for word in found[1].split():
        if word.lower() in STOP_WORDS and kept:
            break
        if word.lower() not in STOP_WORDS:
            kept.append(word)
        if len(kept) == 3:
            break
    return " ".join(kept)


def _counts(sentence: str, focus: frozenset[str]) -> bool:
    """Whether a number stands near a word that is asked for."""
    words = _WORD.findall(sentence)
    return any(
        _NUMBER.fullmatch(word.strip(".,"))
        and focus & stems(" ".join(words[max(0, i - NEAR) : i + NEAR + 1]))
        for i, word in enumerate(words)
    )


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    order = np.argsort(values)
    place = int(np.searchsorted(np.cumsum(weights[order]), share))
    return float(values[order][min(place, len(values) - 1)])


def _occurs(name: str, text: str) -> bool:
    return fold(name).lower() in fold(text).lower()


# Fitted with the library's best scores in place of the paper's own: the thresholds of lists rest on it.
ABOUT_PAPER = Logistic(
    -22.43,
    {"late": 22.0, "cosine": 24.48, "title": -3.53, "met": 20.74, "name_in_title": 3.2},
)
ANSWERS = Logistic(
    -2.15,
    {
        "late": 1.14,
        "title": -3.62,
        "met_tenth": 2.91,
        "met_half": -1.22,
        "met_least": 3.29,
        "met_second": 2.1,
        "met_third": 1.12,
        "unmet": 1.16,
        "unmet_mildly": 1.09,
        "untold": 1.38,
        "best_sentence": -0.89,
        "best_pair": -0.1,
        "words_missing": 0.27,
        "share_missing": -0.61,
        "name_unknown": -0.96,
        "amount": -1.16,
        "amount_without_number": -1.43,
        "amount_with_number": -0.58,
        "amount_of_focus": 0.5,
        "yes_no": -0.71,
        "focus_missing": -0.07,
        "share_of_best": 1.5,
    },
)
ON_SUBJECT = Logistic(
    -24.85,
    {
        "late": 13.77,
        "late_mean": 5.75,
        "cosine": 8.13,
        "cosine_mean": 2.81,
        "met": 4.59,
        "met_in_sentence": 9.3,
        "sentence_cosine": 12.12,
        "name_in_title": 2.76,
        "n_words": 1.44,
    },
)
