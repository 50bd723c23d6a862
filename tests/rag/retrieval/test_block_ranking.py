"""rag/retrieval/block_ranking.py: every paper is seen, and one order comes of many."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.block_ranking import deal_blocks, merge_orders, slide_windows


@given(st.integers(0, 120), st.integers(2, 30), st.integers(1, 6))
def test_every_place_is_in_one_block_a_round(n: int, size: int, n_rounds: int) -> None:
    blocks = deal_blocks(n, size, n_rounds)
    rounds = 0 if n < 2 else 1 if n <= size else n_rounds
    assert sorted(place for block in blocks for place in block) == sorted([*range(n)] * rounds)
    assert all(len(block) <= size and list(block) == sorted(block) for block in blocks)


def test_blocks_overlap_and_are_the_same_each_time() -> None:
    blocks = deal_blocks(50, 20, 5)
    assert len(blocks) == 15
    assert len(set(blocks)) == 15
    assert blocks == deal_blocks(50, 20, 5)


def test_true_orders_of_blocks_give_the_true_order_at_the_head() -> None:
    strength = {place: (place * 37) % 50 for place in range(50)}
    orders = [sorted(block, key=lambda place: -strength[place]) for block in deal_blocks(50, 20, 7)]
    merged = merge_orders(50, orders, prior_share=0.0)
    assert set(merged[:5]) == set(sorted(strength, key=lambda place: -strength[place])[:5])
    assert sorted(merged) == list(range(50))


def test_without_any_order_the_list_stays() -> None:
    assert merge_orders(4, []) == [0, 1, 2, 3]
    assert merge_orders(0, []) == []


def test_one_wrong_vote_does_not_throw_the_first_to_the_end() -> None:
    right = [[0, *range(1, 10)]] * 2
    assert merge_orders(10, [*right, [*range(1, 10), 0]])[0] == 0


def test_the_order_there_was_decides_among_equals() -> None:
    assert merge_orders(4, [[2, 3]])[0] == 2
    assert merge_orders(3, [[0, 1], [1, 0]]) == [0, 1, 2]


@pytest.mark.parametrize(
    ("n", "windows"),
    [
        (0, []),
        (1, []),
        (5, [(0, 5)]),
        (50, [(30, 50), (20, 40), (10, 30), (0, 20)]),
        (27, [(7, 27), (0, 20)]),
    ],
)
def test_windows_go_from_the_end_to_the_head_and_overlap(n: int, windows: list[tuple[int, int]]) -> None:
    assert slide_windows(n, 20, 10) == windows
    assert all(begin < after[1] for (begin, _), after in pairwise(windows))
