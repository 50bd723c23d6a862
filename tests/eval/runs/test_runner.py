from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from eval.data.questions import GoldQuestion
from eval.runs.run_folder import (
    FORMAT,
    JudgeScore,
    Result,
    RunManifest,
    read_manifest,
    read_results,
    write_results,
)
from eval.runs.runner import asking, run_questions
from rag.errors import InputError, LibraryDamaged, ModelTimeout
from rag.records import Answer
from tests.helpers.eval_samples import MANIFEST, make_answer, make_question

QUESTIONS = [make_question(f"q{n}") for n in range(8)]


def answered(question: GoldQuestion) -> Result:
    answer = replace(make_answer(f"About {question.id} [1]."), question=question.question)
    return Result(question.id, answer.retrieved, answer, timings_ms={"total": 3.14159})


def content(folder: Path) -> dict[str, str]:
    names = ("run.json", "results.jsonl", "timings.jsonl")
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


def test_results_are_in_order_and_the_folder_says_it_is_finished(tmp_path: Path) -> None:
    results = run_questions(QUESTIONS, answered, tmp_path, MANIFEST)
    assert [result.id for result in results] == [question.id for question in QUESTIONS]
    assert read_manifest(tmp_path).state == "finished"
    back = read_results(tmp_path)
    assert back == {
        result.id: replace(
            result,
            timings_ms={"total": 3.142},
            answer=replace(result.answer, timings_ms={"total": 3.142}) if result.answer else None,
        )
        for result in results
    }


def test_several_workers_give_the_same_files_as_one(tmp_path: Path) -> None:
    def slow_first(question: GoldQuestion) -> Result:
        time.sleep(0.02 if question.id < "q4" else 0)
        return answered(question)

    run_questions(QUESTIONS, answered, tmp_path / "one", MANIFEST)
    run_questions(QUESTIONS, slow_first, tmp_path / "four", MANIFEST, workers=4)
    assert content(tmp_path / "one") == content(tmp_path / "four")


def test_times_are_kept_apart(tmp_path: Path) -> None:
    def timed(ms: float) -> None:
        run_questions(
            QUESTIONS,
            lambda q: replace(answered(q), timings_ms={"total": ms}),
            tmp_path / str(ms),
            MANIFEST,
        )

    timed(1.0)
    timed(2.0)
    one, two = content(tmp_path / "1.0"), content(tmp_path / "2.0")
    assert one.pop("timings.jsonl") != two.pop("timings.jsonl")
    assert one == two


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    asked: list[str] = []

    def stops(question: GoldQuestion) -> Result:
        if len(asked) == 3:
            raise KeyboardInterrupt
        asked.append(question.id)
        return answered(question)

    with pytest.raises(KeyboardInterrupt):
        run_questions(QUESTIONS, stops, tmp_path / "r", MANIFEST)
    assert read_manifest(tmp_path / "r").state == "running"
    with (tmp_path / "r" / "results.jsonl").open("a") as file:
        file.write('{"id": "q7", "retrie')  # a kill in the middle of a line

    again: list[str] = []

    def goes_on(question: GoldQuestion) -> Result:
        again.append(question.id)
        return answered(question)

    run_questions(QUESTIONS, goes_on, tmp_path / "r", MANIFEST)
    assert sorted(asked + again) == [question.id for question in QUESTIONS]
    run_questions(QUESTIONS, answered, tmp_path / "whole", MANIFEST)
    assert content(tmp_path / "r") == content(tmp_path / "whole")


def test_a_finished_run_is_not_asked_again(tmp_path: Path) -> None:
    run_questions(QUESTIONS, answered, tmp_path, MANIFEST)
    results = run_questions(QUESTIONS, lambda question: pytest.fail("asked again"), tmp_path, MANIFEST)
    assert len(results) == len(QUESTIONS)


