"""The file that ships is the one that was measured, and it works on fields that it did not learn from."""

from __future__ import annotations

import numpy as np
import pytest

from eval.fit.support_model import data
from eval.measures.support_gate import estimate_auc
from rag.config import Config
from rag.support.support_graph import DIFFERENCE, DIFFERENCE_SHA256
from rag.support.support_model import SUPPORTED, SupportModel
from rag.support.weight_difference import read_difference

MAX_BYTES = 8_000_000
FLOOR = 0.55
"""A floor against damage, no target: these pairs are hard, docs/gate.md has the figures."""


def test_the_file_is_whole_small_and_says_how_it_is_calibrated() -> None:
    learned = read_difference(DIFFERENCE, DIFFERENCE_SHA256)
    assert DIFFERENCE.stat().st_size <= MAX_BYTES
    assert all(np.isfinite(tensor).all() for tensor in learned.tensors.values())
    chosen = learned.about["thresholds"]
    assert 0 < chosen["weak"] < chosen["supported"] < 1
    assert 0.5 <= chosen["contradicted"] < 1


@pytest.fixture(scope="module")
def model() -> SupportModel:
    return SupportModel.load(Config.from_env())


def test_true_claims_of_other_fields_get_the_higher_chances(model: SupportModel) -> None:
    pairs = data.own_pairs()
    found = model.judge([(e.claim, e.evidence) for e in pairs], [e.title for e in pairs])[:, SUPPORTED]
    true = [float(chance) for chance, e in zip(found, pairs, strict=True) if e.label == 0]
    false = [float(chance) for chance, e in zip(found, pairs, strict=True) if e.label != 0]
    assert estimate_auc(true, false).value > FLOOR


def test_evidence_supports_its_own_words_and_not_another_papers(model: SupportModel) -> None:
    texts = sorted({pair.evidence for pair in data.own_pairs()})
    own = model.judge([(text, text) for text in texts])[:, SUPPORTED]
    other = model.judge(list(zip(texts, texts[1:] + texts[:1], strict=True)))[:, SUPPORTED]
    assert (own >= model.thresholds.supported).mean() > 0.95
    assert (other >= model.thresholds.weak).mean() < 0.05
