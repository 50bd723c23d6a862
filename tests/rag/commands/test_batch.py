"""Files of questions and of claims: what is read, and that a bad line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.commands.batch import BatchQuestion, ClaimPair, read_pairs, read_questions
from rag.errors import InputError
from rag.files import refuse_duplicate_ids
from rag.retrieval.question import MAX_CHARS, check_question


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    return tmp_path / "batch.jsonl"


def test_both_spellings_are_read_in_order_and_blank_lines_left_out(batch: Path) -> None:
    batch.write_text(
        '\ufeff{"id": "b", "question": " What? ", "history": [["user", "Hm"], ["assistant", "Ah"]]}\n\n'
        '{"_id": 7, "text": "Why é?", "more": [1]}\r\n'
    )
    assert read_questions(batch) == [
        BatchQuestion("b", "What?", (("user", "Hm"), ("assistant", "Ah"))),
        BatchQuestion("7", "Why é?"),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not JSON: Expecting property name enclosed in double quotes at column 2"),
        ("[]", "line 2: a JSON object is needed, not list"),
        ('{"question": "x"}', 'line 2: "id" (or "_id") is missing'),
        ('{"id": true, "question": "x"}', 'line 2: "id" (or "_id") is missing, or not text'),
        ('{"id": "a"}', 'line 2: "question" (or "text") is missing'),
        ('{"id": "a", "question": ["x"]}', 'line 2: "question" (or "text") is missing, or not text'),
        ('{"id": "a", "question": " "}', "line 2: the question is empty"),
        ('{"id": "a", "question": "x", "history": [["robot", "x"]]}', "line 2: a turn is"),
        ('{"id": "a", "question": "x", "history": "hello"}', 'line 2: "history" is a list of turns'),
        ('{"id": "a", "question": "x", "history": 5}', 'line 2: "history" is a list of turns'),
        ("[" * 100_000, "line 2: nested too deeply"),
    ],
)
def test_a_bad_line_is_named(batch: Path, line: str, said: str) -> None:
    batch.write_text('{"id": "ok", "question": "x"}\n' + line + "\n")
    with pytest.raises(InputError) as caught:
        read_questions(batch)
    assert str(caught.value).startswith(f"{batch}: {said}")


def test_every_bad_line_is_counted_and_the_first_ones_named(batch: Path) -> None:
    batch.write_text("[]\n" * 7)
    with pytest.raises(InputError) as caught:
        read_pairs(batch)
    assert str(caught.value).count("a JSON object is needed") == 5
    assert "; and 2 more; a line is {" in str(caught.value)


def test_a_pair_keeps_its_id_and_drops_blank_sentences(batch: Path) -> None:
    first = '{"id": 1, "claim": "A.", "evidence": ["B.", " "]}'
    batch.write_text(first + '\n{"id": "x", "claim": "A.", "evidence": "B."}')
    assert read_pairs(batch) == [ClaimPair(1, "A.", ("B.",)), ClaimPair("x", "A.", ("B.",))]


def test_a_file_of_no_lines_is_no_questions(batch: Path) -> None:
    batch.write_text("\n")
    assert read_questions(batch) == []


def test_a_file_that_is_not_text_is_named(batch: Path) -> None:
    batch.write_bytes(b'{"id": "a", "question": "\xff"}')
    with pytest.raises(InputError, match="not UTF-8"):
        read_questions(batch)


def test_a_run_cannot_have_one_id_twice() -> None:
    with pytest.raises(InputError, match=r"f\.jsonl: the id 'a' is given twice"):
        refuse_duplicate_ids("f.jsonl", ["a", "b", "a"])


def test_a_question_may_be_as_long_as_the_limit_and_no_longer() -> None:
    assert check_question(" " + "x" * MAX_CHARS) == "x" * MAX_CHARS
    with pytest.raises(InputError, match="10,001 characters, more than the limit of 10,000"):
        check_question("x" * (MAX_CHARS + 1))
