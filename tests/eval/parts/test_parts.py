"""`python -m eval.parts`: scripted models err as often as they are told, and every part prints its rows."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.measures.bootstrap import estimate_mean
from eval.parts import second_hop
from eval.parts.__main__ import PARTS
from eval.parts.cascade import _altered
from eval.parts.diversity import _copy
from eval.parts.reranking import ScriptedOrder
from eval.parts.sets import QuestionSet, open_sets, shown_difference, shown_mean, table
from rag.answering.plans.diversity import near_duplicates
from rag.demo import demo_questions_path
from rag.records import Paper, RankedPaper

PAPERS = [str(n) for n in range(20)]


@pytest.fixture(scope="module")
def sets(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[QuestionSet]]:
    """Four demo questions as each of the two sets."""
    shared = tmp_path_factory.mktemp("shared")
    (shared / "eval").mkdir()
    lines = demo_questions_path().read_text(encoding="utf-8").splitlines()
    for name, rows in (("questions_dev", lines[:4]), ("questions_train", lines[10:14])):
        (shared / "eval" / f"{name}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with open_sets(shared, demo_library, None) as opened:
        yield opened


@pytest.fixture
def few_two_hop_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of the two-hop questions, whose papers the demo library has."""
    few = tmp_path / "two_hop.jsonl"
    few.write_text("".join(second_hop.TWO_HOP.read_text(encoding="utf-8").splitlines(True)[1:4]))
    monkeypatch.setattr(second_hop, "TWO_HOP", few)


@pytest.mark.usefixtures("few_two_hop_questions")
@pytest.mark.parametrize("name", PARTS)
def test_every_part_prints_a_row_for_each_set(name: str, sets: list[QuestionSet]) -> None:
    printed = importlib.import_module(f"eval.parts.{name}").measure(sets)
    assert "questions_dev" in printed
    assert "questions_train" in printed
    widths = {len(line.split("|")) for line in printed.splitlines() if line.startswith("|")}
    assert len(widths) <= 2
    assert "nan" not in printed


def test_a_scripted_model_that_does_not_err_puts_what_is_relevant_first() -> None:
    ask = ScriptedOrder({"7": 2, "3": 1}, error=0.0, seed=1)
    assert [PAPERS[place] for place in ask(PAPERS)][:2] == ["7", "3"]
    assert ask(["1", "2"]) == (0, 1)
    assert len(ask.asked) == 2


def test_a_scripted_model_errs_more_often_the_higher_its_rate_is() -> None:
    def wrong(error: float) -> int:
        asks = [ScriptedOrder({"7": 1}, error, seed) for seed in range(200)]
        return sum(PAPERS[ask(PAPERS)[0]] != "7" for ask in asks)

    assert wrong(0.0) == 0 < wrong(0.1) < wrong(0.5)


def test_mistakes_that_repeat_are_the_same_in_every_call() -> None:
    again = ScriptedOrder({"7": 1}, 0.5, seed=3, repeats=True)
    anew = ScriptedOrder({"7": 1}, 0.5, seed=3)
    assert len({again(PAPERS) for _ in range(5)}) == 1
    assert len({anew(PAPERS) for _ in range(5)}) > 1


@pytest.mark.parametrize("text", ["It gains 4.2 points.", "It wins on most sets."])
def test_an_altered_answer_says_something_else(text: str) -> None:
    altered = _altered(text, "Sparse retrieval helps.")
    assert altered != text
    assert len(altered.split()) == len(text.split())


def test_a_copy_lacks_words_and_stays_a_near_duplicate() -> None:
    abstract = " ".join(f"word{n}" for n in range(200))
    ranked = RankedPaper(Paper("a", "A", abstract), 9.0)
    copy = _copy(ranked, 0.05)
    assert copy.paper.paper_id != "a"
    assert 170 < len(copy.paper.abstract.split()) < 200
    assert near_duplicates(ranked.paper, copy.paper)


def test_figures_are_written_as_the_tables_write_them() -> None:
    assert shown_mean(estimate_mean([1.0, 1.0])) == "1.000 (1.000 to 1.000)"
    assert shown_mean(estimate_mean([0.5])) == ".500 (.500 to .500)"
    assert shown_difference([0.5, 0.7], [0.4, 0.6]) == "+.100 (+.100 to +.100)"
    assert table(("a", "b"), [(1, "x")]) == "| a | b |\n| --- | --- |\n| 1 | x |"
