"""Forty written answers over the demo papers, each with a true sentence, an altered number, a sentence of a
paper that was not shown, and an invention: nothing forged is accepted, and nothing true is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from eval.make.support_pairs import altered_numbers
from rag.answering.plans.composer import AnswerText
from rag.answering.timings import Clock
from rag.answering.writer import Writer
from rag.config import Config
from rag.demo import demo_papers_path
from rag.readers import read_paths
from rag.records import Answer, AnswerSentence, Done, Evidence, Paper, RankedPaper
from rag.retrieval.understanding import understand
from rag.support.gate import Gate
from rag.text.sentences import split_sentences
from tests.helpers.fakes import FakeEncoder
from tests.helpers.model_server import ModelServer, Scripted

N_ANSWERS = 40
INVENTION = "It was trained for nine weeks on {n} million pages of medical court records"


@pytest.fixture(scope="module")
def papers() -> list[Paper]:
    return [paper for paper in read_paths([demo_papers_path()]) if isinstance(paper, Paper)]


def replies(papers: list[Paper]) -> Iterator[tuple[list[Paper], str, list[str]]]:
    """For each answer the two papers shown, the model's text, and what is forged in it."""
    with_numbers = [
        (paper, sentence.text)
        for paper in papers
        for sentence in split_sentences(paper.abstract)
        if re.search(r"\d\.\d|\d%|\d{3}", sentence.text)
    ]
    for n in range(N_ANSWERS):
        paper, true = with_numbers[n % len(with_numbers)]
        hidden, other = papers[(7 * n + 60) % len(papers)], papers[(3 * n + 30) % len(papers)]
        altered = next((text for kind, text in altered_numbers(true) if kind == "number"), None)
        stolen = split_sentences(hidden.abstract)[0].text
        shown = [paper] if other in (paper, hidden) else [paper, other]
        forged = [stolen] * (hidden not in shown) + [INVENTION.format(n=n + 40) + "."]
        forged += [altered] if altered else []
        said = [f"{text.rstrip('.')} [{marker}]." for text, marker in zip(forged, (9, 1, 1), strict=False)]
        yield shown, " ".join([f"{true.rstrip('.')} [1].", *said]), forged


def test_of_forty_answers_nothing_forged_is_accepted(
    papers: list[Paper], shipped_gate: Gate, tmp_path: Path
) -> None:
    listed = list(replies(papers))
    quoted = AnswerText("Quoted. [1]", (AnswerSentence("Quoted.", (1,), 1.0, "supported"),), ())
    draft = Answer("What is new?", "llm", "", False, None, (), (), ())
    question = understand(draft.question, FakeEncoder())
    accepted, lost, n_true, n_forged = [], [], 0, 0
    with ExitStack() as stack:
        server = stack.enter_context(ModelServer([Scripted(text) for _, text, _ in listed]))
        config = replace(
            Config(library=tmp_path, cache=tmp_path),
            base_url=server.url,
            model="any",
            llm_cache=False,
            judge="off",
        )
        writer = Writer(config, shipped_gate)
        stack.callback(writer.close)
        for shown, _, forged in listed:
            *_, done = writer.write(draft, question, _ranked(shown), lambda: quoted, Clock())
            assert isinstance(done, Done)
            for sentence in done.answer.sentences:
                is_forged = any(_key(text) in _key(sentence.text) for text in forged)
                n_forged, n_true = n_forged + is_forged, n_true + (not is_forged)
                if is_forged and sentence.status == "supported":
                    accepted.append((sentence.text, sentence.reasons))
                if not is_forged and sentence.status == "unsupported":
                    lost.append((sentence.text, sentence.reasons))
    assert accepted == []
    assert n_forged >= 2 * N_ANSWERS
    assert len(lost) <= n_true / 10, lost


def _ranked(papers: list[Paper]) -> list[RankedPaper]:
    return [
        RankedPaper(p, 9.0, tuple(Evidence(p.paper_id, s, 1.0) for s in split_sentences(p.abstract)))
        for p in papers
    ]


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
