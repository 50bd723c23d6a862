"""The whole path on real papers: the demo library, and the five pages where they are at hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import rag
from rag import Assistant, Filters
from rag.config import Config
from rag.demo import demo_papers_path
from rag.errors import IndexDamaged, InputError, LibraryEmpty, LibraryNotFound
from rag.records import Answer, Delta, Done, Retrieved


@pytest.fixture(scope="module")
def pages(pages_library: Path) -> Iterator[Assistant]:
    with Assistant.open(pages_library) as assistant:
        yield assistant


def cited_titles(answer: Answer) -> set[str]:
    return {citation.title for citation in answer.citations}


def test_the_pages_give_714_papers(pages: Assistant) -> None:
    assert pages.library.n_papers == 714


def test_the_sentence_that_answers_is_quoted_at_its_offsets(pages: Assistant) -> None:
    answer = pages.ask(
        "Which paper reports that reranking can be done in one pass over blocks, and what does it gain?",
        llm=False,
    )
    assert not answer.abstained
    assert cited_titles(answer) == {"JointRank: Rank Large Set with Single Pass"}
    assert "70.88" in answer.answer
    for citation in answer.citations:
        paper = pages.library.paper(citation.paper_id)
        assert paper is not None
        assert paper.abstract[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize(
    ("query", "spelling"),
    [("speedup of 2.27x", "2.27times"), ("Nystromformer", 'Nystr\\"{o}mformer'), ("S2IP", "S^2IP")],
)
def test_spellings_of_a_page_are_found_by_plain_ones(pages: Assistant, query: str, spelling: str) -> None:
    found = pages.search(query, mode="lexical", top=3)
    assert any(spelling in each.paper.title + each.paper.abstract for each in found)


def test_leftovers_of_a_page_stay_in_what_is_quoted(pages: Assistant) -> None:
    texts = [paper.abstract for paper in pages.library.papers()]
    for leftover in ("<SEG>", "<EOS>", "\\sysname", "9\\%", "\\textless"):
        assert any(leftover in text for text in texts), leftover


def test_a_follow_up_is_about_what_was_talked_of(demo_assistant: Assistant) -> None:
    history = [("user", "What is JointRank?"), ("assistant", "JointRank reranks blocks in parallel.")]
    answer = demo_assistant.ask("And how long does it take?", history=history, llm=False)
    assert any("JointRank" in title for title in cited_titles(answer))
    assert "JointRank" in answer.searched_for[0]


def test_an_off_topic_question_is_refused_with_the_nearest_three(demo_assistant: Assistant) -> None:
    answer = demo_assistant.ask("How long should a steak rest after grilling?", llm=False)
    assert answer.abstained
    assert (answer.sentences, answer.citations) == ((), ())
    assert answer.reason is not None
    assert answer.reason.count("“") == 3
    assert len(answer.retrieved) == 10


def test_a_list_question_gets_a_line_a_paper(demo_assistant: Assistant) -> None:
    answer = demo_assistant.ask("Which papers speed up decoding by drafting tokens?", llm=False)
    assert len(answer.answer.splitlines()) == len(answer.citations) > 2


def test_answers_keep_to_the_words_asked_for(demo_assistant: Assistant) -> None:
    for words in (20, 40, 80):
        answer = demo_assistant.ask("How does SPLADE make queries sparse?", llm=False, words=words)
        assert len(answer.sentences) == 1 or sum(len(s.text.split()) for s in answer.sentences) <= words


def test_filters_hold_for_what_is_retrieved(demo_assistant: Assistant) -> None:
    found = demo_assistant.search("dense retrieval", filters=Filters(year_from=2021, year_to=2022), top=30)
    assert found
    assert all(each.paper.year in (2021, 2022) for each in found)


def test_a_filter_nothing_passes_is_said(demo_assistant: Assistant) -> None:
    answer = demo_assistant.ask("How does SPLADE work?", filters=Filters(year_to=1901), llm=False)
    assert answer.abstained
    assert answer.reason is not None
    assert "filters" in answer.reason


def test_the_stream_tells_what_was_retrieved_first_and_the_answer_last(demo_assistant: Assistant) -> None:
    events = list(demo_assistant.stream("What is a bi-encoder?", llm=False))
    assert [type(event) for event in events] == [Retrieved, Delta, Done]


def test_the_same_question_gets_the_same_answer(demo_assistant: Assistant) -> None:
    first, second = (
        json.dumps(replace(demo_assistant.ask("What is SPLADE?", llm=False), timings_ms={}).to_dict())
        for _ in range(2)
    )
    assert first == second


def test_search_modes_rank_by_their_own_leg(demo_assistant: Assistant) -> None:
    assert demo_assistant.search("MaxSim of ColBERT", mode="lexical")[0].score > 0
    orders = {
        mode: [each.paper.paper_id for each in demo_assistant.search("one vector per passage", mode=mode)]
        for mode in ("hybrid", "dense", "lexical")
    }
    assert orders["dense"] != orders["lexical"] != orders["hybrid"]


@pytest.mark.parametrize("question", ["", "  \n\t", "x" * 100_000])
def test_a_question_that_is_none_is_refused(demo_assistant: Assistant, question: str) -> None:
    with pytest.raises(InputError):
        demo_assistant.ask(question)


def test_a_library_that_is_not_there_or_empty_says_so(config: Config, tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound, match="rag ingest"):
        Assistant.open(tmp_path / "none", config=config)
    empty = Assistant.open(tmp_path / "new", config=config, create=True)
    with empty, pytest.raises(LibraryEmpty, match="rag ingest"):
        empty.ask("Anything?")


def test_ingest_from_python_then_ask(config: Config, tmp_path: Path) -> None:
    source = tmp_path / "papers.jsonl"
    source.write_text(
        json.dumps({"id": "x", "title": "Bees", "abstract": "Bees dance. The dance shows where food is."})
    )
    with Assistant.open(tmp_path / "library", config=config, create=True) as assistant:
        assert assistant.ingest([source]).added == 1
        assert assistant.ingest([source]).unchanged == 1
    answer = rag.ask("What does the dance of bees show?", library=tmp_path / "library", llm=False)
    assert "where food is" in answer.answer


def test_papers_that_cannot_be_ranked_are_not_called_missing(
    demo_library: Path, config: Config, tmp_path: Path
) -> None:
    library = shutil.copytree(demo_library, tmp_path / "library")
    shutil.rmtree(library / "tokens")
    with (
        Assistant.open(library, config=config) as assistant,
        pytest.raises(IndexDamaged, match="rag doctor --repair --library"),
    ):
        assistant.ask("How does JointRank rerank?", llm=False)
    with Assistant.open(library, config=config) as assistant:
        assert assistant.ingest([demo_papers_path()]).unchanged == 122
        assert not assistant.ask("How does JointRank rerank?", llm=False).abstained
