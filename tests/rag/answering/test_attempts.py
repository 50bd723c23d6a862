"""rag/answering/attempts.py: a cheap try first, a dearer one where it is in doubt, and never no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rag.answering.attempts import (
    LEAST_PROBABILITY,
    NO_FIRST_REPLY,
    NO_SECOND_REPLY,
    before_drop,
    doubt,
)
from rag.answering.plans.composer import AnswerText
from rag.answering.timings import Clock
from rag.answering.writer import REFUSAL, Writer
from rag.config import Config
from rag.errors import BudgetExceeded
from rag.llm.client import Reply
from rag.llm.cost import Budget, Spending
from rag.records import Answer, AnswerSentence, Done, Evidence, Paper, Price, RankedPaper, Usage
from rag.retrieval.understanding import understand
from rag.text.sentences import split_sentences
from tests.helpers.fakes import FakeEncoder
from tests.helpers.model_server import ModelServer, Scripted, event
from tests.helpers.plain_gate import PlainGate

DRAFT = Answer("How long?", "llm", "", False, None, (), (), ())
QUOTED = AnswerText("Quoted. [1]", (AnswerSentence("Quoted.", (1,), 1.0, "supported"),), ())
STREAMS = "Models are trained on short inputs. InfLLM keeps distant context in extra memory units."
TRUE = "InfLLM keeps distant context in extra memory units [1]."
FALSE = "Bananas ripen in memory of cats [1]."
Write = Any


def ranked(name: str, abstract: str, score: float, confidence: float = 0.1) -> RankedPaper:
    evidence = tuple(Evidence(name, sentence, 1.0) for sentence in split_sentences(abstract))
    return RankedPaper(Paper(name, f"On {name}", abstract), score, evidence, confidence)


PAPERS = [ranked("a", STREAMS, 9.0), ranked("b", "Sparse terms fill an inverted index.", 5.0)]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    with ExitStack() as stack:

        def run(*replies: Scripted | str, **settings: Any) -> tuple[Answer, list[dict[str, Any]]]:
            scripted = [reply if isinstance(reply, Scripted) else Scripted(reply) for reply in replies]
            server = stack.enter_context(ModelServer(scripted))
            known: dict[str, Any] = {"base_url": server.url, "model": "large", "llm_cache": False}
            known |= {"judge": "off", "timeout_s": 5.0, **settings}
            writer = Writer(Config(tmp_path, tmp_path, **known), PlainGate())
            stack.callback(writer.close)
            question = understand(DRAFT.question, FakeEncoder())
            *_, done = writer.write(DRAFT, question, PAPERS, lambda: QUOTED, Clock())
            assert isinstance(done, Done)
            return done.answer, server.requests

        yield run


def models(requests: Sequence[Mapping[str, Any]]) -> list[str]:
    return [request["model"] for request in requests]


def with_logprobs(text: str, logprob: object) -> Scripted:
    choice = {
        "index": 0,
        "delta": {"content": text},
        "logprobs": {"content": [{"token": "x", "logprob": logprob}]},
        "finish_reason": "stop",
    }
    return Scripted(lines=[event({"choices": [choice]})])


def test_a_small_models_answer_that_holds_is_taken(write: Write) -> None:
    answer, requests = write(TRUE, small_model="small")
    assert models(requests) == ["small"]
    assert requests[0]["logprobs"] is True
    assert answer.sentences[0].status == "supported"
    assert answer.notice is None


@pytest.mark.parametrize("doubtful", [FALSE, REFUSAL, with_logprobs(TRUE, -2.0)])
def test_a_large_model_is_asked_where_the_small_ones_answer_is_in_doubt(
    write: Write, doubtful: str | Scripted
) -> None:
    answer, requests = write(doubtful, Scripted(TRUE, usage=(100, 9)), small_model="small")
    assert models(requests) == ["small", "large"]
    assert "logprobs" not in requests[1]
    assert answer.answer.startswith("InfLLM keeps")
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 100


@pytest.mark.parametrize("odd", ["high", None, float("nan")])
def test_probabilities_of_another_form_are_left_out(write: Write, odd: object) -> None:
    answer, requests = write(with_logprobs(TRUE, odd), small_model="small")
    assert models(requests) == ["small"]
    assert answer.sentences[0].status == "supported"


@pytest.mark.parametrize("reply", [Scripted(status=401), Scripted(""), Scripted(TRUE, stall=True)])
def test_where_the_small_model_fails_the_large_one_answers_with_a_notice(
    write: Write, reply: Scripted
) -> None:
    answer, requests = write(reply, TRUE, small_model="small", timeout_s=1.0)
    assert models(requests)[-1] == "large"
    assert answer.sentences[0].status == "supported"
    assert answer.notice is not None
    assert answer.notice.startswith(NO_FIRST_REPLY)


def test_where_the_large_model_fails_the_small_ones_answer_stands_with_a_notice(write: Write) -> None:
    answer, _ = write(f"{TRUE} {FALSE}", Scripted(status=401), small_model="small")
    assert [sentence.status for sentence in answer.sentences] == ["supported", "unsupported"]
    assert answer.notice is not None
    assert answer.notice.startswith(NO_SECOND_REPLY)


def test_where_both_fail_the_answer_is_quoted(write: Write) -> None:
    answer, _ = write(Scripted(status=401), Scripted(status=401), small_model="small")
    assert answer.answer == QUOTED.text
    assert answer.mode == "extractive"


def test_more_papers_are_shown_where_the_answer_from_few_is_thin(write: Write) -> None:
    answer, requests = write(REFUSAL, TRUE, context_papers="drop")
    shown = [request["messages"][-1]["content"] for request in requests]
    assert ["On b" in each for each in shown] == [False, True]
    assert not answer.abstained
    _, requests = write(TRUE, context_papers="drop")
    assert len(requests) == 1


def test_both_models_spend_from_one_cap() -> None:
    spending = Spending()
    small = Budget("small", 0.25, None, Price(100.0, 100.0), spending)
    large = Budget("large", 0.25, None, Price(100.0, 100.0), spending)
    small.record(small.reserve(1000, 1000), 1000, 1000)
    with pytest.raises(BudgetExceeded, match=r"of \$0.2500 is spent"):
        large.reserve(500, 100)


def test_doubt_names_its_reason() -> None:
    sure = AnswerSentence("Yes.", (1,), 1.0, "supported")
    answer = Answer("?", "llm", "Yes. [1]", False, None, (sure,), (), ())
    reply = Reply("Yes. [1]", Usage(1, 1, None))
    assert doubt(answer, reply) is None
    low = Reply("Yes. [1]", Usage(1, 1, None), probability=LEAST_PROBABILITY - 0.01)
    assert doubt(answer, low) == "its own probabilities are low"


@pytest.mark.parametrize(
    ("scores", "confidence", "n"),
    [
        ([], 0.1, 0),
        ([3.0], 0.1, 1),
        ([9.0, 8.5, 3.0, 2.5], 0.1, 2),
        ([9.0, 3.0, 2.5], 0.1, 1),
        ([2.0, 2.0, 2.0], 0.1, 3),
        ([9.0, 3.0, 2.5], 0.9, 3),
    ],
)
def test_papers_before_the_scores_drop(scores: list[float], confidence: float, n: int) -> None:
    papers = [ranked(str(i), "It is so.", score, confidence) for i, score in enumerate(scores)]
    assert before_drop(papers) == papers[:n]
