"""rag/retrieval/model_ranking.py: a model's order is taken where it can be read; else a notice, no harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.config import RerankBy
from rag.errors import ConfigError
from rag.retrieval.block_ranking import N_ORDERED
from rag.retrieval.model_ranking import NOT_READ, order_by_blocks, order_by_windows, read_order
from tests.helpers.model_server import ModelServer, Scripted

QUESTION = "What does JointRank gain over ordering the full list?"


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("3 > 1 > 2", (2, 0, 1)),
        ("[2] > [1] > [2]", (1, 0)),
        ("1, 3.\n", (0, 2)),
        ("", None),
        ("2", None),
        ("2 2 2", None),
        ("1 > 4", None),
        ("0 > 1", None),
        ("The order is 1 > 2", None),
        ("1" * 9000 + " 2", None),
        ("\u0661 > \u0662", None),
    ],
)
def test_only_an_order_of_known_numbers_is_a_vote(text: str, order: tuple[int, ...] | None) -> None:
    assert read_order(text, 3) == order


def by_length(texts: Sequence[str]) -> tuple[int, ...]:
    return tuple(sorted(range(len(texts)), key=lambda i: -len(texts[i])))


@pytest.mark.parametrize("order", [order_by_blocks, order_by_windows])
def test_what_a_model_prefers_comes_first(order: object) -> None:
    texts = ["x" * (1 + (n * 7) % 50) for n in range(50)]
    places, votes = order(texts, by_length)  # type: ignore[operator]
    assert sorted(places) == list(range(50))
    assert len(texts[places[0]]) == 50
    assert all(votes)


@pytest.mark.parametrize("order", [order_by_blocks, order_by_windows])
def test_no_vote_changes_nothing(order: object) -> None:
    places, votes = order(["a", "b", "c"], lambda texts: None)  # type: ignore[operator]
    assert places == [0, 1, 2]
    assert votes == [False]


def asked(
    demo_assistant: Assistant, replies: list[Scripted], by: RerankBy = "llm", timeout_s: float = 10
) -> tuple[Assistant, ModelServer]:
    server = ModelServer(replies)
    config = replace(
        demo_assistant.config,
        base_url=server.url,
        model="any",
        llm_cache=False,
        rerank=by,
        timeout_s=timeout_s,
    )
    return Assistant(demo_assistant.library, demo_assistant.encoder, config), server


REVERSED = " > ".join(str(n) for n in range(17, 0, -1))


@pytest.mark.parametrize(("by", "n_calls"), [("llm", 21), ("llm-window", 4)])
def test_search_takes_the_models_order(demo_assistant: Assistant, by: RerankBy, n_calls: int) -> None:
    assistant, server = asked(demo_assistant, [Scripted(REVERSED)] * n_calls, by)
    with server:
        found = assistant.search(QUESTION, top=N_ORDERED)
    assert len(server.requests) == n_calls
    plain = [each.paper.paper_id for each in demo_assistant.search(QUESTION, top=N_ORDERED)]
    ids = [each.paper.paper_id for each in found]
    assert set(ids) == set(plain)
    assert ids != plain
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    sent = server.requests[0]["messages"][0]["content"]
    assert QUESTION in sent
    assert "<paper>" in sent


@pytest.mark.parametrize(
    "reply",
    [
        Scripted("I would put the third first."),
        Scripted(""),
        Scripted(status=401),
        Scripted("1 >", cut=True),
        Scripted("1 > 2", stall=True),
    ],
)
def test_a_model_that_gives_no_order_costs_a_notice_and_no_answer(
    demo_assistant: Assistant, reply: Scripted
) -> None:
    written = Scripted("JointRank reranks blocks of a list in one pass [1].")
    assistant, server = asked(demo_assistant, [reply] * 21 + [written], timeout_s=1)
    with server:
        answer = assistant.ask(QUESTION)
    assert answer.notice is not None
    assert NOT_READ in answer.notice
    assert not answer.abstained
    plain = demo_assistant.ask(QUESTION, llm=False)
    assert [paper.paper_id for paper in answer.retrieved] == [paper.paper_id for paper in plain.retrieved]


def test_some_replies_that_cannot_be_read_leave_the_votes_of_the_others(demo_assistant: Assistant) -> None:
    assistant, server = asked(demo_assistant, [Scripted("no")] * 5 + [Scripted(REVERSED)] * 16)
    with server:
        finder = assistant._finder
        ranking, notice = finder.rank(finder.understand(QUESTION, ()), None, 10, by_model=True)
    assert notice is None
    assert len(ranking.ranked) >= 10


def test_without_a_model_the_part_is_refused_and_left_out_where_none_is_wanted(
    demo_assistant: Assistant,
) -> None:
    config = replace(demo_assistant.config, rerank="llm")
    assistant = Assistant(demo_assistant.library, demo_assistant.encoder, config)
    with pytest.raises(ConfigError, match="no language model is set up"):
        assistant.search(QUESTION)
    plain, kept = demo_assistant.ask(QUESTION, llm=False), assistant.ask(QUESTION, llm=False)
    assert (kept.answer, kept.retrieved, kept.notice) == (plain.answer, plain.retrieved, plain.notice)


def test_a_prompt_of_the_users_own_is_sent(demo_assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "rank_papers.md").write_text("Mine: $question\n$papers\n")
    assistant, server = asked(demo_assistant, [Scripted(REVERSED)] * 21)
    assistant.config = replace(assistant.config, prompts=tmp_path)
    with server:
        assistant.search(QUESTION)
    assert server.requests[0]["messages"][0]["content"].startswith("Mine: What does JointRank")
