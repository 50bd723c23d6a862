"""rag/text/standalone.py: what cannot be read alone, why, and what repairs it, in any field."""

from __future__ import annotations

import pytest

from rag.text.standalone import dependence


@pytest.mark.parametrize(
    ("sentence", "cause", "repair"),
    [
        ("This lowers the cost by half.", "mention", "previous"),
        ("These mice recovered within a week.", "mention", "previous"),
        ("It employs two stages.", "mention", "previous"),
        ("Their growth was slower.", "mention", "previous"),
        ("However, rain fell late.", "connective", "previous"),
        ("To address this, we weigh the samples.", "connective", "previous"),
        ("Then, the cells were counted.", "connective", "previous"),
        ("(2) The roots are cut.", "enumerator", "previous"),
        ("Secondly, the roots are cut.", "enumerator", "previous"),
        ("We find that our method wins.", "unnamed", "name"),
        ("The proposed treatment halves the risk.", "unnamed", "name"),
    ],
)
def test_a_sentence_that_leans_on_another_is_found(sentence: str, cause: str, repair: str) -> None:
    found = dependence(sentence)
    assert found is not None
    assert (found.cause, found.repair) == (cause, repair)
    assert found.words in sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "Otters eat crabs.",
        "It is known that otters eat crabs.",
        "This paper studies otters.",
        "In this study, we count otters.",
        "Such as it is.",
        "We show that rain lowers yields.",
        "Our model, GrassNet, counts plants.",
        "Both wheat and rye were sown.",
        "",
    ],
)
def test_a_sentence_that_stands_alone_is_left(sentence: str) -> None:
    assert dependence(sentence) is None
