"""Many small orders in place of a long one: which papers a model sees together, and one order of the replies.

After JointRank (2025), which an abstract of the demo pages describes: papers are dealt into overlapping
blocks, every block is ordered by itself, all at the same time, and who was put before whom is merged with
PageRank. The order there was takes part in the result, so that a model that errs cannot throw a good paper
far down. Knows nothing of papers or models: places in a list, best first.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

N_ORDERED = 50
"""Papers that are ordered: of 100, a model that errs one time in ten made a worse order."""
DAMPING = 0.85
"""PageRank's usual value (Brin and Page 1998)."""
_STEPS = 60
"""0.85 to the power of 60 is under 1e-4: no two of 100 papers change places afterwards."""
RANK_OFFSET = 10
"""Added to a place before its reciprocal is taken, as in reciprocal rank fusion."""
PRIOR_SHARE = 0.3
"""What the order there was counts beside the merged one. Both numbers, and the blocks, were compared by
`python -m eval.parts reranking`: docs/parts.md."""


def deal_blocks(n: int, size: int, n_rounds: int) -> list[tuple[int, ...]]:
    """`n` places dealt `n_rounds` times into blocks of at most `size`: each place is in one block a round.

    The same for the same numbers. Within a block places keep the list's order.
    """
    if n < 2:
        return []
    if n <= size:
        return [tuple(range(n))]
    n_blocks = -(-n // size)
    blocks = []
    for round_number in range(n_rounds):
        dealt = random.Random(round_number).sample(range(n), n)
        blocks += [tuple(sorted(dealt[block::n_blocks])) for block in range(n_blocks)]
    return blocks


def merge_orders(n: int, orders: Sequence[Sequence[int]], prior_share: float = PRIOR_SHARE) -> list[int]:
    """One order of `n` places from orders of some of them, and from the order that they had.

    A place hands its PageRank to those that were put before it. Reciprocal ranks of that order and of the
    one there was are added up; equals keep the order they had.
    """
    places = np.arange(n)
    if not orders:
        return [int(place) for place in places]
    votes = np.zeros((n, n))
    for order in orders:
        for worse in range(1, len(order)):
            votes[list(order[:worse]), order[worse]] += 1
    beaten = votes.sum(axis=0)
    handed = np.where(beaten > 0, votes / np.maximum(beaten, 1), 1 / n)
    strength = np.full(n, 1 / n)
    for _ in range(_STEPS):
        strength = (1 - DAMPING) / n + DAMPING * handed @ strength
    merged = np.empty(n)
    merged[np.lexsort((places, -strength))] = places
    scores = 1 / (RANK_OFFSET + merged) + prior_share / (RANK_OFFSET + places)
    return [int(place) for place in np.lexsort((places, -scores))]


def slide_windows(n: int, size: int, step: int) -> list[tuple[int, int]]:
    """The windows of the usual way, from the end of the list to its head: begin and end (Sun et al. 2023)."""
    if n < 2:
        return []
    if n <= size:
        return [(0, n)]
    return [(begin, begin + size) for begin in (*range(n - size, 0, -step), 0)]
