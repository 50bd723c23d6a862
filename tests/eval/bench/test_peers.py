from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from eval.bench.peer_models import write_model_folder
from eval.bench.peers import SYSTEMS, PeerRow, PeerTask, _task, compare, show_task
from rag.config import Config
from rag.demo import demo_papers_path
from rag.encoder.weights import find
from rag.readers import read_paths
from rag.records import Paper


@pytest.fixture
def task(tmp_path: Path) -> PeerTask:
    papers = [paper for paper in read_paths([demo_papers_path()]) if isinstance(paper, Paper)]
    questions = {str(i): papers[i].title for i in (3, 7)}
    qrels = {str(i): {papers[i].paper_id: 1} for i in (3, 7)}
    return _task("demo", papers, questions, qrels, tmp_path, 12)


def test_judged_papers_are_kept_where_some_are_left_out(task: PeerTask) -> None:
    text = task.papers.read_text("utf-8")
    assert text.count("\n") == task.n_papers == 12
    assert all(f'"{paper_id}"' in text for grades in task.qrels.values() for paper_id in grades)


def test_every_system_has_a_row_or_a_reason(
    task: PeerTask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(compare(task, SYSTEMS, None, tmp_path, tmp_path))
    assert len(rows) == len(SYSTEMS)
    ours = [row for row in rows if isinstance(row, PeerRow)]
    assert [row.name for row in ours] == ["rag search", "rag ask"]
    assert all(row.p50_ms > 0 and row.cold_s > 0 and 0.5 < row.ndcg <= 1 for row in ours)
    assert math.isnan(ours[1].papers_per_s)
    assert ours[0].papers_per_s > 0
    show_task(task, iter(rows))
    out = capsys.readouterr().out
    assert all(system.name in out for system in SYSTEMS)


def test_a_peer_whose_packages_are_missing_is_named(task: PeerTask, tmp_path: Path) -> None:
    (row,) = compare(task, [SYSTEMS[2]], Path(sys.executable), tmp_path, tmp_path)
    assert row == "LlamaIndex + Chroma: its process ended with 1"


def test_the_models_folder_holds_the_official_weights(config: Config, tmp_path: Path) -> None:
    folder = write_model_folder(find(config), tmp_path / "model")
    assert (folder / "model.safetensors").read_bytes() == (find(config) / "model.safetensors").read_bytes()
