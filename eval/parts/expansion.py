"""`python -m eval.parts expansion`: other words for questions that say too little, beside the question's own.

No model is asked. A scripted one knows the gold: it writes the first half of a gold paper's abstract, or,
with a set chance, that of a paper that the question finds further down, as a model does that takes the
question for another. Feedback needs no model and does not err.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from eval.data.questions import GoldQuestion
from eval.measures.bootstrap import estimate_mean
from eval.measures.retrieval import DEPTH, score_retrieval
from eval.parts.sets import QuestionSet, shown_difference, shown_mean, table
from rag.retrieval.expansion import FEEDBACK, add_expansion, is_underspecified
from rag.retrieval.ranking import LISTING, Ranking, rank
from rag.retrieval.understanding import understand
from rag.text.sentences import split_sentences

ERRORS = (0.0, 0.1, 0.2, 0.3)
MISTAKEN_FROM, MISTAKEN_TO = 5, 30
"""Places of the papers that a scripted model that errs writes of."""


@dataclass(frozen=True, slots=True)
class ExpandedQuestion:
    """nDCG@10 of a question's ranking by itself, with feedback, and with an abstract of a gold paper or of a
    wrong one; and whether the gate is open."""

    is_open: bool
    own: float
    feedback: float
    right: float
    wrong: float


def measure(sets: list[QuestionSet]) -> str:
    """A table for each set."""
    return "\n\n".join(_of_set(each) for each in sets)


def _of_set(questions: QuestionSet) -> str:
    made = [_expanded(questions, question) for question in questions.questions]
    own = [each.own for each in made]
    rows = [_row("feedback", "", made, [each.feedback for each in made])]
    for error in ERRORS:
        drawn = [random.Random(n).random() < error for n in range(len(made))]
        written = [each.wrong if errs else each.right for errs, each in zip(drawn, made, strict=True)]
        rows.append(_row("hypothesis", f"{error:.0%}", made, written))
    opened = [each.own for each in made if each.is_open]
    title = (
        f"{questions.name}, n={len(made)}: nDCG@10 {shown_mean(estimate_mean(own))}; the gate is open for "
        f"{len(opened)} questions" + (f", which have {fmean(opened):.3f}" if opened else "")
    )
    return f"{title}\n\n{table(('expansion', 'errs', 'for every question', 'behind the gate'), rows)}"


def _row(name: str, errs: str, made: Sequence[ExpandedQuestion], always: Sequence[float]) -> list[object]:
    own = [each.own for each in made]
    gated = [each if made[n].is_open else own[n] for n, each in enumerate(always)]
    return [name, errs, shown_difference(always, own), shown_difference(gated, own)]


def _expanded(questions: QuestionSet, question: GoldQuestion) -> ExpandedQuestion:
    assistant = questions.assistant
    asked = understand(question.question, assistant.minilm, question.history)
    listing = LISTING if asked.intent == "list" else None
    library, encoder, gold = assistant.library, assistant.encoder, questions.gold.qrels[question.id]

    def search(text: str) -> Ranking:
        return rank(library, encoder, text, top=DEPTH)

    own = rank(library, encoder, asked.search_text, weights=listing, encoded=asked.encoded, top=DEPTH)
    close = rank(library, encoder, asked.search_text, weights=FEEDBACK, encoded=asked.encoded, top=DEPTH)
    chance = random.Random(question.id)
    others = [each.paper_id for each in own.ranked if each.paper_id not in gold]
    mistaken = others[MISTAKEN_FROM:MISTAKEN_TO] or others
    right = search(_half_of(questions, chance.choice(sorted(gold))))
    wrong = search(_half_of(questions, chance.choice(mistaken))) if mistaken else own

    def ndcg(ranking: Ranking) -> float:
        run = {question.id: [each.paper_id for each in ranking.ranked[:DEPTH]]}
        return score_retrieval(run, {question.id: gold})[question.id]["nDCG@10"]

    return ExpandedQuestion(
        is_underspecified(own),
        ndcg(own),
        ndcg(own if listing else close),
        ndcg(add_expansion(own, [right])),
        ndcg(add_expansion(own, [wrong])),
    )


def _half_of(questions: QuestionSet, paper_id: str) -> str:
    """The first half of a paper's abstract, two sentences at least; its title where it has none."""
    paper = questions.assistant.library.paper(paper_id)
    if paper is None:
        return paper_id
    sentences = [sentence.text for sentence in split_sentences(paper.abstract)]
    return " ".join(sentences[: max(2, len(sentences) // 2)]) or paper.title
