"""rag/retrieval/second_hop.py: what has two links is searched again, by the name of what was found first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rag import Assistant
from rag.encoder.late_interaction import Query
from rag.records import Paper, RankedPaper
from rag.retrieval.ranking import Ranked, Ranking
from rag.retrieval.second_hop import LEAST_LEAD, add_hop, has_two_links, linked_paper, next_query
from rag.retrieval.understanding import understand
from tests.helpers.fakes import FakeEncoder

TWO_LINKS = (
    "What deletes tokens in the encoder of the model that shows a nearly unchanged Transformer"
    " can read raw bytes?"
)
ONE_LINK = "How is beam search made to give diverse solutions?"


@pytest.mark.parametrize(
    ("question", "two"),
    [
        (TWO_LINKS, True),
        ("Which drug was tried on the patients whose kidneys had failed before?", True),
        (ONE_LINK, False),
        ("Which drug lowers blood pressure?", False),
        ("Who found that aspirin helps?", False),
        ("In which trials did statins fail?", False),
        ("How is the dose chosen, and which patients get it?", False),
    ],
)
def test_a_clause_that_describes_makes_a_second_link(question: str, two: bool) -> None:
    assert has_two_links(question) == two


def test_a_paper_joins_the_question_by_its_title_and_the_names_it_brings_up() -> None:
    question = understand("Which drug did ASTER later test?", FakeEncoder())
    first = Paper(
        "a", "ASTER-2: Heart failure", "In ASTER-2, SGLT2 inhibitors helped. The ASTER trial did not."
    )
    assert next_query(question, first) == (
        "Which drug did ASTER later test? (ASTER-2: Heart failure ASTER-2 SGLT2)"
    )


def ranking(*scores: tuple[str, float]) -> Ranking:
    query = Query(np.zeros((1, 384), np.float32), np.ones(1, np.float32))
    return Ranking("q", query, tuple(Ranked(f"{name}#0", score, 0.5, 0.4) for name, score in scores))


def test_what_the_second_search_finds_comes_behind_the_first_paper() -> None:
    hop = ranking(("a", 9.0), ("d", 8.0), ("c", 2.0), ("b", -1.0))
    hop = replace(hop, ranked=tuple(replace(each, late=0.9) for each in hop.ranked))
    merged = add_hop(ranking(("a", 4.0), ("b", 1.0), ("c", -3.0)), hop, "a")
    assert [each.paper_id for each in merged.ranked] == ["a", "d", "c", "b"]
    assert [each.score for each in merged.ranked] == [4.0, pytest.approx(4.0), 2.0, 1.0]
    assert {each.late for each in merged.ranked} == {0.5}


@pytest.mark.parametrize("hop", [ranking(), ranking(("a", 9.0), ("b", LEAST_LEAD - 0.1))])
def test_a_search_in_which_nothing_stands_out_changes_nothing(hop: Ranking) -> None:
    whole = ranking(("a", 4.0), ("b", 1.0))
    assert add_hop(whole, hop, "a") is whole


@pytest.mark.parametrize(
    ("second", "others", "linked"),
    [
        ("We make GLIMR faster.", ["Nothing."], True),
        ("We make GLIMRS faster.", ["Nothing."], False),
        ("We make GLIMR faster.", ["GLIMR is used."] * 9, False),
        ("We make HAMT faster.", ["Nothing."], False),
    ],
)
def test_the_second_paper_is_linked_where_it_says_a_rare_name_of_the_first(
    second: str, others: list[str], linked: bool
) -> None:
    texts = ["GLIMR reads pages. HAMT does not.", second, *others]
    papers = [RankedPaper(Paper(str(n), f"Paper {n}", text), 9.0 - n) for n, text in enumerate(texts)]
    found = linked_paper("What is faster than HAMT?", papers)
    assert (found is papers[1]) == linked
    assert linked_paper("What is faster?", papers[:1]) is None


def test_a_question_with_two_links_is_answered_from_both_papers(demo_assistant: Assistant) -> None:
    without = Assistant(
        demo_assistant.library, demo_assistant.encoder, replace(demo_assistant.config, second_hop="off")
    )
    alone, both = without.ask(TWO_LINKS, llm=False), demo_assistant.ask(TWO_LINKS, llm=False)
    assert {each.title.partition(":")[0] for each in alone.citations} == {"ByT5"}
    assert {each.title.partition(":")[0] for each in both.citations} == {"ByT5", "MrT5"}
    assert both.answer.splitlines()[1].startswith("- MrT5: ")


def test_a_question_with_one_link_is_searched_once(demo_assistant: Assistant) -> None:
    without = Assistant(
        demo_assistant.library, demo_assistant.encoder, replace(demo_assistant.config, second_hop="off")
    )
    one, two = without.ask(ONE_LINK, llm=False), demo_assistant.ask(ONE_LINK, llm=False)
    assert (one.answer, one.retrieved) == (two.answer, two.retrieved)
