"""`make bench ARGS="--threads"`: one open assistant asked by 1, 8, 32 and 64 threads at once.

Each thread asks its share of the same questions, one after another. What comes back is compared with what one
thread alone was told: a wrong answer is counted, not passed over.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

from eval.runs.summary import percentiles
from rag.assistant import Assistant
from rag.records import Answer

THREADS = (1, 8, 32, 64)


@dataclass(frozen=True, slots=True)
class ThreadsRow:
    """Of one number of threads: questions a second in all, ms a question as each asker waits, and how many
    answers differ from what one thread was told."""

    n_threads: int
    n_asked: int
    questions_per_s: float
    p50_ms: float
    p95_ms: float
    n_wrong: int


def measure_threads(assistant: Assistant, questions: Sequence[str], n_threads: int) -> ThreadsRow:
    """Every question asked once, by `n_threads` threads that begin together."""
    expected = [told(assistant.ask(question, llm=False)) for question in questions]
    n_threads = min(n_threads, len(questions))
    start = Barrier(n_threads + 1)

    def ask_share(first: int) -> list[tuple[float, bool]]:
        start.wait()
        asked = []
        for i in range(first, len(questions), n_threads):
            began = time.perf_counter()
            answer = assistant.ask(questions[i], llm=False)
            asked.append((1000 * (time.perf_counter() - began), told(answer) == expected[i]))
        return asked

    with ThreadPoolExecutor(n_threads) as threads:
        shares = [threads.submit(ask_share, first) for first in range(n_threads)]
        start.wait()
        began = time.perf_counter()
        asked = [each for share in shares for each in share.result()]
        seconds = time.perf_counter() - began
    ms = percentiles([each for each, _ in asked])
    n_wrong = sum(not is_right for _, is_right in asked)
    return ThreadsRow(n_threads, len(asked), len(asked) / seconds, ms["p50"], ms["p95"], n_wrong)


def show_threads(assistant: Assistant, questions: Sequence[str]) -> None:
    """The table, a row as soon as it is measured."""
    print("| threads | questions | questions/s | p50 (ms) | p95 (ms) | other answers than alone |")
    print("|---|---|---|---|---|---|", flush=True)
    for n_threads in THREADS:
        row = measure_threads(assistant, questions, n_threads)
        print(
            f"| {row.n_threads} | {row.n_asked} | {row.questions_per_s:.1f} | {row.p50_ms:.0f} "
            f"| {row.p95_ms:.0f} | {row.n_wrong} |",
            flush=True,
        )


def told(answer: Answer) -> tuple[object, ...]:
    """What must not depend on who asks beside: everything but the time it took."""
    retrieved = tuple((each.paper_id, round(each.score, 5)) for each in answer.retrieved)
    return answer.answer, answer.abstained, answer.citations, answer.intent, retrieved
