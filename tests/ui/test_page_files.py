"""What the page keeps beside the library: uploads, runs, question sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from eval.measures.bootstrap import Estimate
from eval.runs.compare import Comparison, Difference, Flip
from rag.assistant import Assistant
from rag.errors import InputError
from rag.records import IngestReport, Progress, Skip
from tests.helpers.ui_samples import HOSTILE, assert_harmless, parse
from ui.ask.examples import OFFERED, Examples, candidate_questions, demo_examples
from ui.evaluate import runs
from ui.library.catalogue import Catalogue
from ui.library.table_html import FileResult
from ui.library.uploads import keep_uploads, kept_upload, kept_uploads, read_in


def test_uploads_are_kept_and_found_again(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("b.txt", "a.bib"):
        (tmp_path / "in" / name).write_text(name)
    library = tmp_path / "library"
    library.mkdir()
    assert kept_uploads(library) == []
    kept = keep_uploads(library, [tmp_path / "in" / "b.txt", tmp_path / "in" / "a.bib"])
    assert [path.read_text() for path in kept] == ["b.txt", "a.bib"]
    assert kept_uploads(library) == ["a.bib", "b.txt"]
    assert kept_upload(library, "a.bib") == kept[1]


def test_two_files_of_one_name_in_an_upload_are_both_kept(tmp_path: Path) -> None:
    files = [tmp_path / folder / "export.bib" for folder in ("a", "b")]
    for file in files:
        file.parent.mkdir()
        file.write_text(file.parent.name)
    assert [path.read_text() for path in keep_uploads(tmp_path, files)] == ["a", "b"]
    assert kept_uploads(tmp_path) == ["export (2).bib", "export.bib"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../a.bib", "..", ".", "", "b.bib"])
def test_nothing_but_a_kept_file_is_read_again(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.bib").write_text("a")
    keep_uploads(tmp_path, [tmp_path / "a.bib"])
    with pytest.raises(InputError, match="not kept"):
        kept_upload(tmp_path, name)


def test_each_file_has_its_result_whatever_the_one_before(tmp_path: Path) -> None:
    def ingest(paths: list[Path], progress: Callable[[Progress], None]) -> IngestReport:
        progress(Progress(1, 2, 3.0))
        if paths[0].name == "bad":
            raise InputError(f"{paths[0]}: nothing to read; run: rag ingest {tmp_path}")
        return IngestReport(added=1, skipped=1, reasons=(Skip(f"{paths[0]}:3", "no title"),))

    assistant = SimpleNamespace(ingest=ingest)
    paths = [tmp_path / "bad", tmp_path / "good"]
    told = list(read_in(assistant, paths))  # type: ignore[arg-type]
    assert [step for _, step in told if isinstance(step, FileResult)] == [
        FileResult("bad", error="Nothing to read."),
        FileResult("good", IngestReport(added=1, skipped=1, reasons=(Skip("good:3", "no title"),))),
    ]


def a_run(library: Path, name: str) -> None:
    folder = library / runs.RUNS / name
    folder.mkdir(parents=True)
    summary = {"n": 2, "measures": {"nDCG@10": {"value": 0.5, "n": 2}}}
    (folder / "summary.json").write_text(json.dumps(summary))


def test_runs_are_listed_and_no_other_folder_is_opened(tmp_path: Path) -> None:
    assert runs.finished_runs(tmp_path) == []
    a_run(tmp_path, "demo/extractive-1")
    (tmp_path / runs.RUNS / "demo" / "unfinished").mkdir()
    assert [run.name for run in runs.finished_runs(tmp_path)] == ["demo/extractive-1"]
    assert "nDCG@10 0.50" in runs.render_runs(runs.finished_runs(tmp_path))
    assert runs.run_folder(tmp_path, "demo/extractive-1") == tmp_path / runs.RUNS / "demo/extractive-1"
    assert runs.run_folder(tmp_path, "../..") is None


def test_question_files_join_the_demo_set(tmp_path: Path) -> None:
    assert runs.question_sets(tmp_path) == ["demo"]
    (tmp_path / runs.QUESTIONS).mkdir()
    (tmp_path / runs.QUESTIONS / "mine.jsonl").touch()
    assert runs.question_sets(tmp_path) == ["demo", "mine.jsonl"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_runs_are_only_text(text: str) -> None:
    difference = Difference(text, 0.1, 0.2, Estimate(0.1, 0.0, 0.2, 5), 0.5)
    flip = Flip(text, gained=(("q1", text),), lost=())
    assert_harmless(runs.render_comparison(Comparison(text, text, 5, (text,), (difference,), (flip,))), text)
    assert_harmless(runs.render_runs([runs.Run(text, {})]), text)
    assert_harmless(runs.render_form([text], text, True), text)


def test_a_report_is_shut_in_its_frame() -> None:
    html = "<script>top.location='x'</script>"
    found = parse(runs.render_report(html))
    assert found.values("srcdoc") == [html]
    assert found.values("sandbox") == ["allow-scripts"]
    assert "script" not in found.tags


def test_examples_are_questions_this_library_can_answer() -> None:
    assert demo_examples(frozenset()) == []
    from rag.demo import demo_papers_path

    lines = demo_papers_path().read_text(encoding="utf-8").splitlines()
    titles = frozenset(json.loads(line)["title"] for line in lines)
    assert len(demo_examples(titles)) == 4
    assert all(len(question) < 120 for question in demo_examples(titles))


def test_a_library_without_demo_papers_is_asked_for_its_own_by_name() -> None:
    asked = list(
        candidate_questions(["StatinX: a trial", "A title without a name", "Very long " * 9 + ": x"])
    )
    assert asked == ["What is StatinX?"]


def test_examples_were_run_and_answered_in_this_very_library(demo_assistant: Assistant) -> None:
    examples = Examples(demo_assistant, Catalogue(demo_assistant.library)).ready(wait_s=60)
    assert 0 < len(examples) <= OFFERED
    assert not any(demo_assistant.ask(question, llm=False).abstained for question in examples)
