"""What each grammar of citation marks takes for one, and what it leaves alone."""

from __future__ import annotations

import re

import pytest

from rag.text.citation_marks import (
    MAX_RANGE,
    MODEL,
    OWN,
    SCHOLARLY,
    disarm_marks,
    numbers_in,
    replace_own,
    without_marks,
    without_own,
    write_marks,
)

OWN_ONLY, PEOPLE, MODELS = {"own"}, {"scholarly"}, {"model"}
EVERY = OWN_ONLY | PEOPLE | MODELS


@pytest.mark.parametrize(
    ("text", "grammars"),
    [
        ("[1]", EVERY),
        ("[1, 4]", EVERY),
        ("[12,3]", EVERY),
        ("[1-3]", PEOPLE | MODELS),
        ("[1\u20133; 7]", PEOPLE | MODELS),
        ("[ 2 ]", PEOPLE | MODELS),
        ("[paper 2]", MODELS),
        ("[Source 1 and 3]", MODELS),
        ("[#4]", MODELS),
        ("\u30101\u3011", MODELS),
        ("[sic]", set()),
        ("[1a]", set()),
        ("(1)", set()),
        ("[]", set()),
        ("[0.5]", set()),
    ],
)
def test_each_grammar_takes_its_own_marks(text: str, grammars: set[str]) -> None:
    patterns: dict[str, re.Pattern[str]] = {"own": OWN, "scholarly": SCHOLARLY, "model": MODEL}
    assert {name for name, pattern in patterns.items() if pattern.fullmatch(text)} == grammars


@pytest.mark.parametrize(
    ("inside", "numbers"),
    [
        ("1", [1]),
        ("1, 4", [1, 4]),
        ("1-3; 7", [1, 2, 3, 7]),
        ("paper 2 and 5", [2, 5]),
        ("3-1", [3, 1]),
        (f"1-{MAX_RANGE}", list(range(1, MAX_RANGE + 1))),
        (f"1-{MAX_RANGE + 1}", [1, MAX_RANGE + 1]),
        ("1990\u20132020", [1990, 2020]),
        ("", []),
    ],
)
def test_ranges_are_written_out_where_they_are_short(inside: str, numbers: list[int]) -> None:
    assert numbers_in(inside) == numbers


def test_what_is_written_is_read_back() -> None:
    text = "Moss grows" + write_marks((1, 3)) + "."
    assert text == "Moss grows[1][3]."
    assert [n for mark in OWN.finditer(text) for n in numbers_in(mark[1])] == [1, 3]
    assert without_marks("Moss grows [1-3] on walls [ 4 ].") == "Moss grows on walls."


def test_marks_of_others_are_disarmed() -> None:
    assert disarm_marks("see [1, 2] and [sic]") == "see (1, 2) and [sic]"
    assert not SCHOLARLY.search(disarm_marks("[1][2] [ 3-4 ]"))


def test_only_marks_that_name_something_are_replaced() -> None:
    assert replace_own("a [1] b [2] c [1, 2]", {1}, lambda n: f"<{n}>") == "a <1> b [2] c [1, 2]"
    assert without_own("a [1] b [2].", {1}) == "a b [2]."
