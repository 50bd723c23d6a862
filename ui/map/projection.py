"""A picture of high-dimensional vectors: groups, and a place in the plane for each. numpy only.

The layout follows UMAP (McInnes, Healy and Melville, 2018): a graph of nearest neighbours whose ends
attract, random pairs that repel, over all edges at once in place of its one edge at a time. It starts
from the two principal components, so the same vectors give the same picture. Not umap-learn: it and what it
needs (numba, llvmlite, scikit-learn) are 260 MB, and importing scikit-learn's part alone takes over a second.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

N_NEIGHBOURS = 12
N_REPELLED = 4
"""Random points a point is pushed from, for each neighbour that pulls it."""
A, B = 1.577, 0.895
"""UMAP's curve 1 / (1 + a d^2b) for a least distance of 0.1."""
START_SPREAD = 2.0
"""Standard deviation of the first places. Wider, and groups that start apart never find each other."""
EVENED = 0.5
"""How far each axis is pulled from true distances towards equal steps: islands open up, order stays."""
STARTS = 8
"""Times the groups are looked for; the closest-fitting are taken."""
_BLOCK = 2048


def nearest(vectors: Floats, k: int = N_NEIGHBOURS) -> tuple[NDArray[np.int32], Floats]:
    """For each unit row its k nearest others, nearest first, and the cosines: int32 and float32[n, k]."""
    n = len(vectors)
    k = min(k, n - 1)
    places, cosines = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        similar = vectors[rows] @ vectors.T
        similar[rows - start, rows] = -np.inf
        best = np.argpartition(-similar, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(similar, best, axis=1), axis=1)
        places[rows] = np.take_along_axis(best, order, axis=1)
        cosines[rows] = np.take_along_axis(similar, places[rows], axis=1)
    return places, cosines


def lay_out(vectors: Floats, progress: Callable[[float], None] | None = None, seed: int = 7) -> Floats:
    """A place for each unit row, float32[n, 2] within 0..1; rows that are alike lie together.

    `progress` is told the part done, 0 to 1.
    """
    n = len(vectors)
    if n < 4:
        return np.linspace(0.3, 0.7, 2 * n, dtype=np.float32).reshape(n, 2)
    tails, cosines = nearest(vectors)
    heads = np.repeat(np.arange(n), tails.shape[1])
    # Distance beyond the nearest neighbour, in units of the point's own spread: dense and thin regions alike.
    beyond = cosines[:, :1] - cosines
    pull = np.exp(-beyond / (beyond.mean(axis=1, keepdims=True) + 1e-6)).ravel()
    place, random = START_SPREAD * _principal(vectors), np.random.default_rng(seed)
    epochs = 300 if n < 5000 else 150
    for epoch in range(epochs):
        _step(place, heads, tails.ravel(), pull, random, rate=1 - epoch / epochs)
        if progress and epoch % 10 == 0:
            progress(epoch / epochs)
    return _framed(place)


def _framed(place: Floats) -> Floats:
    """Within 0..1, far outliers drawn in and each axis half evened out."""
    low, high = np.percentile(place, [1, 99], axis=0)
    true = np.clip((place - low) / (high - low + 1e-9), -0.04, 1.04)
    even = np.argsort(np.argsort(place, axis=0), axis=0) / (len(place) - 1)
    framed: Floats = ((1 - EVENED) * true + EVENED * even).astype(np.float32)
    return (framed + 0.05) / 1.1


def _step(
    place: Floats,
    heads: NDArray[np.int64],
    tails: NDArray[np.int32],
    pull: Floats,
    random: np.random.Generator,
    rate: float,
) -> None:
    """One round over all edges, in place."""
    n = len(place)
    gap = place[heads] - place[tails]
    squared = np.einsum("ij,ij->i", gap, gap) + 1e-6
    force = -2 * A * B * squared ** (B - 1) / (1 + A * squared**B) * pull
    moved = np.clip(force[:, None] * gap, -4, 4)
    change = _summed(heads, moved, n) - _summed(tails, moved, n)
    for _ in range(N_REPELLED):
        others = random.integers(0, n, len(heads))
        gap = place[heads] - place[others]
        squared = np.einsum("ij,ij->i", gap, gap)
        force = 2 * B / ((0.001 + squared) * (1 + A * squared**B)) * pull.mean()
        change += _summed(heads, np.clip(force[:, None] * gap, -4, 4), n)
    place += np.clip(change * rate * 0.1, -2, 2)


def _summed(rows: NDArray[np.integer], moved: Floats, n: int) -> Floats:
    sums = [np.bincount(rows, weights=moved[:, axis], minlength=n) for axis in (0, 1)]
    return np.stack(sums, axis=1).astype(np.float32)


def _principal(vectors: Floats) -> Floats:
    """The first two principal components, each of unit spread and a fixed sign: float32[n, 2]."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, [-1, -2]] * np.sign(axes[:, [-1, -2]].sum(axis=0))
    scores = centred @ axes
    return np.ascontiguousarray(scores / (scores.std(axis=0) + 1e-9), dtype=np.float32)


def group(vectors: Floats, n_groups: int, seed: int = 7) -> NDArray[np.int32]:
    """A group for each unit row, int32[n], the largest group 0: k-means by cosine, the best of a few starts.

    Groups too small to be worth a colour go to their nearest neighbours, so there may be fewer than asked.
    """
    starts = [_converged(vectors, n_groups, np.random.default_rng(seed + i)) for i in range(STARTS)]
    centres = max(starts, key=lambda found: float((vectors @ found.T).max(axis=1).sum()))
    _, member, sizes = np.unique(
        np.argmax(vectors @ centres.T, axis=1), return_inverse=True, return_counts=True
    )
    rank = np.empty(len(sizes), np.int32)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[member]


def _converged(vectors: Floats, n_groups: int, random: np.random.Generator, rounds: int = 30) -> Floats:
    """The groups' centres, unit rows, from one k-means++ start; the small groups dropped on the way."""
    centres = _seeds(vectors, n_groups, random)
    member = np.full(len(vectors), -1)
    for _ in range(rounds):
        before, member = member, np.argmax(vectors @ centres.T, axis=1)
        if np.array_equal(before, member):
            break
        sizes = np.bincount(member, minlength=len(centres))
        kept = np.flatnonzero(sizes >= max(1, len(vectors) / (4 * n_groups)))
        sums = np.stack([vectors[member == g].sum(axis=0) for g in kept])
        centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return centres


def _seeds(vectors: Floats, n_groups: int, random: np.random.Generator) -> Floats:
    chosen = [int(random.integers(len(vectors)))]
    far = np.full(len(vectors), np.inf)
    for _ in range(n_groups - 1):
        far = np.minimum(far, np.maximum(0, 1 - vectors @ vectors[chosen[-1]])) + 1e-12
        chosen.append(int(random.choice(len(vectors), p=far / far.sum())))
    return vectors[chosen].copy()
