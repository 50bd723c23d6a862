"""`rag dedup --review` on a small library."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.commands.dedup import run
from rag.config import Config
from rag.errors import InputError
from tests.conftest import Outcome

TEXT = (
    "MergeNet learns to merge streams of documents from forty examples of merged output and errs but seldom."
)


def test_doubtful_pairs_are_listed_and_clear_ones_are_not(
    rag: Callable[..., Outcome], tmp_path: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = [
        {"id": "m1", "title": "MergeNet: Joining Streams", "abstract": TEXT},
        {"id": "m2", "title": "MergeNet 2: Joining Streams", "abstract": TEXT + " Version 2 is faster."},
        {
            "id": "k",
            "title": "Do Kettles Dream?",
            "abstract": "Kettles in kitchens with windows boil a fifth faster.",
        },
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, papers)))
    rag("ingest", tmp_path / "x.jsonl", "--library", config.library)
    assert run(Namespace(review=True, json=True), config) == 0
    [pair] = json.loads(capsys.readouterr().out)
    assert (pair["verdict"], pair["ids"]) == ("doubtful", ["m1", "m2"])
    run(Namespace(review=True, json=False), config)
    assert "m2  MergeNet 2: Joining Streams" in capsys.readouterr().out


def test_without_review_nothing_is_done(config: Config) -> None:
    with pytest.raises(InputError, match="add --review"):
        run(Namespace(review=False, json=False), config)
