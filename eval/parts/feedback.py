"""`python -m eval.parts feedback`: what readers did moves papers, replayed with simulated readers.

A reader asks, sees the first ten papers, opens what answers it and keeps it; with a set chance it is another
of the ten that is opened and kept. Two things are measured: the same question asked again, and one that was
not asked yet, by a reader who asked the HISTORY questions nearest to it. Most papers answer one question of a
set, so the second shows what feedback on one question does to others.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np

from eval.measures.bootstrap import estimate_mean
from eval.measures.retrieval import DEPTH, score_retrieval
from eval.parts.sets import QuestionSet, shown_difference, shown_mean, table
from rag.library.reader_signals import ReaderSignal
from rag.retrieval.ranking import LISTING, Ranking, rank
from rag.retrieval.reader_feedback import move_papers, paper_shifts
from rag.retrieval.understanding import understand

ERRORS = (0.0, 0.1, 0.2, 0.3)
SEEN = 10
HISTORY = 10

Signals = Mapping[str, Sequence[ReaderSignal]]


def measure(sets: list[QuestionSet]) -> str:
    """One table."""
    rows = [row for questions in sets for row in _rows(questions)]
    head = ("set", "n", "nDCG@10", "readers err", "asked again, change (95%)", "not asked yet, change")
    return table(head, rows)


def _rows(questions: QuestionSet) -> list[list[object]]:
    assistant = questions.assistant
    rankings: dict[str, Ranking] = {}
    vectors = []
    for question in questions.questions:
        asked = understand(question.question, assistant.minilm, question.history)
        vectors.append(asked.encoded.vector)
        rankings[question.id] = rank(
            assistant.library,
            assistant.encoder,
            asked.search_text,
            weights=LISTING if asked.intent == "list" else None,
            encoded=asked.encoded,
            top=DEPTH,
        )
    nearest = _nearest(np.array(vectors), list(rankings))
    before = _ndcg(questions, rankings)
    rows = []
    for error in ERRORS:
        signals = {id: _signals(questions, id, ranking, error) for id, ranking in rankings.items()}
        again = {id: _moved(ranking, signals, [id]) for id, ranking in rankings.items()}
        fresh = {id: _moved(ranking, signals, nearest[id]) for id, ranking in rankings.items()}
        changes = [shown_difference(_ndcg(questions, run), before) for run in (again, fresh)]
        rows.append(
            [questions.name, len(before), shown_mean(estimate_mean(before)), f"{error:.0%}", *changes]
        )
    return rows


def _nearest(vectors: np.ndarray, ids: Sequence[str]) -> dict[str, list[str]]:
    """The HISTORY questions most like each."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : min(HISTORY, len(ids) - 1)]
    return {id: [ids[place] for place in row] for id, row in zip(ids, order.tolist(), strict=True)}


def _signals(questions: QuestionSet, id: str, ranking: Ranking, error: float) -> list[ReaderSignal]:
    """What a reader does with the first papers of a question."""
    seen = [each.paper_id for each in ranking.ranked[:SEEN]]
    gold = [paper_id for paper_id in seen if paper_id in questions.gold.qrels[id]]
    others = [paper_id for paper_id in seen if paper_id not in gold]
    chance = random.Random(f"{id} {error}")
    taken = [chance.choice(others) if others and chance.random() < error else each for each in gold]
    return [ReaderSignal(kind, (each,)) for each in taken for kind in ("opened", "kept")]


def _moved(ranking: Ranking, signals: Signals, ids: Sequence[str]) -> Ranking:
    return move_papers(ranking, paper_shifts(signal for id in ids for signal in signals[id]))


def _ndcg(questions: QuestionSet, rankings: Mapping[str, Ranking]) -> list[float]:
    run = {id: [each.paper_id for each in ranking.ranked[:DEPTH]] for id, ranking in rankings.items()}
    scores = score_retrieval(run, {id: questions.gold.qrels[id] for id in run})
    return [scores[id]["nDCG@10"] for id in run]
