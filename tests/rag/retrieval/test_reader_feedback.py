"""rag/retrieval/reader_feedback.py: feedback moves papers a little, and for its reader alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag import Assistant
from rag.config import FeedbackOf
from rag.encoder.late_interaction import Query
from rag.library.reader_signals import ReaderSignal, SignalKind, add_signal
from rag.retrieval.ranking import Ranked, Ranking
from rag.retrieval.reader_feedback import MOST_SHIFT, move_papers, paper_shifts
from tests.conftest import Outcome

QUESTION = "How are tokens guessed ahead of the model?"


def shift(*kinds: SignalKind) -> float:
    found = paper_shifts(ReaderSignal(kind, ("a",)) for kind in kinds)
    return found["a"].shift


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ([], ["opened"]),
        (["opened"], ["up"]),
        (["up"], ["kept"]),
        (["down", "down"], ["down"]),
        (["up", "down", "down"], ["up", "down"]),
        (["opened"], ["opened", "opened"]),
        (["kept", "dropped"], ["opened"]),
    ],
)
def test_what_says_more_moves_more(less: Sequence[SignalKind], more: Sequence[SignalKind]) -> None:
    assert (shift(*less) if less else 0.0) < shift(*more)


def test_a_paper_kept_and_dropped_is_where_it_was_and_no_feedback_is_unbounded() -> None:
    assert shift("kept", "dropped") == shift("dropped") == 0.0
    assert shift("kept", "kept") == shift("kept")
    ups: list[SignalKind] = ["up"] * 50
    downs: list[SignalKind] = ["down"] * 50
    assert MOST_SHIFT * 0.99 < shift(*ups) <= MOST_SHIFT
    assert shift(*downs) == -shift(*ups)


def test_the_papers_moved_most_come_first_with_what_moves_them() -> None:
    signals = [ReaderSignal("up", ("a", "b")), ReaderSignal("kept", ("b",)), ReaderSignal("opened", ("c",))]
    shifts = paper_shifts(signals)
    assert list(shifts) == ["b", "a", "c"]
    assert shifts["b"].counts == {"up": 1, "kept": 1}


def test_papers_change_places_only_where_they_are_close() -> None:
    query = Query(np.zeros((1, 384), np.float32), np.ones(1, np.float32))
    sums = {"a": 3.0, "b": 1.0, "c": 0.9}
    ranking = Ranking("q", query, tuple(Ranked(f"{name}#0", score, 0, 0) for name, score in sums.items()))
    shifts = paper_shifts([ReaderSignal("kept", ("c", "gone"))] * 9)
    moved = move_papers(ranking, shifts)
    assert [each.paper_id for each in moved.ranked] == ["a", "c", "b"]
    assert move_papers(ranking, paper_shifts([ReaderSignal("kept", ("gone",))])) is ranking


@pytest.fixture
def library(demo_library: Path, tmp_path: Path) -> Path:
    return shutil.copytree(demo_library, tmp_path / "library")


def retrieved(demo: Assistant, library: Path, feedback: FeedbackOf, reader: str) -> list[tuple[str, float]]:
    config = replace(demo.config, library=library, feedback=feedback, reader=reader)
    answer = Assistant(demo.library, demo.encoder, config).ask(QUESTION, llm=False)
    return [(each.paper_id, each.score) for each in answer.retrieved]


def test_feedback_counts_for_its_reader_and_for_others_only_where_that_is_asked(
    demo_assistant: Assistant, library: Path
) -> None:
    plain = retrieved(demo_assistant, library, "off", "ann")
    moved_id = plain[3][0]
    add_signal(library, "ann", ReaderSignal("kept", (moved_id,)))
    assert retrieved(demo_assistant, library, "off", "ann") == plain
    assert retrieved(demo_assistant, library, "own", "bob") == plain
    mine = retrieved(demo_assistant, library, "own", "ann")
    assert 0 < dict(mine)[moved_id] - dict(plain)[moved_id] <= MOST_SHIFT
    assert retrieved(demo_assistant, library, "all", "bob") == mine


def test_an_open_library_sees_feedback_as_it_comes(demo_assistant: Assistant, library: Path) -> None:
    config = replace(demo_assistant.config, library=library, feedback="own")
    assistant = Assistant(demo_assistant.library, demo_assistant.encoder, config)
    first = assistant.search(QUESTION)[2]
    add_signal(library, "me", ReaderSignal("down", (first.paper.paper_id,)))
    again = {each.paper.paper_id: each.score for each in assistant.search(QUESTION)}
    assert again[first.paper.paper_id] < first.score


def test_the_command_writes_down_explains_and_forgets(rag: Callable[..., Outcome], library: Path) -> None:
    paper_id = rag("list", "--library", library, "--limit", "1").out.split("\t")[0]
    at = ("feedback", "--library", library, "--reader", "ann")
    assert "RAG_FEEDBACK" in rag(*at, paper_id, "--as", "kept").err
    assert rag(*at, paper_id, "--as", "opened").code == 0
    line = rag(*at).out
    assert line.startswith("+0.")
    assert paper_id in line
    assert line.rstrip().endswith("kept 1x, opened 1x")
    assert rag(*at, "--reset").out == "forgot what ann did\n"
    assert rag(*at).out == "nothing is written down of ann\n"


@pytest.mark.parametrize(
    "wrong", [["x"], ["--as", "kept"], ["x", "--as", "kept"], ["x", "--as", "up", "--reset"]]
)
def test_half_a_command_is_refused(wrong: list[str], rag: Callable[..., Outcome], library: Path) -> None:
    outcome = rag("feedback", "--library", library, *wrong)
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1
