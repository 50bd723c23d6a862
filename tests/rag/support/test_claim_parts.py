"""Which claims are cut into parts, and what the parts say."""

from __future__ import annotations

import pytest

from rag.support.claim_parts import MOST_PARTS, claim_parts

CUT = [
    ("Pooling is simple, and it beats gisting.", ("Pooling is simple.", "It beats gisting.")),
    (
        "The loss falls by half and reaches the optimum.",
        ("The loss falls by half.", "The loss reaches the optimum."),
    ),
    ("Mice were treated but did not recover.", ("Mice were treated.", "Mice did not recover.")),
    ("Rats slept less, while mice were awake.", ("Rats slept less.", "Mice were awake.")),
    (
        "The drug lowers the dose, which improves sleep.",
        ("The drug lowers the dose.", "This improves sleep."),
    ),
    ("A is fast; B is slow and costly.", ("A is fast.", "B is slow and costly.")),
]
WHOLE = [
    "",
    "Pooling",
    "Precision and recall are high.",
    "Models and datasets used in the study are listed.",
    "It was tested on mice but not on rats.",
    "CaSED and its variants do better.",
    "With more data and the same model, it improves.",
    "word " * 300,
    "a, and b, and c, and d",
]


@pytest.mark.parametrize(("claim", "parts"), CUT)
def test_joined_clauses_are_cut_and_keep_their_subject(claim: str, parts: tuple[str, ...]) -> None:
    assert claim_parts(claim) == parts


@pytest.mark.parametrize("claim", WHOLE)
def test_where_no_join_is_certain_the_claim_stays_whole(claim: str) -> None:
    assert claim_parts(claim) == ()


def test_a_claim_of_very_many_parts_stays_whole() -> None:
    claim = ", and ".join(["the method is fast"] * (MOST_PARTS + 1))
    assert claim_parts(claim) == ()
    assert len(claim_parts(", and ".join(["the method is fast"] * MOST_PARTS))) == MOST_PARTS
