"""Two claims put together keep their words, and are true where both are."""

from __future__ import annotations

import random
import re

from eval.fit.support_model import joined
from eval.fit.support_model.data import Example


def test_joined_phrases_keep_their_words_but_articles() -> None:
    made = {joined.join(["the index halves memory.", "a cache helps"], random.Random(n)) for n in range(60)}
    assert len(made) > 10
    for claim in made:
        assert claim.endswith(".")
        assert {"index", "halves", "memory", "cache", "helps"} <= set(re.findall(r"\w+", claim.lower()))


def test_joined_claims_are_true_only_where_both_are() -> None:
    pairs = [
        Example(f"Evidence {paper}.", f"{word} {paper} {n}", label, "kind", f"paper {paper}")
        for paper in range(6)
        for n, (word, label) in enumerate((("right", 0), ("right", 0), ("wrong", 1), ("open", 2)))
    ]
    found = joined.make(pairs, 4, seed=2)
    assert found == joined.make(pairs, 4, seed=2)
    assert len({example.group for example in found}) == 4
    for example in found:
        own = example.claim.count(example.group.removeprefix("paper ") + " ")
        false = {"wrong", "open"} & set(example.claim.lower().split())
        assert (example.label == 0) == (own >= 2 and not false)
