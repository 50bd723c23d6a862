"""Calibration and thresholds do what they say, on chances whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eval.fit.support_model import figures
from eval.fit.support_model.data import Example

RNG = np.random.default_rng(2)
N = 3000
TRUE_LOGITS = RNG.normal(scale=2.0, size=(N, 3))
CHANCES = figures.Calibration(1.0, (0.0, 0.0, 0.0)).chances(TRUE_LOGITS)
LABELS = np.array([RNG.choice(3, p=row) for row in CHANCES])
EXAMPLES = [
    Example("", str(n), int(label), ("support_para", "reversed", "beyond")[label], "", field="ml")
    for n, label in enumerate(LABELS)
]


def test_calibration_undoes_a_scale_and_a_shift() -> None:
    found = figures.calibrate(TRUE_LOGITS / 1.7 + np.array([0.3, -0.2, 0.0]), LABELS)
    assert found.scale == pytest.approx(1.7, rel=0.1)
    assert np.array(found.shift) == pytest.approx(np.array([-0.3, 0.2, 0.0]) * 1.7, abs=0.2)


def test_calibrated_chances_are_shares() -> None:
    for chance, share, n in figures.reliability(CHANCES, EXAMPLES):
        assert chance == pytest.approx(share, abs=4 * (chance * (1 - chance) / n) ** 0.5 + 0.01)


def test_thresholds_let_the_stated_share_of_paraphrases_pass() -> None:
    chosen = figures.choose_thresholds(CHANCES, EXAMPLES)
    passed = figures.accepted(CHANCES[:, 0], EXAMPLES, chosen["supported"])
    assert passed["support_para"].value == pytest.approx(figures.PARAPHRASES_KEPT, abs=0.005)
    assert passed["reversed"].value < passed["support_para"].value
    assert chosen["weak"] < chosen["supported"]
    assert chosen["contradicted"] >= 0.5


def test_kept_logits_come_back_for_their_own_pairs_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "FOLD_LOGITS", tmp_path / "logits.npz")
    places = np.array([5, 3, 2999])
    figures.save_logits(EXAMPLES, places, TRUE_LOGITS[places].astype(np.float32))
    logits, examples = figures.load_logits(EXAMPLES)
    assert logits == pytest.approx(TRUE_LOGITS[places], abs=0.01)
    assert examples == [EXAMPLES[place] for place in places]
    with pytest.raises(ValueError, match="make train-gate"):
        figures.load_logits(EXAMPLES[1:])
