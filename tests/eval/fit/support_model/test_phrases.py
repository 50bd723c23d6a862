"""Claims joined of phrases: true ones are all in their evidence, and no labelled paper is read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from eval.fit.support_model import data, pair_files, phrases
from eval.fit.support_model.data import Example
from rag.text.stemming import content_stems

SENTENCE = (
    "However, we propose a sparse index (called SI), which halves the memory of our retriever, "
    "while the latency stays below 20 ms when shards are cached."
)


def test_phrases_are_cut_where_clauses_are_and_stand_alone() -> None:
    found = {piece for seed in range(40) for piece in phrases.cut_out(SENTENCE, random.Random(seed))}
    assert "halves the memory of our retriever" in found
    assert "the latency stays below 20 ms" in found
    assert not any(piece.lower().startswith(("however", "which", "when", "while")) for piece in found)


@pytest.fixture(scope="module")
def made(shared_dir: Path) -> list[Example]:
    taken = {example.group for example in data.labelled_examples(shared_dir)}
    return phrases.make(shared_dir, taken, pair_files.learned_part("*-2.txt"), 150, seed=1)


def test_no_paper_that_labelled_pairs_are_about_is_read(shared_dir: Path, made: list[Example]) -> None:
    labelled = data.labelled_examples(shared_dir)
    assert not {data.paper_key(e.title) for e in made if e.title} & {e.group for e in labelled}
    texts = {e.evidence for e in labelled}
    assert not any(text in e.evidence for e in made for text in texts)


def test_true_claims_have_their_words_from_their_evidence_and_others_mostly_not(made: list[Example]) -> None:
    def share(example: Example) -> float:
        words = content_stems(example.claim)
        return len(words & content_stems(example.evidence + " " + example.title)) / max(len(words), 1)

    true = [share(e) for e in made if e.kind == "phrases"]
    near = [share(e) for e in made if e.kind == "phrases_near"]
    assert sum(each > 0.75 for each in true) > 0.9 * len(true)
    assert sum(each < 0.6 for each in near) > 0.9 * len(near)
    assert {e.label for e in made if e.kind in ("phrases_near", "phrases_mixed")} == {
        data.LABELS.index("NEI")
    }
