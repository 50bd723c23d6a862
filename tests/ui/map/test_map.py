from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.records import Paper
from tests.helpers.ui_samples import HOSTILE, assert_harmless, parse
from ui.map.charts_svg import MappedPaper, render_group, render_legend, render_years
from ui.map.paper_map import (
    AT_MOST,
    FILE,
    draw_map,
    grown_map,
    keep_map,
    kept_map,
    middle_first,
    n_groups,
    name_groups,
    sample,
)
from ui.map.projection import group, lay_out, nearest

SUBJECTS = {
    "whale": "whales sing in the ocean",
    "bread": "bread rises with yeast",
    "comet": "comets orbit the sun",
}


def some_papers(each: int) -> list[Paper]:
    return [
        Paper(f"{name}{i}", f"On the {name} {i}", f"We show that {text}, number {i}.", year=2000 + i)
        for name, text in SUBJECTS.items()
        for i in range(each)
    ]


def some_vectors(each: int, spread: float = 0.3) -> NDArray[np.float32]:
    """Three bundles of unit vectors, float32[3 * each, 32]."""
    random = np.random.default_rng(0)
    middles = np.eye(3, 32, dtype=np.float32).repeat(each, axis=0)
    vectors = middles + spread * random.standard_normal((3 * each, 32), np.float32) / np.sqrt(32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def test_nearest_agrees_with_brute_force() -> None:
    vectors = some_vectors(40)
    places, cosines = nearest(vectors, 5)
    similar = vectors @ vectors.T - 2 * np.eye(len(vectors))
    np.testing.assert_array_equal(np.sort(places), np.sort(np.argsort(-similar, axis=1)[:, :5]))
    np.testing.assert_allclose(cosines, np.take_along_axis(similar, places, axis=1), atol=1e-6)
    assert (np.diff(cosines, axis=1) <= 0).all()


def test_alike_vectors_lie_together_within_the_frame() -> None:
    places = lay_out(some_vectors(30))
    assert places.min() >= 0
    assert places.max() <= 1
    middles = places.reshape(3, 30, 2).mean(axis=1)
    within = np.linalg.norm(places.reshape(3, 30, 2) - middles[:, None], axis=2).mean()
    between = np.linalg.norm(middles[:, None] - middles[None], axis=2)[~np.eye(3, dtype=bool)].min()
    assert between > 2 * within


def test_the_same_vectors_give_the_same_picture() -> None:
    np.testing.assert_array_equal(lay_out(some_vectors(10)), lay_out(some_vectors(10)))
    np.testing.assert_array_equal(group(some_vectors(10), 4), group(some_vectors(10), 4))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5])
def test_tiny_libraries_are_drawn_too(n: int) -> None:
    papers, vectors = some_papers(2)[:n], some_vectors(2)[:n]
    drawn = draw_map(papers, vectors, "state", n)
    assert len(drawn.places) == len(drawn.groups) == len(drawn.titles) == n
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in drawn.places)
    assert all(0 <= g < len(drawn.names) for g in drawn.groups)


def test_identical_vectors_are_drawn_too() -> None:
    assert np.isfinite(lay_out(np.ones((20, 8), np.float32) / np.sqrt(8, dtype=np.float32))).all()


def test_groups_find_the_bundles_and_are_named_by_them() -> None:
    papers, vectors = some_papers(20), some_vectors(20)
    groups = group(vectors, 3).tolist()
    assert sorted(len({groups[i * 20 + j] for j in range(20)}) for i in range(3)) == [1, 1, 1]
    names = name_groups(papers, groups)
    for i, subject in enumerate(SUBJECTS):
        assert subject in names[groups[i * 20]]
    assert not {"we", "show", "number", "the"} & set(", ".join(names).replace(",", "").split())


def test_the_largest_group_comes_first() -> None:
    sizes = np.bincount(group(some_vectors(20)[:45], 3))
    assert (np.diff(sizes) <= 0).all()


@pytest.mark.parametrize(("n", "groups"), [(1, 1), (3, 2), (122, 8), (400, 12), (100_000, 12)])
def test_groups_grow_with_the_library_up_to_the_palette(n: int, groups: int) -> None:
    assert n_groups(n) == groups


def test_a_large_library_is_sampled_the_same_way_each_time() -> None:
    assert sample(10) == list(range(10))
    drawn = sample(AT_MOST * 2)
    assert len(set(drawn)) == AT_MOST
    assert drawn == sorted(sample(AT_MOST * 2))


def test_a_map_is_kept_for_its_state_only(tmp_path: Path) -> None:
    drawn = draw_map(some_papers(3), some_vectors(3), "one", 9)
    assert kept_map(tmp_path) is None
    keep_map(tmp_path, drawn)
    assert kept_map(tmp_path) == drawn
    (tmp_path / FILE).write_text('{"other": 1}')
    assert kept_map(tmp_path) is None


def test_the_middle_of_a_group_is_listed_first() -> None:
    drawn = draw_map(some_papers(20), some_vectors(20), "state", 60)
    listed = middle_first(drawn, 0)
    assert sorted(listed) == [i for i, g in enumerate(drawn.groups) if g == 0]
    assert set(json.loads(drawn.to_json())) >= {"paper_ids", "titles", "places", "groups", "names", "years"}


def test_progress_is_told_up_to_the_end() -> None:
    told: list[float] = []
    lay_out(some_vectors(5), told.append)
    assert told == sorted(told)
    assert told[-1] > 0.9


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_only_text(text: str) -> None:
    assert_harmless(render_legend([text], [3], 3, 3), text)
    assert_harmless(render_group(text, [MappedPaper(text, text, 2020)]), text)


def test_years_are_bars_that_tell_their_number() -> None:
    found = parse(render_years({2020: 3, 2022: 1, 0: 5}))
    assert found.tags.count("rect") == 2
    assert "2020: 3 papers" in found.text
    assert "5 without a year" in found.text
    assert "No paper here tells its year" in render_years({0: 5})
    assert "3 earlier" in render_years({1900: 3, 2022: 1})


def test_a_sampled_map_says_so() -> None:
    assert "sample of 20,000 of 100,000" in render_legend(["a"], [20_000], 20_000, 100_000)


def test_papers_that_come_and_go_move_nothing_and_rename_no_group() -> None:
    papers, vectors = some_papers(20), some_vectors(20)
    old = draw_map(papers, vectors, "before", 60)
    kept = [i for i in range(60) if i not in (0, 21)]
    grown = grown_map(old, [papers[i] for i in kept], vectors[kept], "after", 58)
    assert grown is not None
    assert grown.names == old.names
    assert grown.places == [old.places[i] for i in kept]
    back = grown_map(grown, papers, vectors, "again", 60)
    assert back is not None
    assert back.groups[0] in old.groups[:20]  # among its own kind
    assert back.groups[21] in old.groups[20:40]
    assert (back.state, back.n_papers) == ("again", 60)


def test_a_library_that_changed_much_is_drawn_anew() -> None:
    papers, vectors = some_papers(20), some_vectors(20)
    old = draw_map(papers[:40], vectors[:40], "before", 40)
    assert grown_map(old, papers, vectors, "after", 60) is None
