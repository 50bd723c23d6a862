"""Runs the questions of a set: several at once, written as they come, taken up again after a stop.

Owns order, resumption and what a failure of one question means. What is done with a question is the
function it is given; measuring results is `eval.runs.summary`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from eval.data.questions import GoldQuestion
from eval.measures.retrieval import DEPTH
from eval.runs.run_folder import (
    Result,
    RunManifest,
    read_manifest,
    read_results,
    result_line,
    timing_line,
    write_manifest,
    write_results,
)
from rag.errors import InputError, LibraryError, RagError
from rag.records import Answer, History, RankedPaper, RetrievedPaper, SearchMode

Answerer = Callable[[GoldQuestion], Result]
Progress = Callable[[int, int], None]
"""Called with the number of questions done and how many there are."""


class Asks(Protocol):
    """The part of an Assistant that a run needs."""

    def ask(
        self, question: str, *, history: History = (), llm: bool | None = None, top: int | None = None
    ) -> Answer: ...


class Searches(Protocol):
    def search(self, query: str, *, top: int = 10, mode: SearchMode = "hybrid") -> list[RankedPaper]: ...


def run_questions(
    questions: Sequence[GoldQuestion],
    answerer: Answerer,
    folder: Path,
    manifest: RunManifest,
    *,
    workers: int = 1,
    progress: Progress = lambda done, total: None,
) -> list[Result]:
    """Every question's result, in order, and the folder finished but for its report. Results the folder holds
    are kept, failed ones asked again. Raises InputError where it holds a run made of something else."""
    folder.mkdir(parents=True, exist_ok=True)
    done = _resume(folder, manifest)
    waiting = [question for question in questions if question.id not in done]
    if waiting:
        write_manifest(folder, manifest)
    progress(len(done), len(questions))
    with (
        (folder / "results.jsonl").open("a", encoding="utf-8", newline="\n") as results_file,
        (folder / "timings.jsonl").open("a", encoding="utf-8", newline="\n") as timings_file,
        ThreadPoolExecutor(max_workers=workers) as pool,
    ):
        futures = [pool.submit(_attempt, answerer, question) for question in waiting]
        try:
            for future in as_completed(futures):
                result = future.result()
                done[result.id] = result
                # Times first: a result that reads back has them.
                print(timing_line(result), end="", file=timings_file, flush=True)
                print(result_line(result), end="", file=results_file, flush=True)
                progress(len(done), len(questions))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    results = [done[question.id] for question in questions]
    write_results(folder, results)
    write_manifest(folder, replace(manifest, state="finished"))
    return results


def asking(assistant: Asks, *, llm: bool | None) -> Answerer:
    """Answers a question as a user's `ask` does, keeping the ranking DEPTH deep."""

    def answer(question: GoldQuestion) -> Result:
        given = assistant.ask(question.question, history=question.history, llm=llm, top=DEPTH)
        return Result(question.id, given.retrieved, given, timings_ms=given.timings_ms)

    return answer


def searching(assistant: Searches, *, mode: SearchMode = "hybrid", depth: int = DEPTH) -> Answerer:
    """Ranks papers and answers nothing."""
    from time import perf_counter

    def search(question: GoldQuestion) -> Result:
        started = perf_counter()
        ranked = assistant.search(question.question, top=depth, mode=mode)
        elapsed = (perf_counter() - started) * 1000
        retrieved = tuple(RetrievedPaper(r.paper.paper_id, r.paper.title, r.score) for r in ranked)
        return Result(question.id, retrieved, timings_ms={"total": elapsed})

    return search


def _attempt(answerer: Answerer, question: GoldQuestion) -> Result:
    """The result, or why there is none. A library that cannot be used fails the run, not the question."""
    try:
        return answerer(question)
    except LibraryError:
        raise
    except RagError as error:
        return Result(question.id, error=f"{type(error).__name__}: {error}")


def _resume(folder: Path, manifest: RunManifest) -> dict[str, Result]:
    if not (folder / "run.json").exists():
        (folder / "results.jsonl").unlink(missing_ok=True)
        (folder / "timings.jsonl").unlink(missing_ok=True)
        return {}
    differences = read_manifest(folder).differences(manifest)
    if differences:
        raise InputError(
            f"{folder}: holds a run that differs in {', '.join(differences)}; "
            "name another --output, or start this one over with --fresh"
        )
    results = read_results(folder)
    # A torn last line would swallow the next one appended to it.
    write_results(folder, list(results.values()))
    return {question_id: result for question_id, result in results.items() if result.error is None}
