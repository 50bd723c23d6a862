"""`rag eval` from the command line, with the real pipeline over the demo papers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.cli import main
from rag.demo import demo_questions_path
from tests.conftest import Outcome

Rag = Callable[..., Outcome]
TIMES = ("timings.jsonl", "latency.json", "report.md", "report.html")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight demo questions of several types."""
    lines = demo_questions_path().read_text(encoding="utf-8").splitlines()
    path = tmp_path_factory.mktemp("few") / "few.jsonl"
    path.write_text("\n".join(lines[::6]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(few: Path, demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of `few`. Tests copy it: a run of the same goes on from it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main(asked_of(few, demo_library, folder)) == 0
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run, for a test to go on with."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def asked_of(questions: Path, library: Path, folder: Path) -> list[str]:
    return ["eval", "--questions", str(questions), "--library", str(library), "--output", str(folder)]


def test_two_runs_are_byte_identical_but_for_times(
    rag: Rag, few: Path, demo_library: Path, finished: Path, tmp_path: Path
) -> None:
    outcome = rag(*asked_of(few, demo_library, tmp_path / "two"), "--workers", "3")
    assert outcome.code == 0, outcome.err
    names = {path.name for path in finished.iterdir()}
    assert {"run.json", "results.jsonl", "summary.json", "scores.jsonl", *TIMES} == names
    for name in names.difference(TIMES):
        assert (finished / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_the_result_is_on_stdout_and_the_rest_on_stderr(
    rag: Rag, few: Path, demo_library: Path, run: Path
) -> None:
    asked = asked_of(few, demo_library, run)
    text = rag(*asked)
    assert text.out.startswith("# few: 8 questions, ")
    assert "report.html" in text.err
    as_json = json.loads(rag(*asked, "--json").out)
    assert as_json["summary"]["n"] == 8
    assert as_json["summary"]["measures"]["quote_fidelity"]["value"] == 1
    assert as_json["latency"]["total"]["n"] == 8


def test_a_floor_that_is_not_met_ends_with_3_and_is_named(
    rag: Rag, few: Path, demo_library: Path, run: Path
) -> None:
    asked = asked_of(few, demo_library, run)
    assert rag(*asked, "--fail-under", "quote_fidelity=1", "--fail-under", "recall@50=0.1").code == 0
    short = rag(*asked, "--fail-under", "quote_fidelity=1", "--fail-under", "answer_words=9999")
    assert short.code == 3
    assert "fell short: answer_words is" in short.err
    assert "quote_fidelity" not in short.err


def test_a_baseline_is_written_and_met(
    rag: Rag, few: Path, demo_library: Path, run: Path, tmp_path: Path
) -> None:
    asked = asked_of(few, demo_library, run)
    assert rag(*asked, "--write-baseline", tmp_path / "base.json").code == 0
    assert rag(*asked, "--baseline", tmp_path / "base.json").code == 0
    raised = (tmp_path / "base.json").read_text().replace('"nDCG@10": 0', '"nDCG@10": 9')
    raised = raised.replace('"nDCG@10": 1', '"nDCG@10": 9')
    (tmp_path / "base.json").write_text(raised)
    assert rag(*asked, "--baseline", tmp_path / "base.json").code == 3


def test_two_runs_are_compared(
    rag: Rag, few: Path, demo_library: Path, finished: Path, run: Path, tmp_path: Path
) -> None:
    text = rag("eval", "--compare", finished, run)
    assert text.code == 0
    assert "8 questions in both. What differs:\n- nothing" in text.out
    part = tmp_path / "part"
    assert rag(*asked_of(few, demo_library, part), "--limit", "3").code == 0
    refused = rag("eval", "--compare", finished, part)
    assert refused.code == 2
    assert "--anyway" in refused.err
    anyway = rag("eval", "--compare", finished, part, "--anyway", "--json")
    assert json.loads(anyway.out)["n"] == 3


def test_a_folder_of_another_run_is_refused_and_can_be_started_over(
    rag: Rag, few: Path, demo_library: Path, run: Path
) -> None:
    asked = (*asked_of(few, demo_library, run), "--limit", "2")
    refused = rag(*asked)
    assert refused.code == 2
    assert "differs in dataset" in refused.err
    assert rag(*asked, "--fresh").code == 0
    assert len((run / "results.jsonl").read_text().splitlines()) == 2


def test_the_ablation_has_a_row_for_every_part(rag: Rag, few: Path, demo_library: Path) -> None:
    asked = ("eval", "--questions", few, "--library", demo_library, "--ablate", "--limit", "2")
    text = rag(*asked)
    assert text.code == 0
    rows = [line for line in text.out.splitlines() if line.startswith("| ") and "ranking" not in line]
    names = [
        "lexical (BM25)",
        "dense (passage vector)",
        "fusion of both",
        "+ late interaction",
        "+ late interaction of titles",
        "+ pseudo-relevance feedback (off)",
        "shipped, without a second hop",
        "shipped, feedback behind its gate (off)",
        "as shipped (+ lists, comparisons, second hop)",
    ]
    assert [row.split("|")[1].strip() for row in rows] == names
    variants = json.loads(rag(*asked, "--json").out)
    assert [variant["name"] for variant in variants] == names
    assert variants[-1]["changes"]["nDCG@10"]["value"] == 0.0
    assert all(variant["changes"]["R@5"]["n"] == 2 for variant in variants)
    assert variants[-1]["p"] == {"nDCG@10": 1.0, "R@5": 1.0, "Success@1": 1.0}


def test_a_beir_folder_reads_its_corpus_in_and_is_searched(rag: Rag, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    texts = {
        "1": "Cats sleep for most of the day.",
        "2": "Dogs bark at cats.",
        "3": "Bread is baked from flour.",
    }
    papers = ({"_id": key, "title": f"Paper {key}", "text": text} for key, text in texts.items())
    (folder / "corpus.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in papers))
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "What is bread baked from?"}\n')
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\t3\t1\n")
    for library in ((), ("--library", tmp_path / "own")):
        outcome = rag(
            "eval", "--beir", folder, "--output", tmp_path / f"run{len(library)}", *library, "--json"
        )
        assert outcome.code == 0, outcome.err
        summary = json.loads(outcome.out)["summary"]
        assert summary["measures"]["Success@1"]["value"] == 1
        assert "fact_recall" not in summary["measures"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--questions", "nowhere.jsonl"), "nowhere.jsonl: cannot be read"),
        (("--fail-under", "speed=1"), "which is not a measure"),
        (("--questions", "a", "--beir", "b"), "not allowed with argument"),
        (("--workers", "0"), "not a whole number of 1 or more"),
        (("--compare", "a", "b"), "a: is not a run folder"),
    ],
)
def test_a_users_mistake_is_one_line_and_2(
    rag: Rag, demo_library: Path, options: tuple[str, ...], told: str
) -> None:
    outcome = rag("eval", *options, "--library", demo_library)
    assert outcome.code == 2
    assert told in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_library_of_other_papers_is_told(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text('{"id": "q", "question": "What?", "gold": ["A Paper That Nobody Wrote"]}\n')
    outcome = rag("eval", "--questions", path, "--library", demo_library, "--output", tmp_path / "run")
    assert outcome.code == 2
    assert "this library holds none of the 1 gold papers of other" in outcome.err


def test_a_failed_question_is_kept_and_the_others_stand(
    rag: Rag, demo_library: Path, few: Path, tmp_path: Path
) -> None:
    first = few.read_text(encoding="utf-8").splitlines()[0]
    too_long = json.dumps({**json.loads(first), "id": "long", "question": "why " * 5000})
    questions = tmp_path / "questions.jsonl"
    questions.write_text(f"{first}\n{too_long}\n", encoding="utf-8")
    outcome = rag(*asked_of(questions, demo_library, tmp_path / "failed"), "--json")
    assert outcome.code == 0
    summary = json.loads(outcome.out)["summary"]
    assert list(summary["failed"]) == ["long"]
    assert "InputError" in summary["failed"]["long"]
    assert summary["n"] == 2
