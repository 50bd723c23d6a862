from __future__ import annotations

from pathlib import Path

import pytest

from eval.bench.sizes import PARTS, SHARES, measure
from eval.bench.stand_in import FIRST_YEAR, StandInEncoder, made_papers
from rag.config import Config
from rag.demo import demo_papers_path
from rag.encoder.weights import ensure
from rag.readers import read_paths
from rag.records import Paper


@pytest.fixture(scope="module")
def real() -> list[Paper]:
    return [paper for paper in read_paths([demo_papers_path()]) if isinstance(paper, Paper)]


def test_made_papers_are_the_same_each_time_and_their_years_evenly_dealt(real: list[Paper]) -> None:
    papers = list(made_papers(200, real))
    assert papers == list(made_papers(200, real))
    assert len({paper.abstract for paper in papers}) == 200
    assert sum(paper.year == FIRST_YEAR for paper in papers) == 2


def test_every_row_of_a_size_is_produced(real: list[Paper], tmp_path: Path) -> None:
    encoder = StandInEncoder(ensure(Config.from_env()))
    rows = list(measure(150, real, encoder, tmp_path / "made"))
    names = {row.what for row in rows}
    assert names >= {"ingest", "the same again, nothing changed", "opening"}
    assert ("peak memory, ingest and all" in names) == Path("/proc/self/status").exists()
    assert names >= {f"disk, {part}" for part in PARTS} | {f"ask, filter passing {n}%" for n in SHARES}
    assert names >= {"status", "the whole list", "update 150 papers", "remove 150 papers"}
    assert names >= {"ask, warm, median", "ask, warm, 95th percentile", "recall@10 of the dense leg"}
    assert all(row.number > 0 for row in rows if not row.what.startswith("of it"))
