"""Made pairs: the same for one seed, true and false ones alike in everything but what they say."""

from __future__ import annotations

from collections import defaultdict

import pytest

from eval.fit.support_model.data import Example
from eval.fit.support_model.synthetic import make, make_kept
from eval.fit.support_model.synthetic_pool import CONTRADICT, NEI, SUPPORT
from eval.measures.support_gate import estimate_auc

MADE = make(400, seed=3)


def test_a_seed_makes_the_same_pairs_and_another_one_others() -> None:
    assert make(20, seed=3) == MADE[: len(make(20, seed=3))]
    assert {e.evidence for e in make(20, seed=4)}.isdisjoint({e.evidence for e in make(20, seed=3)})


def test_texts_are_sentences_without_a_slot_or_a_choice_left() -> None:
    for example in MADE:
        for text in (example.evidence, example.claim):
            assert not set("{}[]|<>@") & set(text), text
            assert text.endswith(".")
            assert "  " not in text
            assert text[0] == text[0].upper()


def test_nearly_every_evidence_has_true_claims_and_false_ones() -> None:
    labels = defaultdict(set)
    for example in MADE:
        labels[example.group].add(example.label)
    assert sum(SUPPORT in found for found in labels.values()) > 0.97 * len(labels)
    assert sum(bool(found & {CONTRADICT, NEI}) for found in labels.values()) > 0.95 * len(labels)


@pytest.mark.parametrize("kinds", [("made_swapped",), ("made_reversed",)])
def test_shared_words_do_not_tell_an_exchanged_role_from_a_true_claim(kinds: tuple[str, ...]) -> None:
    true = [_overlap(e) for e in MADE if e.kind == "made_para"]
    false = [_overlap(e) for e in MADE if e.kind in kinds and e.label == CONTRADICT]
    assert 0.3 < estimate_auc(true, false).value < 0.7


def test_kept_wording_differs_by_order_or_direction_alone() -> None:
    kept = [e for e in make_kept(200, seed=5) if e.label == CONTRADICT]
    assert sum(_overlap(e) > 0.6 for e in kept) > 0.6 * len(kept)


def _overlap(example: Example) -> float:
    """The share of the claim's words that the evidence has."""
    there = set(example.evidence.lower().strip(".").split())
    words = example.claim.lower().strip(".").split()
    return sum(word in there for word in words) / len(words)
