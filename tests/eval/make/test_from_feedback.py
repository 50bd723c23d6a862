from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.data.feedback import read_feedback
from eval.data.questions import load_questions
from eval.make.from_feedback import feedback_questions
from rag.errors import InputError
from rag.files import write_json_lines
from rag.records import Answer
from tests.helpers.eval_samples import make_answer

REFUSAL = make_answer("This library does not say.", abstained=True)


def thumb(question: str, thumb: str, answer: Answer | None = None, **rest: Any) -> dict[str, Any]:
    return {
        "time": "2026-01-31T12:34:56Z",
        "question": question,
        "history": [],
        "answer": (answer or make_answer()).to_dict(),
        "thumb": thumb,
        "reason": None,
        **rest,
    }


def saved(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "feedback.jsonl"
    write_json_lines(path, json.loads(json.dumps(lines)))
    return path


def test_a_thumb_up_is_gold_from_what_was_cited(tmp_path: Path) -> None:
    history = [["user", "before"], ["assistant", "said"]]
    known, open_ = feedback_questions(read_feedback(saved(tmp_path, thumb("What?", "up", history=history))))
    assert open_ == []
    assert known == [
        {
            "id": "feedback-001",
            "type": "feedback",
            "question": "What?",
            "history": history,
            "gold": ["Alpha"],
            "evidence": [{"title": "Alpha", "quote": "Alpha gains 4.2 points."}],
            "answer": "It gains 4.2 points [1].",
        }
    ]


def test_a_refusal_that_was_liked_is_an_unanswerable_question(tmp_path: Path) -> None:
    known, _ = feedback_questions(read_feedback(saved(tmp_path, thumb("Far?", "up", REFUSAL))))
    assert known[0]["type"] == "unanswerable_feedback"
    assert known[0]["gold"] == []


def test_a_thumb_down_needs_a_persons_gold(tmp_path: Path) -> None:
    lines = [thumb("One?", "down", reason="wrong paper"), thumb("Two?", "down", REFUSAL)]
    known, open_ = feedback_questions(read_feedback(saved(tmp_path, *lines)))
    assert known == []
    assert [line["note"] for line in open_] == [
        "answered from Alpha; the reader: wrong paper",
        "refused; the reader: no reason given",
    ]


def test_the_last_thumb_counts(tmp_path: Path) -> None:
    lines = [thumb("Same?", "down"), thumb("Other?", "up"), thumb("Same?", "up")]
    known, open_ = feedback_questions(read_feedback(saved(tmp_path, *lines)))
    assert [line["question"] for line in known] == ["Same?", "Other?"]
    assert open_ == []


def test_what_is_written_is_in_the_question_form(tmp_path: Path) -> None:
    lines = [thumb("What?", "up"), thumb("Far?", "up", REFUSAL)]
    known, _ = feedback_questions(read_feedback(saved(tmp_path, *lines)))
    write_json_lines(tmp_path / "questions.jsonl", known)
    dataset = load_questions(tmp_path / "questions.jsonl")
    assert [question.answerable for question in dataset.questions] == [True, False]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"thumb": "sideways"}, "a thumb"),
        ({"question": None}, "needs a question"),
        ({"answer": {}}, "does not read back"),
        ({"history": ["x"]}, "does not read back"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_feedback(saved(tmp_path, {**thumb("What?", "up"), **change}))


def test_no_feedback_yet_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_feedback(tmp_path / "feedback.jsonl")
