from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.runs.compare import compare_runs, comparison_text
from eval.runs.run_folder import RunManifest, write_manifest
from rag.errors import InputError
from tests.helpers.eval_samples import MANIFEST

SCORES = {
    "q1": {"nDCG@10": 0.5, "Success@1": 0.0, "fact_recall": 1.0},
    "q2": {"nDCG@10": 1.0, "Success@1": 1.0, "fact_recall": 0.5},
    "q3": {"nDCG@10": 0.0, "Success@1": 0.0},
}
BETTER = {
    "q1": {"nDCG@10": 1.0, "Success@1": 1.0, "fact_recall": 1.0},
    "q2": {"nDCG@10": 1.0, "Success@1": 1.0, "fact_recall": 0.25},
    "q3": {"nDCG@10": 0.3, "Success@1": 0.0},
}


def run_folder(
    folder: Path,
    scores: dict[str, dict[str, float]],
    manifest: RunManifest = MANIFEST,
    state: str = "finished",
) -> Path:
    folder.mkdir()
    write_manifest(folder, replace(manifest, state=state))
    rows = ({"id": q, "type": "fact", "question": f"What of {q}?", "scores": s} for q, s in scores.items())
    (folder / "scores.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_differences_are_paired_by_question(tmp_path: Path) -> None:
    a, b = run_folder(tmp_path / "a", SCORES), run_folder(tmp_path / "b", BETTER)
    found = {d.name: d for d in compare_runs(a, b).differences}
    assert list(found) == ["nDCG@10", "Success@1", "fact_recall"]
    ndcg = found["nDCG@10"]
    assert (ndcg.a, ndcg.b) == pytest.approx((0.5, 2.3 / 3))
    assert ndcg.difference.n == 3
    assert ndcg.difference.value == pytest.approx(0.8 / 3)
    # Of the eight ways to flip +.5, 0 and +.3, four are as far from 0 as what was seen.
    assert ndcg.p == pytest.approx(0.5, abs=0.02)
    assert found["fact_recall"].difference.n == 2
    assert found["fact_recall"].difference.value == pytest.approx(-0.125)


def test_flips_are_told_both_ways(tmp_path: Path) -> None:
    a, b = run_folder(tmp_path / "a", SCORES), run_folder(tmp_path / "b", BETTER)
    flips = {flip.name: flip for flip in compare_runs(a, b).flips}
    assert flips["Success@1"].gained == (("q1", "What of q1?"),)
    assert flips["Success@1"].lost == ()
    assert flips["fact_recall"].lost == (("q2", "What of q2?"),)
    text = comparison_text(compare_runs(a, b))
    assert "Success@1 gained (1):\n- q1: What of q1?" in text
    assert "fact_recall lost (1):\n- q2: What of q2?" in text
    assert "| nDCG@10 | 0.500 | 0.767 | +0.267 |" in text


def test_a_run_against_itself_differs_in_nothing(tmp_path: Path) -> None:
    a = run_folder(tmp_path / "a", SCORES)
    comparison = compare_runs(a, a)
    assert all(d.difference.value == 0 and d.p == 1 for d in comparison.differences)
    assert comparison.flips == ()
    assert comparison.changed == ()


def test_what_made_the_difference_is_told(tmp_path: Path) -> None:
    a = run_folder(tmp_path / "a", SCORES)
    b = run_folder(tmp_path / "b", BETTER, replace(MANIFEST, settings={"mode": "llm"}, encoder="e2"))
    changed = compare_runs(a, b).changed
    assert changed == ("encoder: 'e' -> 'e2'", "settings.mode: 'extractive' -> 'llm'")


@pytest.mark.parametrize("part", ["dataset", "library"])
def test_unlike_runs_are_refused_unless_told(tmp_path: Path, part: str) -> None:
    a = run_folder(tmp_path / "a", SCORES)
    other = replace(MANIFEST, dataset={"name": "e"}) if part == "dataset" else replace(MANIFEST, library={})
    b = run_folder(tmp_path / "b", {"q2": BETTER["q2"]}, other)
    with pytest.raises(InputError, match=f"differ in {part}"):
        compare_runs(a, b)
    assert compare_runs(a, b, anyway=True).n == 1


def test_runs_without_a_common_question_are_refused(tmp_path: Path) -> None:
    a, b = run_folder(tmp_path / "a", SCORES), run_folder(tmp_path / "b", {"other": {}})
    with pytest.raises(InputError, match="share no question"):
        compare_runs(a, b)


def test_an_unfinished_run_is_refused(tmp_path: Path) -> None:
    a = run_folder(tmp_path / "a", SCORES)
    b = run_folder(tmp_path / "b", SCORES, state="running")
    with pytest.raises(InputError, match="is not finished"):
        compare_runs(a, b)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run folder"):
        compare_runs(tmp_path, tmp_path)
