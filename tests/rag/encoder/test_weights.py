"""Only the official weights are used, from the first place that has them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Config
from rag.encoder import weights
from rag.encoder.minilm import Encoder
from rag.errors import WeightsError


@pytest.fixture
def official(config: Config) -> Path:
    return next(folder for folder in weights.local_folders(config) if weights.why_not(folder) is None)


def test_a_configured_folder_is_looked_at_first(official: Path, config: Config, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(official, mine)
    assert weights.find(replace(config, weights=mine)) == mine


def test_a_file_that_is_not_the_official_one_is_passed_over(
    official: Path, config: Config, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(official, mine)
    with (mine / "model.safetensors").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2\3")
    assert weights.why_not(mine) == "model.safetensors is not the official file"
    assert weights.find(replace(config, weights=mine)) != mine


def test_without_any_weights_the_error_says_where_it_looked_and_what_to_do(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "CARRIER", "a_package_nobody_has")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"looked in .*empty \(no model.safetensors\).*RAG_WEIGHTS"):
        weights.find(replace(config, weights=tmp_path / "empty", cache=tmp_path / "cache"))


def test_graphs_are_built_once(config: Config, tmp_path: Path) -> None:
    fresh = replace(config, cache=tmp_path / "cache")
    first = weights.ensure(fresh)
    made = first.int8_graph.stat().st_mtime_ns
    assert weights.ensure(fresh).int8_graph.stat().st_mtime_ns == made
    assert not list(first.int8_graph.parent.glob("building-*"))


def test_what_is_damaged_in_the_cache_is_made_again_or_said(config: Config, tmp_path: Path) -> None:
    fresh = replace(config, cache=tmp_path / "cache")
    weights.ensure(fresh).tokenizer.write_text("{}", "utf-8")
    encoder = Encoder.load(fresh)
    assert encoder.n_tokens("lanterns at sea") >= 5
    graph = weights.ensure(fresh).float_graph
    with graph.open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(WeightsError, match=f"{graph} is damaged; .* rm -r {graph.parent}"):
        encoder.encode_query("lanterns at sea")


def test_the_fingerprint_is_known_before_the_weights_are(config: Config) -> None:
    assert weights.ensure(config).fingerprint == weights.fingerprint()
