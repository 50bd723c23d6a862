"""Hand-made answers, papers and gold for the tests of eval/."""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.data.questions import Gold, GoldQuestion, GoldQuote
from eval.runs.run_folder import RunManifest
from rag.records import Answer, AnswerSentence, Citation, Paper, RetrievedPaper, SupportStatus

PAPERS = {
    "a": Paper("a", "Alpha", "Alpha gains 4.2 points. It needs one GPU.", year=2021),
    "b": Paper("b", "Beta", "Beta loses nothing.\nIt is twice as fast.", year=2022),
    "c": Paper("c", "Gamma", "Gamma is a survey of both."),
}
MANIFEST = RunManifest(
    dataset={"name": "d", "sha256": "1", "n_questions": 8},
    library={"fingerprint": "f", "n_papers": 3},
    encoder="e",
    code={"version": "0", "sha256": "c", "commit": "abc"},
    settings={"mode": "extractive"},
)
GOLD = Gold(qrels={"q1": {"a": 1}}, missing=(), papers=PAPERS, ids={"Alpha": "a", "Beta": "b", "Gamma": "c"})


def cite(n: int, paper_id: str, start: int, end: int, *, quote: str | None = None) -> Citation:
    """Citation `n` of PAPERS[paper_id].abstract[start:end]; another `quote` makes it a false one."""
    paper = PAPERS[paper_id]
    text = paper.abstract[start:end] if quote is None else quote
    return Citation(n, paper_id, paper.title, (), paper.year, "", "", text, start, end)


def make_answer(
    text: str = "It gains 4.2 points [1].",
    citations: Sequence[Citation] | None = None,
    *,
    abstained: bool = False,
    retrieved: Sequence[str] = ("a", "b", "c"),
    statuses: Sequence[SupportStatus] = ("supported",),
    confidence: float | None = 0.9,
) -> Answer:
    cited = (cite(1, "a", 0, 23),) if citations is None else tuple(citations)
    sentences = [AnswerSentence(text, tuple(c.n for c in cited), 0.95, status) for status in statuses]
    return Answer(
        question="?",
        mode="extractive",
        answer=text,
        abstained=abstained,
        reason="nothing near" if abstained else None,
        sentences=() if abstained else tuple(sentences),
        citations=() if abstained else cited,
        retrieved=tuple(RetrievedPaper(p, PAPERS[p].title, 1.0 / n) for n, p in enumerate(retrieved, 1)),
        timings_ms={"total": 12.5},
        confidence=confidence,
    )


def make_question(
    question_id: str = "q1",
    kind: str = "fact",
    gold: Sequence[str] = ("Alpha",),
    patterns: Sequence[str] = (r"4\.2",),
    evidence: Sequence[tuple[str, str]] = (("Alpha", "Alpha gains 4.2 points."),),
    required: int | None = None,
) -> GoldQuestion:
    return GoldQuestion(
        id=question_id,
        type=kind,
        question=f"What of {question_id}?",
        gold=tuple(gold),
        gold_required=len(gold) if required is None else required,
        evidence=tuple(GoldQuote(title, quote) for title, quote in evidence),
        nuggets=tuple(patterns),
        patterns=tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns),
        answer="It gains 4.2 points.",
    )