def test_a_failed_question_is_kept_with_its_reason_and_asked_again(tmp_path: Path) -> None:
    def fails(question: GoldQuestion) -> Result:
        if question.id == "q2":
            raise ModelTimeout("no reply in 60 s")
        return answered(question)

    results = run_questions(QUESTIONS, fails, tmp_path, MANIFEST)
    assert results[2].error == "ModelTimeout: no reply in 60 s"
    assert [result.error for result in results].count(None) == 7
    assert read_manifest(tmp_path).state == "finished"
    again = run_questions(QUESTIONS, answered, tmp_path, MANIFEST)
    assert all(result.error is None for result in again)
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 8


def test_a_library_that_fails_ends_the_run(tmp_path: Path) -> None:
    def broken(question: GoldQuestion) -> Result:
        raise LibraryDamaged("it does not read back")

    with pytest.raises(LibraryDamaged):
        run_questions(QUESTIONS, broken, tmp_path, MANIFEST)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (replace(MANIFEST, dataset={"name": "d", "sha256": "2", "n_questions": 8}), "differs in dataset"),
        (replace(MANIFEST, library={}, settings={}), "differs in library, settings"),
        (replace(MANIFEST, code={"version": "0", "sha256": "d", "commit": "abc"}), "differs in code"),
    ],
)
def test_a_folder_with_a_run_of_another_make_is_refused(
    tmp_path: Path, other: RunManifest, told: str
) -> None:
    run_questions(QUESTIONS, answered, tmp_path, MANIFEST)
    with pytest.raises(InputError, match=told):
        run_questions(QUESTIONS, answered, tmp_path, other)


def test_the_commit_alone_makes_no_difference(tmp_path: Path) -> None:
    run_questions(QUESTIONS, answered, tmp_path, MANIFEST)
    committed = replace(MANIFEST, code={**MANIFEST.code, "commit": "def"})
    run_questions(QUESTIONS, lambda question: pytest.fail("asked again"), tmp_path, committed)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "does not read back"),
        ("[]", "a run of another version"),
        (json.dumps({"format": FORMAT + 1}), f"another version \\(format {FORMAT + 1}, not {FORMAT}\\)"),
        (json.dumps({"format": FORMAT, "odd": 1}), "is not a run's manifest"),
    ],
)
def test_a_folder_of_another_version_is_refused(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match=told):
        run_questions(QUESTIONS, answered, tmp_path, MANIFEST)


def test_results_of_a_run_that_never_began_are_dropped(tmp_path: Path) -> None:
    write_results(tmp_path, [replace(answered(QUESTIONS[0]), error="stale")])
    results = run_questions(QUESTIONS, answered, tmp_path, MANIFEST)
    assert all(result.error is None for result in results)


def test_verdicts_read_back(tmp_path: Path) -> None:
    verdicts = {"faithfulness": JudgeScore(0.5, "partly"), "correctness": JudgeScore(None, "no verdict")}
    run_questions(QUESTIONS[:1], lambda q: replace(answered(q), verdicts=verdicts), tmp_path, MANIFEST)
    assert read_results(tmp_path)["q0"].verdicts == verdicts


def test_progress_ends_with_all_done(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run_questions(
        QUESTIONS, answered, tmp_path, MANIFEST, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(n, 8) for n in range(9)]


def test_workers_share_one_assistant() -> None:
    class Recorder:
        def __init__(self) -> None:
            self.calls: list[tuple[str, bool | None, int | None]] = []
            self.lock = threading.Lock()

        def ask(
            self,
            question: str,
            *,
            history: tuple[tuple[str, str], ...] = (),
            llm: bool | None = None,
            top: int | None = None,
        ) -> Answer:
            with self.lock:
                self.calls.append((question, llm, top))
            return make_answer()

    recorder = Recorder()
    result = asking(recorder, llm=False)(QUESTIONS[0])
    assert recorder.calls == [("What of q0?", False, 50)]
    assert result.ranking == ("a", "b", "c")
    assert result.timings_ms == {"total": 12.5}
