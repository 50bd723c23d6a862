from __future__ import annotations

from math import log2

import ir_measures
import pytest

from eval.measures.retrieval import RETRIEVAL, recall_by_depth, score_retrieval

FOUR = ["p1", "p2", "p3", "p4"]
GRADED = {"p1": 1, "p2": 2}


def test_no_ties_are_broken_behind_our_back() -> None:
    # trec_eval puts equal scores in the order of descending ids; a run is an order, whatever the ids.
    for ranking in (["z", "a"], ["a", "z"]):
        found = score_retrieval({"q": ranking}, {"q": {"a": 1}})["q"]
        assert found["RR"] == (0.5 if ranking[0] == "z" else 1.0)


@pytest.mark.parametrize(
    ("ranking", "grades", "expected"),
    [
        (["p1"], {"p1": 1}, {"nDCG@10": 1, "R@5": 1, "R@10": 1, "R@50": 1, "RR": 1, "Success@1": 1}),
        (["x", "p1"], {"p1": 1}, {"nDCG@10": 1 / log2(3), "R@5": 1, "RR": 0.5, "Success@1": 0}),
        (["x"] , {"p1": 1}, {"nDCG@10": 0, "R@5": 0, "R@10": 0, "R@50": 0, "RR": 0, "Success@1": 0}),
        ([], {"p1": 1}, {"nDCG@10": 0, "R@5": 0, "R@10": 0, "R@50": 0, "RR": 0, "Success@1": 0}),
        (["p1", "x", "p2"], {"p1": 1, "p2": 1}, {"nDCG@10": 1.5 / (1 + 1 / log2(3)), "R@5": 1, "RR": 1}),
        (["p1", "p2"], GRADED, {"nDCG@10": (1 + 2 / log2(3)) / (2 + 1 / log2(3)), "R@5": 1}),
        (["x1", "x2", "x3", "x4", "x5", "p1"], {"p1": 1}, {"R@5": 0, "R@10": 1, "RR": 1 / 6}),
        ([f"x{i}" for i in range(10)] + ["p1"], {"p1": 1}, {"nDCG@10": 0, "R@10": 0, "R@50": 1}),
        # Seven relevant, five places: four found of the five there can be.
        ([*FOUR, "x"], dict.fromkeys([*FOUR, "p5", "p6", "p7"], 1), {"R@5": 4 / 5, "R@10": 4 / 7}),
        (["p1", "n"], {"p1": 1, "n": 0}, {"nDCG@10": 1, "R@5": 1}),
    ],
)  # fmt: skip
def test_retrieval_measures(ranking: list[str], grades: dict[str, int], expected: dict[str, float]) -> None:
    found = score_retrieval({"q": ranking}, {"q": grades})["q"]
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert set(found) == set(RETRIEVAL)


def test_a_question_without_a_run_counts_at_zero() -> None:
    assert score_retrieval({}, {"q": {"p": 1}}) == {"q": dict.fromkeys(RETRIEVAL, 0.0)}


def test_means_are_those_of_ir_measures() -> None:
    run = {"q1": ["a", "b", "c"], "q2": ["c", "a"], "q3": []}
    qrels = {"q1": {"b": 1, "z": 1}, "q2": {"c": 2}, "q3": {"a": 1}}
    scores = {q: {p: 1 / n for n, p in enumerate(ranking, 1)} for q, ranking in run.items()}
    theirs = ir_measures.calc_aggregate(
        [ir_measures.parse_measure(name) for name in RETRIEVAL], qrels, scores
    )
    ours = score_retrieval(run, qrels)
    for measure, value in theirs.items():
        assert sum(values[str(measure)] for values in ours.values()) / 3 == pytest.approx(value)


def test_recall_by_depth_is_recall_at_every_depth() -> None:
    run, qrels = {"q1": ["a", "x", "b"], "q2": []}, {"q1": {"a": 1, "b": 1}, "q2": {"c": 1}}
    assert recall_by_depth(run, qrels, 4) == pytest.approx([0.5, 0.25, 0.5, 0.5])
    deep = recall_by_depth(run, qrels)
    ours = score_retrieval(run, qrels)
    assert deep[4] == pytest.approx((ours["q1"]["R@5"] + ours["q2"]["R@5"]) / 2)
