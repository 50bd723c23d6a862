"""`rag check`: a paragraph with one true, one altered and one invented claim, and pairs without a library."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome

Rag = Callable[..., Outcome]

TRUE = "NDCG@10 on TREC DL 2019 is more than 9% higher with SPLADE v2 than with the first SPLADE."
ALTERED = "NDCG@10 on TREC DL 2019 is more than 19% higher with SPLADE v2 than with the first SPLADE."
INVENTED = "SPLADE v2 was trained for six weeks on a cluster of quantum computers."


def test_true_altered_and_invented_are_told_apart(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    text = tmp_path / "draft.md"
    text.write_text(f"# Draft\n\n{TRUE} {ALTERED}\n{INVENTED}\n")
    outcome = rag("check", "--library", demo_library, text, "--json")
    found = json.loads(outcome.out)
    assert outcome.code == 0
    assert [each["text"] for each in found["sentences"]] == [TRUE, ALTERED, INVENTED]
    assert [each["status"] for each in found["sentences"]] == ["supported", "unsupported", "unsupported"]
    assert [each["line"] for each in found["sentences"]] == [3, 3, 4]
    assert (found["supported"], found["weak"], found["unsupported"]) == (1, 0, 2)
    true, altered, _ = found["sentences"]
    assert true["evidence"][0]["paper_id"] == "splade-v2"
    assert "rises by more than 9%" in true["evidence"][0]["quote"]
    assert "9%" in altered["reasons"][0]


def test_it_speaks_of_the_paper_that_the_last_sentence_was_about(
    rag: Rag, demo_library: Path, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text(
        "JointRank reranks candidate sets that are too large for one prompt. "
        "It reaches an nDCG@10 of 71.88 on TREC DL-2019."
    )
    found = json.loads(rag("check", draft, "--json", "--library", demo_library).out)
    first, second = found["sentences"]
    assert (first["status"], second["status"]) == ("supported", "unsupported")
    assert "the cited sentence says 70.88, not 71.88" in second["reasons"]


def test_the_text_form_shows_each_sentence_and_a_tally(
    rag: Rag, demo_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{TRUE} {INVENTED}"))
    out = rag("check", "--library", demo_library, "-").out
    assert out.startswith("+ NDCG@10")
    assert "\n! SPLADE v2 was trained" in out
    assert out.endswith("1 supported, 0 weak, 1 unsupported\n")


@pytest.mark.parametrize(
    ("mention", "paper_id", "status"),
    [
        ("[@splade-v2]", "splade-v2", "supported"),
        ("[@splade]", "splade", "unsupported"),
        ("[@nobody2020]", None, "unsupported"),
        ("[1]", "splade-v2", "supported"),
    ],
)
def test_a_cited_paper_is_judged_by_itself(
    mention: str, paper_id: str | None, status: str, rag: Rag, demo_library: Path, tmp_path: Path
) -> None:
    text = tmp_path / "draft.md"
    listed = "SPLADE v2: Sparse Lexical and Expansion Model for Information Retrieval"
    text.write_text(f"{TRUE[:-1]} {mention}.\n\n## References\n\n[1] Formal et al. {listed}. 2021.\n")
    (sentence,) = json.loads(rag("check", "--library", demo_library, text, "--json").out)["sentences"]
    assert sentence["status"] == "supported"
    assert [(cited["paper_id"], cited["status"]) for cited in sentence["cited"]] == [(paper_id, status)]


def test_a_title_in_quotes_is_a_citation(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    text = tmp_path / "draft.md"
    title = "SPLADE v2: Sparse Lexical and Expansion Model for Information Retrieval"
    text.write_text(f"“{title}” raises NDCG@10 on TREC DL 2019 by more than 9% over SPLADE.")
    out = rag("check", "--library", demo_library, text).out
    assert re.search(rf"cites “{title}”, which (supports|may support) it", " ".join(out.split()))


def test_nothing_to_check_is_told(rag: Rag, demo_library: Path, tmp_path: Path) -> None:
    text = tmp_path / "draft.md"
    text.write_text("# Only a heading\n")
    assert "No sentence there claims anything" in rag("check", "--library", demo_library, text).out


def test_pairs_are_judged_in_order_without_a_library(rag: Rag, tmp_path: Path) -> None:
    evidence = "NDCG@10 on TREC DL 2019 rises by more than 9% over the first SPLADE."
    pairs = [
        {"id": "t", "claim": evidence, "evidence": evidence},
        {
            "id": 2,
            "claim": evidence.replace("9%", "19%"),
            "evidence": [evidence, "It is trained by distillation."],
        },
        {"id": "none", "claim": evidence, "evidence": []},
        {"id": "empty", "claim": " ", "evidence": evidence},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, pairs)))
    outcome = rag("check", "--library", tmp_path / "none", "--batch", path, "--json")
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert outcome.code == 0
    assert [each["id"] for each in found] == ["t", 2, "none", "empty"]
    assert [each["status"] for each in found] == ["supported", "unsupported", "unsupported", "unsupported"]
    assert found[3]["reasons"] == ["it says nothing"]
    assert all(each.keys() == {"id", "support", "status", "label", "reasons"} for each in found)
    assert all(0 <= each["support"] <= 1 for each in found)


def test_a_bad_line_of_pairs_is_named_before_any_is_judged(rag: Rag, tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"id": 1, "claim": "A.", "evidence": "A."}\n{"id": 2}\n')
    outcome = rag("check", "--batch", path, "--json")
    assert (outcome.code, outcome.out) == (2, "")
    assert "line 2" in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "give a FILE"),
        (["none.md"], "none.md: cannot be read"),
        (["a.md", "--batch", "b.jsonl"], "give one of them"),
        (["--batch", "b.jsonl"], "add --json"),
    ],
)
def test_a_mistake_is_one_line(args: list[str], said: str, rag: Rag, demo_library: Path) -> None:
    outcome = rag("check", "--library", demo_library, *args)
    assert outcome.code == 2
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
