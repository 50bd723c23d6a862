"""The fit of the duplicate thresholds: what is shipped is as good as what the pairs ask for."""

from __future__ import annotations

from dataclasses import asdict, replace

from eval.fit.duplicates import _PAIRS, GRID, judge_pairs, load_record_pairs
from rag.papers.likeness import THRESHOLDS

PAIRS = load_record_pairs(_PAIRS)


def test_the_shipped_thresholds_lose_no_paper() -> None:
    outcome = judge_pairs(PAIRS, THRESHOLDS)
    assert outcome.n_wrong == 0
    assert outcome.n_found >= 0.95 * outcome.n_same
    assert outcome.n_same + outcome.n_different == len(PAIRS)


def test_thresholds_that_let_too_much_pass_lose_papers() -> None:
    loose = replace(THRESHOLDS, title_words=1, much=0.2, some=0.05, years=8)
    assert judge_pairs(PAIRS, loose).n_wrong > 0
    assert judge_pairs(PAIRS, loose).gain < judge_pairs(PAIRS, THRESHOLDS).gain


def test_the_grid_has_every_threshold_and_its_shipped_value() -> None:
    shipped = asdict(THRESHOLDS)
    assert GRID.keys() == shipped.keys()
    assert all(shipped[name] in values for name, values in GRID.items())


def test_pairs_that_share_a_paper_are_of_one_group() -> None:
    groups: dict[str, set[int]] = {}
    for pair in PAIRS:
        groups.setdefault(pair.one.title, set()).add(pair.group)
    assert max(len(each) for each in groups.values()) == 1
    assert len({pair.group for pair in PAIRS}) > 10
