from __future__ import annotations

import pytest

from eval.bench.threads import ThreadsRow, measure_threads, show_threads
from eval.data.questions import load_questions
from rag.assistant import Assistant
from rag.demo import demo_questions_path

QUESTIONS = [each.question for each in load_questions(demo_questions_path()).questions]


@pytest.mark.parametrize("n_threads", [8, 64])
def test_threads_that_share_an_assistant_are_told_what_one_alone_is(
    demo_assistant: Assistant, n_threads: int
) -> None:
    row = measure_threads(demo_assistant, QUESTIONS, n_threads)
    assert (row.n_asked, row.n_wrong) == (len(QUESTIONS), 0)
    assert row.n_threads == min(n_threads, len(QUESTIONS))


def test_an_answer_that_depends_on_the_others_is_counted(
    demo_assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, other = (demo_assistant.ask(question, llm=False) for question in QUESTIONS[:2])
    answers = iter([alone, other])
    monkeypatch.setattr(demo_assistant, "ask", lambda *_, **__: next(answers))
    assert measure_threads(demo_assistant, QUESTIONS[:1], 1).n_wrong == 1


def test_every_number_of_threads_has_a_row(
    demo_assistant: Assistant, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "eval.bench.threads.measure_threads", lambda _, asked, n: ThreadsRow(n, len(asked), 1.0, 2.0, 3.0, 0)
    )
    show_threads(demo_assistant, QUESTIONS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[2:]] == ["1", "8", "32", "64"]
