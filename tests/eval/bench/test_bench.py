from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from eval.bench.__main__ import BenchRow, machine, run_rag, show
from eval.bench.gate import gate_ms
from rag.version import __version__


def test_a_child_is_measured() -> None:
    done = run_rag("--version")
    assert done.stdout == f"rag {__version__}\n"
    assert done.seconds > 0


def test_a_childs_peak_is_its_own() -> None:
    # Asked of a small process: Linux counts what a child shared with its parent before it became itself.
    told = "from eval.bench.__main__ import run_rag; print(run_rag('--version').peak_mb)"
    peak = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert 5 < float(peak) < 500


def test_a_child_that_fails_stops_the_benchmark() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run_rag("nonsense")
    assert failed.value.returncode == 2


def test_the_machine_is_told_without_a_name_or_a_path() -> None:
    line = machine()
    assert " cores" in line
    assert "commit " in line
    assert "/" not in line


def test_rows_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    show("Title", iter([BenchRow("what", "1 s", "5 runs")]))
    assert (
        capsys.readouterr().out
        == "### Title\n\n| what | figure | |\n|---|---|---|\n| what | 1 s | 5 runs |\n\n"
    )


def test_the_gate_is_timed_over_six_sentences(shared_dir: Path, tmp_path: Path) -> None:
    pages = str(next((shared_dir / "corpus").glob("002_*.txt")))
    run_rag("ingest", pages, "--library", str(tmp_path / "library"))
    times = gate_ms(tmp_path / "library", shared_dir / "eval" / "questions_dev.jsonl")
    assert times["n"] >= 1
    assert times["p50"] > 0
