"""rag/retrieval/expansion.py: other words are searched where a question says too little, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rag import Assistant
from rag.config import Expand
from rag.encoder.late_interaction import Query
from rag.retrieval import expansion
from rag.retrieval.ranking import Ranked, Ranking
from tests.helpers.model_server import ModelServer, Scripted

VAGUE = "making them smaller"
ABSTRACT = (
    "Token pooling clusters the token vectors of documents at indexing time, so that multi-vector retrieval "
    "with late interaction needs half of the storage at almost no cost in quality."
)


def ranking(*scores: float) -> Ranking:
    query = Query(np.zeros((1, 384), np.float32), np.ones(1, np.float32))
    return Ranking("q", query, tuple(Ranked(f"{n}#0", each, 0.2, 0.3) for n, each in enumerate(scores)))


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is underspecified."""
    monkeypatch.setattr(expansion, "is_underspecified", lambda ranking: True)


def expanding(demo: Assistant, expand: Expand, url: str | None = None) -> Assistant:
    config = replace(demo.config, expand=expand, base_url=url, model="any", llm_cache=False)
    return Assistant(demo.library, demo.encoder, config)


def test_a_question_is_underspecified_where_no_paper_stands_out() -> None:
    lead = expansion.CLEAR_LEAD
    assert expansion.is_underspecified(ranking(3.0, 3.1 - lead))
    assert not expansion.is_underspecified(ranking(3.0, 2.9 - lead))
    assert not expansion.is_underspecified(ranking(3.0))
    assert not expansion.is_underspecified(ranking())


@pytest.mark.parametrize("text", ["", "I do not know.", "word " * 500])
def test_what_is_no_abstract_is_not_searched(text: str) -> None:
    assert expansion.read_hypothesis(text) is None


def test_an_abstract_is_read_as_one_line() -> None:
    assert expansion.read_hypothesis(ABSTRACT.replace(" that ", "\n\nthat ")) == ABSTRACT


def test_papers_found_by_other_words_match_the_question_no_better_for_it() -> None:
    other = replace(ranking(), ranked=(Ranked("new#0", 9.0, 0.95, 0.9),))
    merged = expansion.add_expansion(ranking(0.4, 0.2), [other])
    (new,) = (each for each in merged.ranked if each.paper_id == "new")
    assert (new.late, new.cosine) == (0.2, 0.3)


@pytest.mark.usefixtures("always")
def test_the_best_papers_speak_for_a_vague_question(demo_assistant: Assistant) -> None:
    plain = demo_assistant.ask(VAGUE, llm=False)
    spoken = expanding(demo_assistant, "feedback").ask(VAGUE, llm=False)
    assert [each.paper_id for each in spoken.retrieved] != [each.paper_id for each in plain.retrieved]
    assert expansion.NO_HYPOTHESIS not in (spoken.notice or "")


@pytest.mark.usefixtures("always")
def test_an_abstract_of_the_models_moves_what_it_describes_up(demo_assistant: Assistant) -> None:
    def place(retrieved: list[str]) -> int:
        return next((n for n, title in enumerate(retrieved) if "Token Pooling" in title), 99)

    with ModelServer([Scripted(ABSTRACT), Scripted("The papers do not say.")]) as server:
        answer = expanding(demo_assistant, "llm", server.url).ask(VAGUE)
        assert VAGUE in server.requests[0]["messages"][0]["content"]
    plain = demo_assistant.ask(VAGUE, llm=False)
    assert place([each.title for each in answer.retrieved]) < place([each.title for each in plain.retrieved])


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("reply", [Scripted("No idea."), Scripted(""), Scripted(status=401)])
def test_a_model_that_writes_no_abstract_leaves_the_question_and_a_notice(
    reply: Scripted, demo_assistant: Assistant
) -> None:
    with ModelServer([reply, Scripted("The papers do not say.")]) as server:
        answer = expanding(demo_assistant, "llm", server.url).ask(VAGUE)
    assert expansion.NO_HYPOTHESIS in (answer.notice or "")
    plain = demo_assistant.ask(VAGUE, llm=False)
    assert [each.paper_id for each in answer.retrieved] == [each.paper_id for each in plain.retrieved]


def test_a_question_that_says_enough_asks_no_model(demo_assistant: Assistant) -> None:
    question = "By how much does token pooling shrink the index of ColBERT?"
    with ModelServer([Scripted("The papers do not say.")]) as server:
        expanding(demo_assistant, "llm", server.url).ask(question)
        assert len(server.requests) == 1
