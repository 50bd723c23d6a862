"""rag/answering/compression.py: what answers is kept, in order, within the share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.compression import keep_sentences
from rag.answering.context import LEFT_OUT, pack_context
from rag.records import Evidence, Paper, RankedPaper
from rag.text.sentences import split_sentences

ABSTRACT = "Cats are common. Dogs bark at night. Our method halves the cost. Code is out there now."


def count(text: str) -> int:
    return len(text.split())


def ranked(paper_id: str, scores: list[float], score: float = 9.0) -> RankedPaper:
    """A paper whose sentences have these scores, best first as the ranking gives them."""
    pairs = sorted(zip(scores, split_sentences(ABSTRACT), strict=True), key=lambda pair: -pair[0])
    evidence = tuple(Evidence(paper_id, sentence, score) for score, sentence in pairs)
    return RankedPaper(Paper(paper_id, f"On {paper_id}", ABSTRACT), score, evidence)


def texts(paper: RankedPaper, share: float) -> list[str]:
    kept = keep_sentences([paper], share, count)
    return [sentence.text for sentence in kept.get(paper.paper.paper_id, ())]


def test_the_best_sentences_stay_in_the_abstracts_order() -> None:
    assert texts(ranked("a", [0.0, 2.0, 5.0, 0.0]), 0.6) == [
        "Dogs bark at night.",
        "Our method halves the cost.",
    ]


def test_the_best_sentence_stays_however_small_the_share() -> None:
    assert texts(ranked("a", [0.0, 0.0, 5.0, 0.0]), 0.01) == ["Our method halves the cost."]


def test_every_paper_keeps_its_best_sentence_and_the_first_ones_keep_more() -> None:
    near, far = ranked("a", [2.0, 2.0, 2.0, 2.0], 9.0), ranked("b", [3.0, 2.0, 2.0, 2.0], 3.0)
    kept = keep_sentences([near, far], 0.6, count)
    assert [sentence.text for sentence in kept["b"]] == ["Cats are common."]
    assert len(kept["a"]) == 3


@given(
    st.lists(st.lists(st.floats(-5, 5), min_size=4, max_size=4), min_size=1, max_size=4), st.floats(0.05, 1)
)
def test_no_more_than_the_share_is_kept(scores: list[list[float]], share: float) -> None:
    papers = [ranked(str(i), each) for i, each in enumerate(scores)]
    kept = keep_sentences(papers, share, count)
    whole = sum(count(ABSTRACT) + count(paper.paper.title) for paper in papers)
    size = sum(count(s.text) for chosen in kept.values() for s in chosen) + 2 * len(kept)
    assert size <= share * whole or sum(map(len, kept.values())) == 1
    if share == 1:
        assert size == whole


@pytest.mark.parametrize(("share", "shown"), [(1.0, ABSTRACT), (0.35, "Our method halves the cost.")])
def test_the_context_shows_the_share_and_keeps_the_rest_for_the_gate(share: float, shown: str) -> None:
    context = pack_context([ranked("a", [0.0, 0.0, 5.0, 0.0])], 500, count, share=share)
    assert context.text.split("\n")[2].replace(LEFT_OUT, " ") == shown
    assert len(context.entries[0].sentences) == 4


def test_a_paper_that_does_not_fit_is_not_shown_and_numbers_stay_in_row() -> None:
    papers = [ranked(name, [2.0, 1.0, 1.0, 1.0], 9.0 - n) for n, name in enumerate("abc")]
    context = pack_context(papers, 500, count, share=0.2, cut=False)
    assert [entry.paper.paper_id for entry in context.entries] == ["a", "b"]
    assert [entry.n for entry in context.entries] == [1, 2]
