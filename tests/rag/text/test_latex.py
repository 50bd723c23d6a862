"""LaTeX made readable where it is shown."""

from __future__ import annotations

import pytest

from rag.text.latex import readable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("requires \\textless2MB of storage", "requires <2MB of storage"),
        ("via trees (\\ourwork), a method", "via trees, a method"),
        ("an encoder~(e.g. a lamp) reads", "an encoder (e.g. a lamp) reads"),
        ("as a ``sink'' even", "as a “sink” even"),
        ("{bf C}ommittee {\\bf V}oting", "Committee Voting"),
        ("$\\alpha_{1}$ of $O(n^2)$", "α_1 of O(n^2)"),
        ("\\textbf{NTK-aware} 10\\%", "NTK-aware 10%"),
        ("as in~\\cite{a2019}.", "as in."),
        ("costs $5 and $6 now", "costs $5 and $6 now"),
        ("~5% and ~10x", "~5% and ~10x"),
        ("a set {1, 2}", "a set {1, 2}"),
        ("No LaTeX at all.", "No LaTeX at all."),
    ],
)
def test_readable(text: str, shown: str) -> None:
    assert readable(text) == shown
