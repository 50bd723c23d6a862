"""Whether the library covers a question, and what to say where it does not.

Two tests: retrieval must be sure enough that anything in the library bears on the question; and what the
question names must be named by what was found, for a paper that never mentions a benchmark cannot say
what was scored on it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from rag.records import Paper, RankedPaper
from rag.retrieval.ranking import Ranking
from rag.text.folding import fold
from rag.text.words import names

# A logistic over the best late-interaction score and the best passage cosine. Fitted on 266 questions a
# library answers and 418 it does not (three libraries: machine learning, biomedicine, the demo papers; the
# questions of each asked of the others, and everyday ones), each set weighing the same.
_LATE, _COSINE, _CONSTANT = 13.2, 23.1, -13.8
THRESHOLD = 0.2
"""Least confidence at which an answer is given."""
SURE = 0.95
"""From this confidence on, a name that was not found is taken for a slip of the pen."""
NEAREST = 3

_NAME = re.compile(r"(?=\S*\d|\S*[A-Z]\S*[A-Z])(?!.*-[a-z]{3,}$)\S{3,}|[A-Z]\d")
"""A coined name: capitals or digits inside, and no English suffix (GPT-like, LLM-written)."""
_MEASURES = r"(?:[a-z]+-)?(F1|MRR|nDCG|MAP|BLEU|ROUGE|METEOR|WER|AUC|AUROC|perplexity|accuracy)\b"
_MEASURE = re.compile(rf"\b{_MEASURES}", re.I)
_ASKS = r"\b(?:what|which|how (?:much|many|high|well))\b"
_ASKS_VALUE = re.compile(
    rf"{_ASKS}.{{0,40}}\b(?:get|gets|got|reach|score|report|achieve|have|has)"
    rf"|{_ASKS}(?:\s+\S+){{0,2}}?\s+{_MEASURES}(?:@\d+)?(?:\s+\S+){{0,2}}?\s+(?:do|does|did)\b",
    re.I,
)


def confidence(ranking: Ranking) -> float:
    """How sure retrieval is that the library covers what was asked, 0 to 1; 0 where nothing was found."""
    if not ranking.ranked:
        return 0.0
    best_late = max(ranked.late for ranked in ranking.ranked)
    best_cosine = max(ranked.cosine for ranked in ranking.ranked)
    return confidence_from(best_late, best_cosine)


def confidence_from(late: float, cosine: float) -> float:
    """How sure a passage of such scores is to bear on the question, 0 to 1."""
    return 1 / (1 + math.exp(-(_LATE * late + _COSINE * cosine + _CONSTANT)))


def abstention_reason(question: str, ranking: Ranking, papers: Sequence[RankedPaper]) -> str | None:
    """Why no answer is given, with the nearest papers; None where one is due."""
    if not papers:
        return "This library does not say: no paper in it passes the filters."
    sure = confidence(ranking)
    found = [ranked.paper for ranked in papers]
    if sure < THRESHOLD:
        why = "no paper in it comes close to the question"
    elif sure < SURE and (unknown := _unknown_name(question, found)):
        why = f"none of the papers found mentions {unknown}"
    elif measure := _unknown_measure(question, found[0]):
        why = f"the paper found, “{found[0].title}”, gives no {measure}"
    else:
        return None
    nearest = "; ".join(f"“{paper.title}”" for paper in found[:NEAREST])
    return f"This library does not say: {why}. Nearest: {nearest}."


def _unknown_name(question: str, papers: Iterable[Paper]) -> str | None:
    """The first coined name of the question that no paper mentions."""
    texts = [_text(paper) for paper in papers]
    coined = (name for name in names(question) if _NAME.fullmatch(name) and not _MEASURE.fullmatch(name))
    return next((name for name in coined if not any(_occurs(name, text) for text in texts)), None)


def _unknown_measure(question: str, paper: Paper) -> str | None:
    """The measure whose value on something is asked, where the paper does not mention it."""
    asked = _MEASURE.search(question) if _ASKS_VALUE.search(question) else None
    return asked.group() if asked and not _occurs(asked.group(1), _text(paper)) else None


def _text(paper: Paper) -> str:
    return fold(f"{paper.title}\n{paper.abstract}").lower()


def _occurs(name: str, text: str) -> bool:
    return fold(name).lower() in text
