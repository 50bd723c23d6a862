"""The commands on a real library: the JSON other programs read, runs, batches, and which stream has what."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from rag.config import Config
from rag.library.library import Library
from tests.conftest import Outcome
from tests.helpers.model_server import ModelServer

Rag = Callable[..., Outcome]

ANSWER_KEYS = {"question", "mode", "answer", "abstained", "reason", "sentences", "citations", "retrieved"}
CITATION_KEYS = {"n", "paper_id", "title", "authors", "year", "venue", "url", "quote", "start", "end"}
STATUS_KEYS = {"papers", "passages", "library", "encoder", "bytes"}
QUESTION = "How much does JointRank cut latency?"


@pytest.fixture
def own_library(demo_library: Path, tmp_path: Path) -> Path:
    """A copy of the demo library, to be written to."""
    return Path(shutil.copytree(demo_library, tmp_path / "library"))


def batch_of(tmp_path: Path, *lines: object) -> Path:
    path = tmp_path / "batch.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_question_prints_its_answer_and_nothing_else(rag: Rag, demo_library: Path) -> None:
    outcome = rag("ask", "--library", demo_library, *QUESTION.split())
    assert (outcome.code, outcome.err) == (0, "")
    assert "21 to 8 seconds" in outcome.out
    assert "[1] JointRank" in outcome.out or "[1][2] JointRank" in outcome.out


def test_an_answers_json_has_the_contracts_keys_and_true_quotes(
    rag: Rag, demo_library: Path, config: Config
) -> None:
    outcome = rag("ask", "--library", demo_library, "--json", QUESTION)
    answer = json.loads(outcome.out)
    assert ANSWER_KEYS | {"usage", "timings_ms"} <= answer.keys()
    assert "id" not in answer
    assert answer["timings_ms"]["total"] >= 0
    with Library.open(demo_library, config, read_only=True) as library:
        for citation in answer["citations"]:
            assert citation.keys() == CITATION_KEYS
            paper = library.paper(citation["paper_id"])
            assert paper is not None
            assert citation["quote"] == paper.abstract[citation["start"] : citation["end"]]


def test_an_abstention_is_an_answer_and_exit_0(rag: Rag, demo_library: Path) -> None:
    outcome = rag("ask", "--library", demo_library, "--json", "Which wine goes with grilled trout?")
    answer = json.loads(outcome.out)
    assert (outcome.code, answer["abstained"], answer["citations"]) == (0, True, [])
    assert answer["reason"]
    assert len(answer["retrieved"]) >= 3


def test_a_batch_gives_a_line_a_question_in_order_with_its_id(
    rag: Rag, demo_library: Path, tmp_path: Path
) -> None:
    history = [["user", QUESTION], ["assistant", "From 21 to 8 seconds [1]."]]
    batch = batch_of(
        tmp_path,
        {"id": "z", "question": "Which wine goes with trout?"},
        {"id": "a", "question": "How does it merge the blocks' rankings?", "history": history},
    )
    outcome = rag("ask", "--library", demo_library, "--batch", batch, "--json")
    answers = [json.loads(line) for line in outcome.out.splitlines()]
    assert (outcome.code, outcome.err, [answer["id"] for answer in answers]) == (0, "", ["z", "a"])
    assert "jointrank" in [citation["paper_id"] for citation in answers[1]["citations"]]


def test_a_bad_line_stops_a_batch_before_anything_is_asked(
    rag: Rag, demo_library: Path, tmp_path: Path
) -> None:
    batch = batch_of(tmp_path, {"id": "a", "question": "Fine?"}, {"id": "b", "question": " "})
    outcome = rag("ask", "--library", demo_library, "--batch", batch, "--json")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"{batch}: line 2: the question is empty" in outcome.err


def test_a_run_ranks_papers_as_trec_has_it(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    batch = batch_of(
        tmp_path,
        {"_id": "q 1", "text": "reranking large candidate sets"},
        {
            "id": "q2",
            "question": "and what does it gain?",
            "history": [["user", QUESTION], ["assistant", "8 s."]],
        },
    )
    run = tmp_path / "out.run"
    outcome = rag("search", "--library", demo_library, "--batch", batch, "--top", "7", "--run", run)
    assert outcome == Outcome(0, "", "")
    rows = [line.split(" ") for line in run.read_text().splitlines()]
    assert {(len(row), row[1], row[5]) for row in rows} == {(6, "Q0", "rag-hybrid")}
    for qid, of_query in groupby(rows, key=lambda row: row[0]):
        ranked = list(of_query)
        assert qid in ("q_1", "q2")
        assert [row[3] for row in ranked] == [str(rank) for rank in range(1, 8)]
        assert len({row[2] for row in ranked}) == 7
        assert all(float(a[4]) >= float(b[4]) for a, b in pairwise(ranked))
    assert "jointrank" in {row[2] for row in rows if row[0] == "q2"}


def test_a_run_that_fails_leaves_no_file(rag: Rag, tmp_path: Path) -> None:
    batch = batch_of(tmp_path, {"id": "a", "question": "x"})
    outcome = rag("search", "--library", tmp_path / "none", "--batch", batch, "--run", tmp_path / "out.run")
    assert outcome.code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["batch.jsonl"]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_every_mode_of_search_finds_a_paper_by_its_matter(rag: Rag, demo_library: Path, mode: str) -> None:
    outcome = rag(
        "search",
        "--library",
        demo_library,
        "--mode",
        mode,
        "--json",
        "ranking overlapping blocks of candidates",
    )
    found = json.loads(outcome.out)
    assert len(found) == 10
    assert "jointrank" in [each["paper_id"] for each in found[:3]]


def test_filters_narrow_a_search(rag: Rag, demo_library: Path) -> None:
    outcome = rag("search", "--library", demo_library, "--json", "--year", "..2019", "retrieval models")
    assert outcome.code == 0
    assert all(each["year"] <= 2019 for each in json.loads(outcome.out))
    assert (
        "No paper matches."
        in rag("search", "--library", demo_library, "--year", "1901", "retrieval models").out
    )


@pytest.mark.parametrize("command", [["ask", "x"], ["search", "x"], ["status"], ["remove", "x"], ["list"]])
def test_a_library_that_is_not_there_is_named_with_the_next_command(
    rag: Rag, tmp_path: Path, command: list[str]
) -> None:
    none = tmp_path / "none"
    outcome = rag(*command, "--library", none)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"rag: no library at {none}; make one with: rag ingest PATH... --library {none}\n"
    assert not none.exists()


def test_an_empty_library_says_so(rag: Rag, config: Config) -> None:
    Library.open(config.library, config, create=True).close()
    for command in ("ask", "search"):
        outcome = rag(command, "x", "--library", config.library)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith(f"rag: no papers in the library at {config.library}; add some")
    assert json.loads(rag("status", "--library", config.library, "--json").out)["papers"] == 0


def test_status_has_the_contracts_keys(rag: Rag, demo_library: Path) -> None:
    status = json.loads(rag("status", "--library", demo_library, "--json").out)
    assert status.keys() >= STATUS_KEYS
    assert status["papers"] == status["passages"] > 100
    shown = rag("status", "--library", demo_library).out
    assert f"papers   {status['papers']}\n" in shown
    assert "in agreement" in shown


def test_what_is_removed_is_gone_and_the_rest_is_not(rag: Rag, own_library: Path) -> None:
    outcome = rag("remove", "jointrank", "splade", "--library", own_library, "--json")
    assert json.loads(outcome.out) == {"removed": 2, "paper_ids": ["jointrank", "splade"]}
    found = json.loads(rag("search", "--library", own_library, "--json", "JointRank SPLADE").out)
    assert not {"jointrank", "splade"} & {each["paper_id"] for each in found}
    assert rag("remove", "jointrank", "--library", own_library).code == 2


def test_removing_by_filters_asks_or_needs_a_yes(
    rag: Rag, own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    one = ("remove", "--where", "title=JointRank", "--library", own_library)
    assert rag("remove", "--library", own_library).err.startswith("rag: no paper is named; give ids")
    assert rag(*one).err == "rag: the filters meet 1 papers; see them with --dry-run, then add --yes\n"
    assert rag(*one, "--dry-run").out.startswith("jointrank\t2025\t")
    assert rag(*one, "--yes") == Outcome(0, "removed 1 paper\n", "")
    assert rag(*one, "--yes") == Outcome(0, "removed 0 papers\n", "")


def test_the_demo_answers_on_stdout_from_a_library_of_its_own(
    rag: Rag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAG_LIBRARY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    first, second = rag("demo"), rag("demo")
    assert first.code == second.code == 0
    assert first.out == second.out
    assert "[1]" in first.out
    assert "JointRank" in first.out
    assert "demo papers are in" in first.err
    assert "Next: rag ask --library" in second.err
    assert [path.name for path in (tmp_path / "rag").iterdir()] == ["demo"]


def test_the_demo_goes_where_it_is_told_and_takes_another_question(rag: Rag, own_library: Path) -> None:
    outcome = rag("demo", "--library", own_library, "What", "is", "Baleen?")
    assert str(own_library) in outcome.err
    assert "Baleen" in outcome.out


def test_the_doctor_finds_nothing_wrong_with_a_sound_library(rag: Rag, demo_library: Path) -> None:
    outcome = rag("doctor", "--library", demo_library, "--json")
    states = {check["name"]: check["state"] for check in json.loads(outcome.out)}
    assert (outcome.code, states) == (0, {"encoder": "ok", "library": "ok", "indexes": "ok", "model": "note"})


def test_the_doctor_notes_a_library_not_yet_made(rag: Rag, tmp_path: Path) -> None:
    outcome = rag("doctor", "--library", tmp_path / "none")
    assert outcome.code == 0
    assert "· library" in outcome.out


@pytest.mark.parametrize("folder", ["lexical", "tokens"])
def test_the_doctor_finds_and_repairs_a_damaged_index(rag: Rag, own_library: Path, folder: str) -> None:
    for path in (own_library / folder).iterdir():
        path.write_bytes(b"damaged")
    outcome = rag("doctor", "--library", own_library)
    assert outcome.code == 2
    assert "✗ indexes" in outcome.out
    assert f"→ rag doctor --repair --library {own_library}" in outcome.out
    assert outcome.err.count("\n") == 1
    assert rag("doctor", "--library", own_library, "--repair").code == 0
    assert "21 to 8 seconds" in rag("ask", "--library", own_library, QUESTION).out


def test_the_doctor_names_a_paper_that_no_longer_reads_as_it_was_written(rag: Rag, own_library: Path) -> None:
    with closing(sqlite3.connect(own_library / "chroma" / "chroma.sqlite3")) as database, database:
        database.execute(
            "UPDATE embedding_metadata SET string_value = replace(string_value, '21 to 8', '21 to 9') "
            "WHERE key = 'chroma:document'"
        )
    outcome = rag("doctor", "--library", own_library)
    assert outcome.code == 2
    assert "✗ papers   not as they were written: jointrank" in outcome.out


def test_the_doctor_asks_the_models_server(
    rag: Rag, demo_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(models=["small"]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert "✓ model    small at 127.0.0.1" in rag("doctor", "--library", demo_library).out
    outcome = rag("doctor", "--library", demo_library)
    assert outcome.code == 2
    assert "✗ model    no connection to 127.0.0.1" in outcome.out
