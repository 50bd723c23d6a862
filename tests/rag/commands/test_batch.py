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


def test_pairs_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        '{"id": 7, "claim": "A.", "evidence": "B."}\n\n{"id": "x", "claim": "C.", "evidence": ["D.", " "]}\n'
    )
    assert read_pairs(path) == [ClaimPair(7, "A.", ("B.",)), ClaimPair("x", "C.", ("D.",))]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: a JSON object is needed"),
        ('{"claim": "A.", "evidence": "B."}', 'line 2: "id" is missing'),
        ('{"id": true, "claim": "A.", "evidence": "B."}', 'line 2: "id" is missing'),
        ('{"id": 1, "evidence": "B."}', 'line 2: "claim" is missing'),
        ('{"id": 1, "claim": ["A."], "evidence": "B."}', 'line 2: "claim" is missing or not text'),
        ('{"id": 1, "claim": "A."}', 'line 2: "evidence" is missing'),
        ('{"id": 1, "claim": "A.", "evidence": [1]}', 'line 2: "evidence" is missing'),
    ],
)
def test_a_bad_pair_is_named(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(f'{{"id": 1, "claim": "A.", "evidence": "B."}}\n{line}\n')
    with pytest.raises(InputError, match=said):
        read_pairs(path)


@pytest.mark.parametrize("claim", ["", " "])
def test_an_empty_claim_is_read_for_the_gate_to_refuse(claim: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(f'{{"id": 1, "claim": "{claim}", "evidence": "B."}}\n')
    assert read_pairs(path) == [ClaimPair(1, claim, ("B.",))]


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("{\n" * 7)
    with pytest.raises(InputError, match=r"line 1: .*line 5: .*and 2 more"):
        read_pairs(path)


def test_a_file_that_does_not_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none"):
        read_pairs(str(tmp_path / "none.jsonl"))
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_pairs(str(tmp_path / "latin.jsonl"))
