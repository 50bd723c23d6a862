"""The two-hop questions: whole, said once, with a third kept apart that shares no paper it describes."""

from __future__ import annotations

from collections import Counter

from eval.data.questions import load_questions
from eval.parts.second_hop import MARKS, TWO_HOP

QUESTIONS = load_questions(TWO_HOP).questions


def test_there_are_forty_and_a_third_of_them_are_kept_apart() -> None:
    assert len(QUESTIONS) == len({each.question for each in QUESTIONS}) == 40
    assert Counter(each.extra["part"] for each in QUESTIONS) == dict(zip(MARKS, (26, 14), strict=True))


def test_each_names_two_papers_and_a_fact_but_not_what_links_them() -> None:
    for question in QUESTIONS:
        assert len(set(question.gold)) == question.gold_required == 2, question.id
        assert question.patterns, question.id
        assert question.extra["bridge"].lower() not in question.question.lower(), question.id


def test_no_paper_is_described_on_both_sides() -> None:
    described = {mark: {q.gold[0] for q in QUESTIONS if q.extra["part"] == mark} for mark in MARKS}
    assert not described["fit"] & described["apart"]
