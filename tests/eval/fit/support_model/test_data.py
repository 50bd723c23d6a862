"""Folds part papers, and batches hold every pair once."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from eval.fit.support_model import data
from eval.fit.support_model.data import Example
from rag.config import Config
from rag.encoder.weights import ensure

EXAMPLES = [
    Example(
        f"Evidence {n // 3} says so.", f"Claim {n} is " + "long " * (n % 7), n % 3, "kind", f"paper {n // 6}"
    )
    for n in range(60)
]


@pytest.fixture
def encoded(config: Config) -> data.EncodedPairs:
    return data.encode(EXAMPLES, ensure(config).tokenizer)


@pytest.mark.parametrize("rng", [None, random.Random(3)])
def test_every_pair_is_in_one_batch_and_no_batch_is_too_wide(
    encoded: data.EncodedPairs, rng: random.Random | None
) -> None:
    batches = list(data.batches(encoded, range(len(EXAMPLES)), 400, rng))
    assert sorted(int(i) for batch in batches for i in batch.index) == list(range(len(EXAMPLES)))
    # Widths are rounded up to a multiple of eight after the batch is filled.
    assert all(batch.ids.size <= 400 + 8 * len(batch.ids) for batch in batches)


def test_claims_on_one_evidence_share_a_batch(encoded: data.EncodedPairs) -> None:
    home: dict[int, int] = {}
    for number, batch in enumerate(data.batches(encoded, range(len(EXAMPLES)), 400, random.Random(1))):
        for group in batch.groups:
            assert home.setdefault(int(group), number) == number


def test_a_claim_is_the_second_segment_and_padding_is_masked(encoded: data.EncodedPairs) -> None:
    batch = next(data.batches(encoded, range(6), 400, None))
    for ids, segments, mask in zip(batch.ids, batch.segments, batch.mask, strict=True):
        n = int(mask.sum())
        assert (ids[:n] > 0).all()
        assert not ids[n:].any()
        assert ids[n - 1] == 102
        assert np.flatnonzero(segments).tolist() == list(range(int(segments.argmax()), n))


def test_a_paper_is_in_one_fold_whatever_file_it_comes_from(shared_dir: Path) -> None:
    examples = data.labelled_examples(shared_dir)
    homes = {(e.group, data.fold_of(e.group, 3)) for e in examples}
    assert len(homes) == len({e.group for e in examples})
    sizes = np.bincount([data.fold_of(e.group, 3) for e in examples])
    assert sizes.min() > 0.25 * len(examples)


def test_of_the_general_pairs_only_those_of_stated_licence_are_used(shared_dir: Path) -> None:
    assert {example.kind for example in data.general(shared_dir)} == set(data.LICENSED_SETS)
