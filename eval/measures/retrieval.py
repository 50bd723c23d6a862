"""Retrieval measures, one value a question, from a run and qrels: the words and the sums of ir-measures.

A run here is a question's paper ids, best first. `R@k` is hits / min(k, relevant), which is ir-measures'
R@k wherever no question has more than k relevant papers. A question without a result scores 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from eval.data.questions import Qrels

Run = Mapping[str, Sequence[str]]
Scores = dict[str, float]
"""Measure -> value of one question; a measure that does not apply to it is absent."""

RETRIEVAL = ("nDCG@10", "R@5", "R@10", "R@50", "RR", "Success@1")
DEPTH = 50
"""Papers a run ranks for each question, for R@50 and the curve of retrieval depth."""


def score_retrieval(run: Run, qrels: Qrels) -> dict[str, Scores]:
    """Each judged question's values of RETRIEVAL."""
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    measures = (nDCG @ 10, R @ 5, R @ 10, R @ 50, RR, Success @ 1)
    scores: dict[str, Scores] = {question_id: {} for question_id in qrels}
    for metric in ir_measures.iter_calc(measures, qrels, _as_scores(run)):
        scores[metric.query_id][str(metric.measure)] = float(metric.value)
    for question_id, values in scores.items():
        n_relevant = sum(grade > 0 for grade in qrels[question_id].values())
        for name in RETRIEVAL:
            values.setdefault(name, 0.0)
            if name.startswith("R@"):
                values[name] *= n_relevant / max(1, min(int(name[2:]), n_relevant))
    return scores


def recall_by_depth(run: Run, qrels: Qrels, depth: int = DEPTH) -> list[float]:
    """Mean share of the relevant papers among the first 1, 2, ... `depth`, as R@k has it."""
    total = [0.0] * depth
    for question_id, grades in qrels.items():
        relevant = {paper for paper, grade in grades.items() if grade > 0}
        hits, ranking = 0, list(run.get(question_id, ()))
        for k in range(1, depth + 1):
            hits += k <= len(ranking) and ranking[k - 1] in relevant
            total[k - 1] += hits / min(k, len(relevant))
    return [value / len(qrels) for value in total] if qrels else []


def first_relevant(ranking: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Rank of the first relevant paper, infinite where there is none."""
    ranks = (rank for rank, paper in enumerate(ranking, 1) if relevant.get(paper, 0) > 0)
    return next(ranks, math.inf)


def _as_scores(run: Run) -> dict[str, dict[str, float]]:
    # trec_eval orders by score and breaks ties by id, backwards; distinct scores keep the run's own order.
    return {
        question_id: {paper: -float(rank) for rank, paper in enumerate(ranking)}
        for question_id, ranking in run.items()
    }
