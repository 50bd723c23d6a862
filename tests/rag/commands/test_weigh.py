from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from rag.records import Answer
from tests.conftest import Outcome

CLAIM = "Speculative decoding makes generation faster."


def test_a_claim_is_weighed_as_text_and_as_json(rag: Callable[..., Outcome], demo_library: Path) -> None:
    shown = rag("weigh", "--library", demo_library, CLAIM)
    assert shown.code == 0
    assert "[1]" in shown.out or "Nothing found" in shown.out
    answer = Answer.from_dict(json.loads(rag("weigh", "--library", demo_library, "--json", CLAIM).out))
    assert (answer.question, answer.intent, answer.mode) == (CLAIM, "stance", "extractive")


def test_a_batch_keeps_order_and_ids(rag: Callable[..., Outcome], demo_library: Path, tmp_path: Path) -> None:
    lines = [{"id": "b", "question": CLAIM}, {"id": "a", "question": "Olive trees need little water."}]
    batch = tmp_path / "claims.jsonl"
    batch.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    out = rag("weigh", "--library", demo_library, "--batch", batch, "--json").out
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["b", "a"]
    refused = rag("weigh", "--library", demo_library, "--batch", batch)
    assert (refused.code, refused.out) == (2, "")
