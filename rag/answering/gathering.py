"""Whether an answer draws on one paper, sets several side by side, or gathers them.

The intent of a question is read from its words alone (rag/retrieval/intent.py); how the papers found bear on
it tells the rest: a question for a fact, however worded, leaves one paper far ahead. Weights are fitted by
`python -m eval.fit.gathering`. Composing the answer is rag/answering/extractive.py's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.answerability import BestPaper, Logistic
from rag.records import Intent, RankedPaper
from rag.retrieval.question import Question
from rag.text.words import content_words

GATHERS: frozenset[Intent] = frozenset({"overview", "list", "stance", "best", "recommend"})
"""Intents whose answers gather several papers."""
LEAST_SEVERAL = 0.3
"""Probability from which several papers are gathered: of the thresholds that the fit prints, the one with
which questions_dev and questions_train have the most facts found."""
LEAST_BESIDE = 0.4
"""Probability from which the two papers of a comparison are set side by side."""
SURELY_ADVICE = 0.9
"""From this probability on, advice for a situation is asked for: options are told, however far one is ahead.
Of the 321 answerable questions of questions_dev and questions_train one has as much."""
_LEAST, _MOST = 0.003, 0.997
_OPEN = re.compile(r"\W*(?:how|what|which|who|whom|whose|why|where|when)\b", re.I)
_WORKS = re.compile(r"\b(?:papers|works|studies|articles|research|literature|evidence)\b", re.I)

SEVERAL = Logistic(
    -6.27,
    {
        "gathers": 0.37,
        "close_second": 3.48,
        "close_fourth": 4.09,
        "words": -2.12,
        "named": 0.18,
        "works": 3.94,
        "number": -0.59,
        "met": 8.1,
    },
)
BESIDE = Logistic(-4.19, {"compare": 0.4, "close_second": 5.14})


def settled(question: Question, papers: Sequence[RankedPaper], best: BestPaper | None) -> Question:
    """The question with the intent that its papers bear out; `best` is the first of them, as it was read."""
    if best is None or not papers or question.intent in ("meta", "other"):
        return question
    if question.reference and question.reference.others_wanted:
        return replace(question, intent="list")
    if question.intent == "compare":
        beside = BESIDE(beside_features(question, papers)) >= LEAST_BESIDE
        return question if beside else replace(question, intent="fact")
    if question.intent_probabilities.get("recommend", 0.0) >= SURELY_ADVICE:
        return replace(question, intent="recommend")
    several = SEVERAL(several_features(question, papers, best)) >= LEAST_SEVERAL
    if question.intent in GATHERS:
        return question if several else replace(question, intent="fact")
    if several and question.intent == "fact":
        return replace(question, intent=likeliest_gathering(question))
    return question


def likeliest_gathering(question: Question) -> Intent:
    """The likeliest of the intents that gather papers; "how" and its like ask for no yes or no."""
    fitting = GATHERS - {"stance"} if _OPEN.match(question.text) else GATHERS
    return max(sorted(fitting), key=lambda intent: question.intent_probabilities.get(intent, 0.0))


def several_features(question: Question, papers: Sequence[RankedPaper], best: BestPaper) -> dict[str, float]:
    """What says whether several papers answer a question."""
    probabilities = question.intent_probabilities
    return {
        "gathers": _logit(sum(probabilities.get(intent, 0.0) for intent in GATHERS)),
        "close_second": closeness(papers, 1),
        "close_fourth": closeness(papers, 3),
        "words": math.log1p(len(content_words(question.text))),
        "named": float(bool(question.names)),
        "works": float(bool(_WORKS.search(question.text))),
        "number": float(any(map(str.isdigit, question.text))),
        "met": best.matches.met_share,
    }


def beside_features(question: Question, papers: Sequence[RankedPaper]) -> dict[str, float]:
    """What says whether a comparison is one of two papers, or made within one."""
    return {
        "compare": _logit(question.intent_probabilities.get("compare", 0.0)),
        "close_second": closeness(papers, 1),
    }


def closeness(papers: Sequence[RankedPaper], place: int) -> float:
    """The share of the best paper's score that the one at `place` has, -1 to 1; -1 where there is none."""
    if len(papers) <= place or papers[0].score <= 0:
        return -1.0
    return max(-1.0, papers[place].score / papers[0].score)


def _logit(probability: float) -> float:
    bounded = min(max(probability, _LEAST), _MOST)
    return math.log(bounded / (1 - bounded))
