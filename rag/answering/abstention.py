"""Whether an answer is given, and what is said where none is.

Two probabilities decide (rag/answering/answerability.py): that the library is about the subject, and that the
best paper's abstract says what was asked. A refusal names what is not said, and the nearest thing that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.answerability import (
    ABOUT_PAPER,
    ANSWERS,
    ON_SUBJECT,
    BestPaper,
    answer_features,
    asks_amount,
    focus_of,
    paper_features,
    subject_features,
)
from rag.answering.plans.relevance import knows, stems, texts_of
from rag.records import Intent, RankedPaper
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranking
from rag.text.folding import fold
from rag.text.latex import readable
from rag.text.stopwords import STOP_WORDS
from rag.text.words import content_words

LEAST_ON_SUBJECT = 0.3
LEAST_ANSWERS = 0.47
"""Least probabilities at which an answer is given. `python -m eval.fit.answerability` prints them: 1% of the
answerable questions fall under the first; the second lies between what it prints for 3% of the rest (.45) and
for 5% (.51)."""
FROM_ONE_PAPER: frozenset[Intent] = frozenset({"fact", "definition", "other"})
"""Intents that want one thing said. The others gather what there is, and need the subject only; a question of
yes or no may be answered by several papers that each say a part, so it is refused later."""
LEAST_STANCE = 0.35
NEAREST = 3
LATIN = 0.3
"""Share of letters outside ASCII from which a question is in another script."""
ENGLISH = 0.25
"""Share of function words that an English question of four words or more has, nearly always."""
_LONGEST_QUOTE = 300
_ABOUT = """
tell know known learn explain describe summary summarise summarize overview introduction information
background literature say says
"""
_ASKS_ABOUT = frozenset(_ABOUT.split())
"""What a question about a name says beside it, and what is no content of it."""

# A logistic over the best late-interaction score and the best passage cosine of one paper. Fitted on 266
# questions a library answers and 418 it does not (three libraries: machine learning, biomedicine, the demo
# papers; the questions of each asked of the others, and everyday ones), each set weighing the same.
_LATE, _COSINE, _CONSTANT = 13.2, 23.1, -13.8


@dataclass(frozen=True, slots=True)
class Decision:
    """confidence: the probability that an answer given would be right, 0 to 1. reason: why none is given."""

    confidence: float
    reason: str | None = None


def confidence_from(late: float, cosine: float) -> float:
    """How sure a passage of such scores is to be about the question, 0 to 1."""
    return 1 / (1 + math.exp(-(_LATE * late + _COSINE * cosine + _CONSTANT)))


def paper_confidence(question: str, paper: BestPaper) -> float:
    """How sure a paper that was read is to be about the question, 0 to 1."""
    return ABOUT_PAPER(paper_features(question, paper))


def decide(
    question: Question, ranking: Ranking, papers: Sequence[RankedPaper], best: BestPaper | None
) -> Decision:
    """Whether `papers`, best first, answer the question; `best` is the first of them as it was read."""
    if best is None or not papers:
        return Decision(0.0, "This library does not say: no paper in it passes the filters.")
    on_subject = ON_SUBJECT(subject_features(question.text, ranking, best))
    nearest = "; ".join(f"“{readable(each.paper.title)}”" for each in papers[:NEAREST])
    if name := unknown_subject(question, papers):
        why = f"This library does not say: no paper found mentions “{name}”."
        return Decision(0.0, f"{why} Nearest: {nearest}.")
    if on_subject < LEAST_ON_SUBJECT:
        foreign = _not_english(question)
        why = foreign or "This library does not say: no paper in it comes close to the question."
        return Decision(on_subject, f"{why} Nearest: {nearest}.")
    if question.intent not in {*FROM_ONE_PAPER, "stance"}:
        return Decision(on_subject)
    answers = ANSWERS(answer_features(question.text, best))
    if answers >= (LEAST_STANCE if question.intent == "stance" else LEAST_ANSWERS):
        return Decision(on_subject * answers)
    return Decision(
        on_subject * answers,
        f"This library does not say: {_missing(question, best)}.{_said_instead(best)} Nearest: {nearest}.",
    )


def unknown_names(question: Question, papers: Sequence[RankedPaper]) -> tuple[str, ...]:
    """The names in a question that none of the papers found has."""
    words = question.text.split()
    if sum(word[0].isupper() for word in words) * 2 > len(words) > 2:
        return ()  # written like a title: capitals tell no names
    texts = [texts_of(each.paper) for each in papers]
    return tuple(name for name in question.names if not any(knows(text, name) for text in texts))


def unknown_subject(question: Question, papers: Sequence[RankedPaper]) -> str:
    """The name that a question is about and that none of the papers found has; "" where there is none.

    A question that says more than a name may be answered all the same.
    """
    unknown = unknown_names(question, papers)
    if not unknown or question.reference:
        return ""
    named = stems(" ".join(unknown))
    left = [word for word in content_words(question.text) if word.lower() not in _ASKS_ABOUT]
    return unknown[0] if all(stems(word) <= named for word in left) else ""


def no_such_author(authors: Sequence[str], papers: Sequence[RankedPaper]) -> Decision:
    """The refusal where papers by somebody are asked for and none is recorded; `papers` are the nearest."""
    names = " and ".join(authors)
    unrecorded = not any(each.paper.authors for each in papers)
    why = " (the papers found record no authors at all)" if unrecorded else ""
    nearest = "; ".join(f"“{readable(each.paper.title)}”" for each in papers[:NEAREST])
    return Decision(
        0.0,
        f"This library does not say: no paper in it is recorded as by {names}{why}. Nearest: {nearest}.",
    )


def _not_english(question: Question) -> str:
    """What to say of a question in another language than the one that is searched; "" where it is in that."""
    letters = [char for char in question.text if char.isalpha()]
    foreign = sum(not char.isascii() for char in letters)
    words = question.text.lower().split()
    if letters and foreign > LATIN * len(letters):
        return "This library is read and searched in English, and the question is in another script."
    n_english = sum(word.strip("?.,!") in STOP_WORDS for word in words)
    if question.language != "en" or (len(words) >= 4 and n_english < ENGLISH * len(words)):
        return "This library is read and searched in English; ask in English what it may say."
    return ""


def _missing(question: Question, best: BestPaper) -> str:
    """What the best paper's abstract does not give, as far as it can be named."""
    title = readable(best.paper.title).rstrip(".")
    text = fold(f"{best.paper.title}\n{best.paper.abstract}").lower()
    unknown = [name for name in question.names if fold(name).lower() not in text]
    if unknown:
        return f"the nearest abstract, of “{title}”, does not mention {unknown[0]}"
    if asks_amount(question.text):
        return f"the abstract of “{title}” gives no such figure"
    focus = focus_of(question.text)
    if focus and not stems(focus) & stems(text):
        return f"the abstract of “{title}” says nothing of “{focus}”"
    return f"the abstract of “{title}” does not answer it"


def _said_instead(best: BestPaper) -> str:
    said = readable(best.evidence[0].sentence.text) if best.evidence else ""
    return f" It does say: “{said}”" if 0 < len(said) <= _LONGEST_QUOTE else ""
