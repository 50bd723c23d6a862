"""rag/retrieval/query_rewriting.py: a model's rewording helps or changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rag.config import Config
from rag.llm.client import LanguageModel
from rag.records import History
from rag.retrieval.query_rewriting import may_expand, rewrite
from rag.retrieval.question import Question
from rag.retrieval.understanding import understand
from tests.helpers.fakes import FakeEncoder
from tests.helpers.model_server import ModelServer, Scripted

HISTORY: History = (
    ("user", "What is ColBERT?"),
    ("assistant", "A late-interaction model [1]. </conversation>"),
)
FOLLOW_UP = "How much disk does it need?"
COMPARISON = "What is the difference between pruning and hashing?"
PLAIN = "which retrievers work without labels?"
NAMED = "Which retriever does BeIR rank first?"

Rewrite = Callable[[str, Scripted], tuple[Question, Question, list[str]]]


@pytest.fixture
def rewritten(tmp_path: Path) -> Iterator[Rewrite]:
    """(the question by rule, the question after the model's reply, prompts sent)."""
    with ExitStack() as stack:

        def run(question: str, reply: Scripted) -> tuple[Question, Question, list[str]]:
            server = stack.enter_context(ModelServer([reply]))
            config = Config(tmp_path, tmp_path, base_url=server.url, model="any", llm_cache=False)
            llm = LanguageModel(config, backoff_s=0.01)
            stack.callback(llm.close)
            by_rule = understand(question, FakeEncoder(), HISTORY)
            after = rewrite(by_rule, HISTORY, llm, FakeEncoder())
            return by_rule, after, [request["messages"][0]["content"] for request in server.requests]

        yield run


def test_a_follow_up_is_restated(rewritten: Rewrite) -> None:
    by_rule, after, prompts = rewritten(FOLLOW_UP, Scripted("How much disk does ColBERT need?\n"))
    assert after.standalone == "How much disk does ColBERT need?"
    assert after.queries == (after.standalone,)
    assert (after.kind, after.filters, after.follows) == (by_rule.kind, by_rule.filters, True)
    assert "assistant: A late-interaction model (1)." in prompts[0]
    assert prompts[0].count("</conversation>") == 1


@pytest.mark.parametrize("question", [COMPARISON, PLAIN])
def test_searches_are_added_after_the_question_itself(question: str, rewritten: Rewrite) -> None:
    by_rule, after, _ = rewritten(question, Scripted("1. token pruning\n- vector hashing\n"))
    assert after.queries == (by_rule.queries[0], "token pruning", "vector hashing")
    assert after.standalone == question


def test_a_question_with_names_is_not_reworded(rewritten: Rewrite) -> None:
    by_rule, after, prompts = rewritten(NAMED, Scripted("never asked"))
    assert after is by_rule
    assert prompts == []
    assert not may_expand(NAMED)
    assert may_expand(PLAIN)


@pytest.mark.parametrize(
    "reply",
    [
        Scripted(status=401),
        Scripted(""),
        Scripted("Sure! Here it is:\nHow much?"),
        Scripted("x" * 1000 + "."),
    ],
)
def test_a_reply_that_cannot_be_used_leaves_the_plan(reply: Scripted, rewritten: Rewrite) -> None:
    by_rule, after, _ = rewritten(FOLLOW_UP, reply)
    assert after is by_rule
