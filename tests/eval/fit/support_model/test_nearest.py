"""The nearest text of another paper: by rare words, and never one's own."""

from __future__ import annotations

import pytest

from eval.fit.support_model.nearest import nearest_of_others

AMONG = [
    "The enzyme binds the receptor in the liver.",
    "The method reranks passages in the index.",
    "The method translates sentences in the corpus.",
    "The receptor is blocked in the kidney.",
]
OWNERS = ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "owner", "place"),
    [
        ("What binds to a receptor in the liver?", "x", 0),
        ("What binds to a receptor in the liver?", "a", 3),
        ("A method of reranking passages", "x", 1),
        ("A method of reranking passages", "b", 2),
        ("Quite another matter", "x", -1),
    ],
)
def test_the_nearest_shares_rare_words_and_has_another_owner(text: str, owner: str, place: int) -> None:
    assert nearest_of_others([text], [owner], AMONG, OWNERS) == [place]


def test_many_texts_are_answered_in_their_order() -> None:
    asked = [AMONG[n % 4] for n in range(1100)]
    found = nearest_of_others(asked, [OWNERS[n % 4] for n in range(1100)], AMONG, OWNERS)
    assert found[:4] == [3, 2, 1, 0]
    assert found == found[:4] * 275
