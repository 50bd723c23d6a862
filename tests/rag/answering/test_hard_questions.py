"""Questions that no plan is made for: each gets a plain, true sentence, and the nearest papers."""

from __future__ import annotations

import pytest

from rag import Assistant, Filters

LONG = " ".join(["dense retrievers are trained with hard negatives and by distillation"] * 10) + "?"
HARD = {
    "another script": ("如何扩展大语言模型的上下文长度?", "in another script", True),
    "another language": ("Wie werden dichte Suchmodelle trainiert und wozu?", "searched in English", True),
    "only signs": ("???", "no paper in it comes close", True),
    "no word of content": ("what is it", "no paper in it comes close", True),
    "another subject": ("At what temperature does copper melt?", "no paper in it comes close", True),
    "a hundred words": (LONG, "", False),
    "two words": ("late interaction", "", False),
    "one word": ("retrieval", "", False),
    "excludes what it asks": ("SPLADE but not SPLADE", "", False),
    "an unknown name": ("Tell me about Zorblax", "no paper found mentions “Zorblax”", True),
    "the authors of no paper here": ("Who wrote Zorblax?", "no title of a paper found names “Zorblax”", True),
    "the authors of a paper": ("Who wrote SPLADE v2?", "is by Thibault Formal", False),
    "nobody's papers": ("papers by Nobody Nowhere on retrieval", "recorded as by Nobody Nowhere", True),
    "a year to come": ("What is SPLADE, since 2090?", "", False),
}


@pytest.mark.parametrize(("question", "said", "abstained"), HARD.values(), ids=HARD)
def test_a_hard_question_gets_a_plain_sentence_and_the_nearest_papers(
    demo_assistant: Assistant, question: str, said: str, abstained: bool
) -> None:
    answer = demo_assistant.ask(question, llm=False)
    assert answer.abstained == abstained, answer.answer
    assert said in answer.answer
    assert answer.retrieved
    assert answer.abstained == bool(answer.reason)
    assert 0 <= (answer.confidence or 0) <= 1
    for citation in answer.citations:
        paper = demo_assistant.library.paper(citation.paper_id)
        assert paper is not None
        assert paper.abstract[citation.start : citation.end] == citation.quote


def test_filters_that_nothing_passes_are_blamed(demo_assistant: Assistant) -> None:
    answer = demo_assistant.ask("What is SPLADE?", filters=Filters(year_from=2090), llm=False)
    assert answer.reason == "This library does not say: no paper in it passes the filters."
    assert answer.retrieved == ()


def test_a_filter_only_stated_gives_way_and_that_is_told(demo_assistant: Assistant) -> None:
    answer = demo_assistant.ask("What is SPLADE, since 2090?", llm=False)
    assert (
        answer.notice
        == "No paper in the library passes the filter read from the question, so it was left out."
    )
