"""The pairs written to test the judgement on other fields: whole, balanced, of no paper it learned from."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from eval.fit.support_model import data
from eval.measures.support_gate import estimate_auc

PAIRS = data.own_pairs()


def test_every_evidence_has_two_true_claims_and_three_false_ones() -> None:
    labels = defaultdict(list)
    for pair in PAIRS:
        labels[pair.evidence].append(pair.label)
    assert len(labels) == 24
    assert {tuple(sorted(min(label, 1) for label in found)) for found in labels.values()} == {(0, 0, 1, 1, 1)}


def test_words_alone_hardly_tell_true_from_false() -> None:
    shared = [
        len(set(pair.claim.lower().split()) & set(pair.evidence.lower().split())) / len(pair.claim.split())
        for pair in PAIRS
    ]
    true = [share for share, pair in zip(shared, PAIRS, strict=True) if pair.label == 0]
    false = [share for share, pair in zip(shared, PAIRS, strict=True) if pair.label != 0]
    assert estimate_auc(true, false).value < 0.6


def test_they_are_about_papers_of_their_own(shared_dir: Path) -> None:
    known = {example.group for example in data.labelled_examples(shared_dir)}
    assert not {pair.group for pair in PAIRS} & known


def test_they_read_as_the_evaluation_reads_pairs() -> None:
    from eval.measures.support_gate import load_pairs

    assert len(load_pairs(data.OWN_PAIRS)) == len(PAIRS) == 120
    assert all(json.loads(line)["title"] for line in data.OWN_PAIRS.read_text("utf-8").splitlines())
