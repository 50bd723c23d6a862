"""rag/answering/claims.py: the ways models write markers, read alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.claims import join_claims, read_claims


def name_of(n: int) -> str | None:
    return {1: "InfLLM", 2: "SPLADE"}.get(n)


def read(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(claim.text, claim.markers) for claim in read_claims(text, name_of)]


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("It reads long streams [1].", (1,)),
        ("It reads long streams. [1]", (1,)),
        ("It reads long streams.[1]", (1,)),
        ("It reads long streams [1][3].", (1, 3)),
        ("It reads long streams [1] [3].", (1, 3)),
        ("It reads long streams [1, 4].", (1, 4)),
        ("It reads long streams [1; 4].", (1, 4)),
        ("It reads long streams [1 and 4].", (1, 4)),
        ("It reads long streams [1-3].", (1, 2, 3)),
        ("It reads long streams [1\u20133, 7].", (1, 2, 3, 7)),
        ("It reads long streams [17].", (17,)),
        ("It reads [1] long streams [1].", (1,)),
        ("It reads long streams [paper 2].", (2,)),
        ("It reads long streams [#2, #3].", (2, 3)),
        ("It reads long streams \u30102\u3011.", (2,)),
        ("It reads long streams [^2].", (2,)),
        ("**It reads long streams** [1].", (1,)),
        ("It reads long streams [1-100000].", (1, 100000)),
        ("It reads long streams.", ()),
    ],
)
def test_markers(text: str, markers: tuple[int, ...]) -> None:
    assert read(text) == [("It reads long streams.", markers)]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("One holds [1]. Two fails [2].", [("One holds.", (1,)), ("Two fails.", (2,))]),
        ("One holds. [1] Two fails. [2]", [("One holds.", (1,)), ("Two fails.", (2,))]),
        ("One holds.[1][2] Two fails.", [("One holds.", (1, 2)), ("Two fails.", ())]),
        ("One holds [1]; the other fails [2].", [("One holds; the other fails.", (1, 2))]),
        ("One holds\nTwo fails [2]", [("One holds", ()), ("Two fails", (2,))]),
        ("Yes. It reads long streams [1].", [("Yes. It reads long streams.", (1,))]),
        ("Yes [1]. It reads long streams.", [("Yes. It reads long streams.", (1,))]),
        ("No.", [("No.", ())]),
        (
            "Two papers do so:\n- One holds [1].\n- Two fails [2].",
            [("One holds.", (1,)), ("Two fails.", (2,))],
        ),
        ("One holds [1].\n\nSources:\n[1] InfLLM", [("One holds.", (1,))]),
        ("## Answer\nOne holds [1].", [("One holds.", (1,))]),
        ("It gains 2.5 points [1], e.g. on BIRD [2].", [("It gains 2.5 points, e.g. on BIRD.", (1, 2))]),
        ("", []),
        ("[1]", []),
    ],
)
def test_sentences_keep_their_own_markers(text: str, claims: list[tuple[str, tuple[int, ...]]]) -> None:
    assert read(text) == claims


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("According to [1], streams are read.", ("According to InfLLM, streams are read.", (1,))),
        ("[2] expands queries.", ("SPLADE expands queries.", (2,))),
        ("One holds [1]. [2] expands queries.", ("One holds.", (1,))),
        ("This is shown in [9].", ("This is shown in another paper.", (9,))),
        ("The paper [1] reads streams.", ("The paper reads streams.", (1,))),
    ],
)
def test_a_marker_in_place_of_a_name_is_read_as_the_name(
    text: str, claim: tuple[str, tuple[int, ...]]
) -> None:
    assert read(text)[0] == claim


def test_put_together_again_with_other_numbers() -> None:
    one, two, three = read_claims("One holds [7]. Two fails [9].\n- Three is open.", name_of)
    assert join_claims([(one, (1,)), (two, (1, 2)), (three, ())]) == (
        "One holds. [1] Two fails. [1][2]\n- Three is open."
    )


@given(st.text(alphabet="ab. :[]123,-\n*#Y", max_size=60))
def test_any_text_is_read(text: str) -> None:
    claims = read_claims(text, name_of)
    assert all(claim.text and claim.text == claim.text.strip() for claim in claims)
    assert all(len(set(claim.markers)) == len(claim.markers) for claim in claims)
    assert "[" in text or not any(claim.markers for claim in claims)


def test_headings_are_kept_with_what_stands_under_them() -> None:
    text = "## Oil\n- LUX burns oil. [1]\n\n**Wax:**\n- GLOW burns wax. [2]\nIt drips. [2]"
    claims = read_claims(text, lambda n: None)
    assert [(claim.heading, claim.text) for claim in claims] == [
        ("Oil", "LUX burns oil."),
        ("Wax", "GLOW burns wax."),
        ("Wax", "It drips."),
    ]
    joined = join_claims((claim, claim.markers) for claim in claims)
    assert joined == "Oil:\n- LUX burns oil. [1]\nWax:\n- GLOW burns wax. [2]\nIt drips. [2]"


@pytest.mark.parametrize("line", ["LUX burns oil: it shines. [1]", "In 1823: a lamp. [1]", "- Oil:"])
def test_a_line_that_says_something_is_no_heading(line: str) -> None:
    assert all(claim.heading is None for claim in read_claims(line + "\nMore. [1]", lambda n: None))
