"""rag/answering/plans/diversity.py: what is nearly the same is shown once, what differs is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answering.plans import listing, overview
from rag.answering.plans.diversity import near_duplicates, repetition
from rag.answering.plans.relevance import relevant
from rag.records import Paper, RankedPaper
from tests.helpers.answer_samples import asked, ranked, rarity

TEXT = (
    "Lamps burn oil and light the room until the wick is spent. We trim the wick every hour and find that "
    "the lamp burns for nine hours more. The oil that is saved costs less than the work of one maid."
)
OTHER = (
    "Candles give a softer light than lamps and need no glass around them. We show that wax from bees burns "
    "longer than tallow, and that the price of both has fallen in each of the last ten years."
)


def paper(paper_id: str, text: str, score: float) -> RankedPaper:
    sentences = {f"{sentence.rstrip('.')}.": 1.0 for sentence in text.split(". ")}
    return ranked(paper_id, score, sentences, f"On {paper_id}")


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (TEXT, True),
        (TEXT.replace("nine", "ten").replace("maid", "servant"), True),
        (TEXT + " Code is available.", True),
        (TEXT.upper(), True),
        (OTHER, False),
        (f"{TEXT[:60]} {OTHER}", False),
        ("", False),
    ],
)
def test_nearly_the_same_words_make_near_duplicates(other: str, near: bool) -> None:
    one = Paper("a", "A", TEXT)
    assert near_duplicates(one, Paper("b", "B", other)) is near
    assert near_duplicates(Paper("b", "B", other), one) is near


def test_short_abstracts_are_duplicates_only_where_they_are_equal() -> None:
    assert near_duplicates(Paper("a", "A", "It burns."), Paper("b", "B", "it  burns."))
    assert not near_duplicates(Paper("a", "A", "It burns."), Paper("b", "B", "It burns well."))
    assert not near_duplicates(Paper("a", "A", ""), Paper("b", "B", ""))


def test_the_best_of_near_duplicates_speaks_and_other_views_stay() -> None:
    papers = [paper("a", TEXT, 9), paper("b", TEXT.replace("nine", "ten"), 8), paper("c", OTHER, 7)]
    assert [each.paper.paper_id for each in relevant(papers)] == ["a", "c"]


@pytest.mark.parametrize("plan", ["list", "overview"])
def test_lists_and_overviews_show_near_duplicates_once(plan: str) -> None:
    papers = [paper("a", TEXT, 9), paper("b", TEXT.replace("nine", "ten"), 8), paper("c", OTHER, 7)]
    question = asked("Which papers are about lamps?")
    if plan == "list":
        written = listing.answer_list(question, papers, 300, rarity)
    else:
        written = overview.answer_overview(question, papers, 300, rarity)
    assert {citation.paper_id for citation in written.citations} <= {"a", "c"}
    assert "a" in {citation.paper_id for citation in written.citations}


def test_repetition_is_the_mean_overlap_of_two_papers() -> None:
    one, again, other = Paper("a", "A", TEXT), Paper("b", "B", TEXT), Paper("c", "C", OTHER)
    assert repetition([one]) == 0.0
    assert repetition([one, again]) == 1.0
    assert repetition([one, other]) < 0.1
    assert repetition([one, again, other]) == pytest.approx((1 + 2 * repetition([one, other])) / 3)
    assert repetition([one, replace(one, paper_id="d")]) == 1.0
