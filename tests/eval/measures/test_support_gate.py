from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eval.measures.support_gate import (
    Checked,
    Label,
    LabelledPair,
    check_pairs,
    load_pairs,
    measure_pairs,
    shares_by_kind,
)
from eval.report.pairs import pairs_markdown, roc, write_pairs_report
from eval.runs.compare import compare_runs
from rag.support.gate import Gate
from tests.helpers.eval_samples import MANIFEST


def checked(label: Label, support: float, status: str) -> Checked:
    pair = LabelledPair(f"{label}{support}", "C", ("E",), label)
    is_supported = status == "supported"
    return Checked(pair, support, status, (), "supported" if is_supported else "not enough information")


ALL = [
    checked("SUPPORT", 0.9, "supported"),
    checked("SUPPORT", 0.4, "weak"),
    checked("NEI", 0.6, "supported"),
    checked("NEI", 0.1, "unsupported"),
    checked("NEI", 0.2, "unsupported"),
    checked("CONTRADICT", 0.9, "unsupported"),
]


def test_measures_on_pairs() -> None:
    found = {name: estimate.value for name, estimate in measure_pairs(ALL).items()}
    assert found == pytest.approx(
        {
            "auc": 5 / 6,
            "auc_contradict": 0.25,
            "auc_rest": 5.5 / 8,
            "accuracy": 4 / 6,
            "label_right": 3 / 6,
            "accepted_support": 1 / 2,
            "accepted_nei": 1 / 3,
            "accepted_contradict": 0,
        }
    )


def test_labels_that_are_not_there_are_not_measured() -> None:
    assert list(measure_pairs(ALL[:2])) == ["accepted_support"]
    assert list(measure_pairs(ALL[2:5])) == ["accepted_nei"]


def test_the_table_tells_what_the_pairs_are() -> None:
    text = pairs_markdown("p", ALL, measure_pairs(ALL))
    assert text.startswith("# p: 1 CONTRADICT, 3 NEI, 2 SUPPORT")
    assert "| auc | 0.833 |" in text


def test_the_curve_goes_from_nothing_to_everything() -> None:
    assert roc([0.9, 0.4], [0.4, 0.1]) == [(0, 0), (0, 0.5), (0.5, 1), (1, 1)]


def test_the_folder_is_a_run_that_can_be_compared(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pairs_report(tmp_path / name, replace(MANIFEST, state="finished"), ALL)
    comparison = compare_runs(tmp_path / "a", tmp_path / "b")
    assert [(d.name, d.a, d.difference.n) for d in comparison.differences] == [("verdict_right", 4 / 6, 6)]
    page = (tmp_path / "a" / "report.html").read_text()
    assert page.count('<details class="question bad"') == 2
    assert page.count("<svg") == 2
    assert "accepted, though not supported" in page


def test_the_gate_tells_scifacts_claims_apart(shared_dir: Path, shipped_gate: Gate) -> None:
    pairs = load_pairs(shared_dir / "eval" / "scifact" / "pairs_train.jsonl")[::24]
    done: list[int] = []
    results = check_pairs(pairs, shipped_gate, lambda n, total: done.append(n))
    assert [result.pair for result in results] == list(pairs)
    assert done[-1] == len(pairs)
    assert measure_pairs(results)["auc_rest"].value > 0.7


def test_kinds_are_told_apart_supported_ones_first() -> None:
    kinds = [("para", ALL[0]), ("para", ALL[1]), ("beyond", ALL[2]), ("reversed", ALL[5]), ("", ALL[3])]
    found = shares_by_kind([replace(c, pair=replace(c.pair, kind=kind)) for kind, c in kinds])
    assert [(each.kind, each.supported.value, each.weak) for each in found] == [
        ("para", 0.5, 0.5),
        ("reversed", 0, 0),
        ("beyond", 1, 0),
    ]


def test_the_table_has_a_line_a_kind_and_a_line_a_tenth_of_support() -> None:
    text = pairs_markdown("p", [replace(c, pair=replace(c.pair, kind="k")) for c in ALL], measure_pairs(ALL))
    assert "| k | SUPPORT | 0.500 |" in text
    assert "| 0.90 | 0.50 | 2 |" in text
