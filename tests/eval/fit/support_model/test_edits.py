"""Sentences changed by rule: each change does what its kind says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from eval.fit.support_model import data, edits
from eval.fit.support_model.edits import CONTRADICT, NEI, falsified, reworded


@pytest.mark.parametrize(
    ("text", "kind", "label", "changed"),
    [
        ("Heat increases the yield.", "reversed", CONTRADICT, "Heat decreases the yield."),
        ("The yield is stable.", "negated", CONTRADICT, "The yield is not stable."),
        ("The yield was not stable.", "negated", CONTRADICT, "The yield was stable."),
        ("The yield may grow.", "overclaim", NEI, "The yield will always grow."),
        ("It grows up to 3 times.", "overclaim", NEI, None),
        ("KRAS acts well before TP53 here.", "swapped", CONTRADICT, "TP53 acts well before KRAS here."),
    ],
)
def test_a_false_claim_differs_as_its_kind_says(
    text: str, kind: str, label: int, changed: str | None
) -> None:
    found = {k: (t, y) for t, y, k in falsified(text, random.Random(1))}
    assert found[kind][1] == label
    assert found[kind][0] == changed or (changed is None and "up to" not in found[kind][0])


def test_names_side_by_side_in_a_list_are_not_exchanged() -> None:
    assert "swapped" not in {kind for _, _, kind in falsified("Both KRAS and TP53 matter.", random.Random(1))}


def test_rewording_keeps_the_number_of_words_and_all_that_has_no_synonym() -> None:
    text = "Our method improves several scores significantly."
    found = {reworded(text, random.Random(seed)) for seed in range(20)}
    assert len(found) > 3
    assert all(each.startswith("Our ") and len(each.split()) == len(text.split()) for each in found)


def test_no_sentence_comes_from_a_paper_that_labelled_pairs_are_about(shared_dir: Path) -> None:
    taken = {example.group for example in data.labelled_examples(shared_dir)}
    made = edits.make(shared_dir, taken, 300, seed=1)
    assert made == edits.make(shared_dir, taken, 300, seed=1)
    assert not {data.paper_key(example.title) for example in made if example.title} & taken
    labelled = {example.evidence for example in data.labelled_examples(shared_dir)}
    assert not {example.evidence for example in made if example.title} & labelled
