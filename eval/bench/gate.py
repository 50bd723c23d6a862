"""How long the support gate takes over a written answer: six sentences, each citing one of eight papers.

The answers are reference answers of questions, which a model might have written. The gate's model is open
before the clock starts, as it is while a model writes (rag/answering/attribution.py's `warming_up`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.data.questions import GoldQuestion, load_questions
from eval.runs.summary import percentiles
from rag.answering.attribution import attribute_all
from rag.answering.claims import Claim
from rag.answering.context import Context, ContextPaper
from rag.assistant import Assistant
from rag.papers.identifiers import title_key
from rag.records import Paper
from rag.support.gate import Gate
from rag.text.sentences import split_sentences

SENTENCES, PAPERS = 6, 8
WARM_UP = 2


def gate_ms(library: Path, questions: Path) -> dict[str, float]:
    """n, p50, p95 and p99 of the checking of one answer after another, the first WARM_UP twice."""
    times = []
    with Assistant.open(library) as assistant:
        answers = list(_answers(load_questions(questions).questions, list(assistant.library.papers())))
        warm_up = answers[:WARM_UP]
        for claims, context in [*warm_up, *answers]:
            gate = Gate.load(assistant.config)
            gate.warm_up()
            started = time.perf_counter()
            attribute_all(claims, context, gate)
            times.append((time.perf_counter() - started) * 1000)
    return percentiles(times[len(warm_up) :])


def _answers(
    questions: Sequence[GoldQuestion], papers: Sequence[Paper]
) -> Iterator[tuple[list[Claim], Context]]:
    """As many answers as there are sixes of questions that one paper of the library answers."""
    by_title = {title_key(paper.title): paper for paper in papers}
    known = [
        (question.answer, by_title[title_key(question.gold[0])])
        for question in questions
        if question.answer and len(question.gold) == 1 and title_key(question.gold[0]) in by_title
    ]
    for start in range(0, len(known) - SENTENCES + 1, SENTENCES):
        six = known[start : start + SENTENCES]
        shown = list(dict.fromkeys([*(paper for _, paper in six), *papers]))[:PAPERS]
        entries = [
            ContextPaper(n, paper, tuple(split_sentences(paper.abstract))) for n, paper in enumerate(shown, 1)
        ]
        claims = [Claim(answer, (shown.index(paper) + 1,)) for answer, paper in six]
        yield claims, Context(tuple(entries), "", 0)
