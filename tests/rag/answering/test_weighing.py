from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.answering.stances import LEARNED, NAMES, StanceHead, load_head, stance_of
from rag.answering.weighing import candidates_of, claim_of, compose_sides, weigh_claim
from rag.assistant import Assistant
from rag.errors import InputError
from rag.records import Evidence, Paper, RankedPaper
from rag.support.gate import CheckRequest
from rag.text.sentences import split_sentences


def ranked(name: str, abstract: str) -> RankedPaper:
    """A paper of which each sentence is as near to the claim as the one before, less a little."""
    evidence = [
        Evidence(name, sentence, 0.0, late=0.6 - i / 100)
        for i, sentence in enumerate(split_sentences(abstract))
    ]
    return RankedPaper(Paper(name, f"On {name}", abstract), 1.0, tuple(evidence))


PAPERS = [
    ranked("a", "Tea lowers blood pressure in adults. It was drunk daily."),
    ranked("b", "Tea does not lower blood pressure. Tea lowers blood pressure in adults."),
]


def rarity(word: str) -> float:
    return 1.0


class Judge:
    """Supports what has no "not" in it, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[CheckRequest] = []

    def chances(self, requests: Sequence[CheckRequest]) -> NDArray[np.float32]:
        self.asked += requests
        rows = [(0.05, 0.9, 0.05) if " not " in r.evidence[0] else (0.9, 0.05, 0.05) for r in requests]
        return np.array(rows, np.float32)

    def opposed(self, requests: Sequence[CheckRequest]) -> list[bool]:
        return [" not " in request.evidence[0] for request in requests]


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Tea lowers blood pressure. [1]", "Tea lowers blood pressure."),
        ("Does tea lower blood pressure?", "Tea lower blood pressure"),
        ("Is there evidence that tea lowers blood pressure?", "Tea lowers blood pressure"),
        ("Who disagrees that tea is healthy?", "Tea is healthy"),
        ("what speaks against long meetings?", "Long meetings"),
        ("Is tea better than coffee?", "Tea better than coffee"),
        ("Doors of ships rust.", "Doors of ships rust."),
    ],
)
def test_a_question_becomes_the_claim_it_asks_about(text: str, claim: str) -> None:
    assert claim_of(text) == claim


def test_a_sentence_is_weighed_once_and_never_against_itself() -> None:
    texts = [
        each.evidence.sentence.text for each in candidates_of("Tea lowers blood pressure", PAPERS, rarity)
    ]
    assert len(texts) == len(set(texts)) == 3
    own = candidates_of("Tea lowers blood pressure in adults.", PAPERS, rarity)
    assert "Tea lowers blood pressure in adults." not in [each.evidence.sentence.text for each in own]


def test_every_nearest_sentence_is_judged_with_its_papers_title() -> None:
    judge = Judge()
    weigh_claim("Tea lowers blood pressure", PAPERS, rarity, judge)
    assert {request.titles for request in judge.asked} == {("On a",), ("On b",)}
    assert len(judge.asked) == 3


def test_a_paper_stands_once_on_a_side_and_citations_are_verbatim() -> None:
    found = weigh_claim("Tea lowers blood pressure", PAPERS, rarity, Judge())
    places = [(each.found.paper.paper_id, each.stance) for each in found]
    assert len(places) == len(set(places))
    written = compose_sides(found)
    by_name = {paper.paper.paper_id: paper.paper for paper in PAPERS}
    for citation in written.citations:
        assert by_name[citation.paper_id].abstract[citation.start : citation.end] == citation.quote
    assert [s.support for s in written.sentences] == pytest.approx(
        [
            each.chance
            for stance in ("supports", "contradicts", "qualifies")
            for each in found
            if each.stance == stance
        ]
    )


HEAD = StanceHead(np.zeros((len(NAMES) + 1, len(LEARNED)), np.float32), 0.6, 0.7, 0.8, 0.7)


@pytest.mark.parametrize(
    ("chances", "text", "stance"),
    [
        ((0.65, 0.1, 0.25), "Tea helps.", "supports"),
        ((0.55, 0.1, 0.35), "Tea helps.", "none"),
        ((0.55, 0.3, 0.15), "Tea is drunk.", "open"),
        ((0.1, 0.65, 0.25), "Tea harms.", "open"),  # against asks for more
        ((0.1, 0.75, 0.15), "Tea harms.", "contradicts"),
        ((0.5, 0.4, 0.1), "It depends on the dose.", "qualifies"),
        ((0.4, 0.35, 0.25), "It depends on the dose.", "open"),
        ((0.3, 0.2, 0.5), "It depends on the dose.", "none"),  # not on the matter
    ],
)
def test_a_side_needs_its_own_chance(chances: tuple[float, float, float], text: str, stance: str) -> None:
    assert stance_of(HEAD, chances, text)[0] == stance


def test_the_head_that_ships_has_a_weight_for_every_feature() -> None:
    head = load_head()
    assert head.weights.shape == (len(NAMES) + 1, len(LEARNED))
    assert all(0.3 < least <= 1 for least in (head.supports, head.contradicts, head.qualifies))


def test_a_library_is_weighed_and_silent_on_what_is_not_in_it(demo_library: str) -> None:
    with Assistant.open(demo_library) as assistant:
        answer = assistant.weigh("Speculative decoding makes generation faster without changing its output.")
        assert answer.intent == "stance"
        assert {section.heading for section in answer.sections} <= {None, "For", "Against", "Depends"}
        for citation in answer.citations:
            paper = assistant.library.paper(citation.paper_id)
            assert paper is not None
            assert paper.abstract[citation.start : citation.end] == citation.quote
        nothing = assistant.weigh("Olive trees need little water in winter.")
        assert nothing.abstained
        assert not nothing.citations
        assert nothing.retrieved
        with pytest.raises(InputError):
            assistant.weigh("  ")
