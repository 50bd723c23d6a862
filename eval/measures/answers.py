"""Answer measures without a model: one value a question, from an Answer, its question's gold and the papers.

A question that failed has no Answer and scores its default, 0, wherever it would have scored at all; an
abstention scores 0 on what it did not say. Measures over a whole set are `eval.measures.abstention`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from eval.data.questions import Gold, GoldQuestion
from eval.measures.retrieval import Scores
from rag.records import Answer, Citation, Paper
from rag.text.citation_marks import without_own

COVERED = 0.5
"""Share of a gold quote's characters that an answer must quote for it to count as quoted. Chosen by
hand: a gold quote is often a clause, and an answer quotes whole sentences."""


def score_answer(question: GoldQuestion, answer: Answer | None, gold: Gold) -> Scores:
    """Values of one question; `answer` is None where asking failed."""
    abstained = answer is not None and answer.abstained
    scores = {
        "abstained": float(abstained),
        "abstention_right": float(answer is not None and abstained != question.answerable),
    }
    if question.answerable:
        scores |= _score_content(question, answer, gold)
    if answer is not None and not abstained:
        scores |= _score_form(answer, gold.papers)
    if answer is not None and answer.usage is not None:
        scores["prompt_tokens"] = float(answer.usage.prompt_tokens)
        scores["completion_tokens"] = float(answer.usage.completion_tokens)
        if answer.usage.cost_usd is not None:
            scores["cost_usd"] = answer.usage.cost_usd
    return scores


def spoken_text(answer: Answer) -> str:
    """The answer without its own [n] markers, and with every run of white space as one space."""
    numbers = {citation.n for citation in answer.citations}
    return " ".join(without_own(answer.answer, numbers).split())


def found_facts(question: GoldQuestion, answer: Answer | None) -> tuple[bool, ...]:
    """For each fact pattern, whether the answer states it; an abstention states none."""
    text = "" if answer is None or answer.abstained else spoken_text(answer)
    return tuple(bool(text and pattern.search(text)) for pattern in question.patterns)


def quoted_evidence(question: GoldQuestion, answer: Answer | None, gold: Gold) -> tuple[bool, ...]:
    """For each gold quote, whether the answer's quotes hold at least COVERED of its characters."""
    citations = () if answer is None or answer.abstained else answer.citations
    quoted_parts = []
    for evidence in question.evidence:
        paper_id = gold.ids.get(evidence.title, evidence.title)
        span = _find(evidence.quote, gold.papers.get(paper_id))
        quoted: set[int] = set()
        for citation in citations:
            if citation.paper_id == paper_id:
                quoted.update(range(citation.start, citation.end))
        quoted_parts.append(bool(span) and len(quoted.intersection(span)) >= COVERED * len(span))
    return tuple(quoted_parts)


def cited_papers(answer: Answer) -> tuple[str, ...]:
    """Ids of the papers cited, each once, in the order of their first citation."""
    return tuple(dict.fromkeys(citation.paper_id for citation in answer.citations))


def is_verbatim(citation: Citation, papers: Mapping[str, Paper]) -> bool:
    """Whether the quote is what its paper's abstract says at its offsets."""
    paper = papers.get(citation.paper_id)
    return (
        paper is not None
        and 0 <= citation.start < citation.end
        and paper.abstract[citation.start : citation.end] == citation.quote
    )


def _score_content(question: GoldQuestion, answer: Answer | None, gold: Gold) -> Scores:
    """What an answerable question's answer states and cites, against gold."""
    relevant = {gold.ids.get(name, name) for name in question.gold}
    abstained = answer is not None and answer.abstained
    cited = () if answer is None or abstained else cited_papers(answer)
    n_right = len(relevant.intersection(cited))
    scores = {"citation_recall": min(1.0, n_right / question.gold_required)}
    if question.evidence:
        scores["evidence_recall"] = _share(quoted_evidence(question, answer, gold))
    facts = found_facts(question, answer)
    if facts:
        scores["fact_recall"] = _share(facts)
    if abstained:
        return scores
    scores["citation_precision"] = n_right / len(cited) if cited else 0.0
    if question.type != "list":
        scores["citation_precision_no_list"] = scores["citation_precision"]
    if facts:
        n_words = len(spoken_text(answer).split()) if answer else 0
        scores["facts_per_100_words"] = 100 * sum(facts) / n_words if n_words else 0.0
    return scores


def _score_form(answer: Answer, papers: Mapping[str, Paper]) -> Scores:
    """What holds of any answer given, right or wrong."""
    scores = {"answer_words": float(len(spoken_text(answer).split()))}
    if answer.citations:
        scores["quote_fidelity"] = _share(tuple(is_verbatim(c, papers) for c in answer.citations))
    if answer.sentences:
        for status in ("supported", "weak", "unsupported"):
            scores[status] = _share(tuple(sentence.status == status for sentence in answer.sentences))
    return scores


def _find(quote: str, paper: Paper | None) -> range:
    """Where the abstract holds the quote, whatever its white space; empty where it does not."""
    if paper is None:
        return range(0)
    match = re.search(r"\s+".join(map(re.escape, quote.split())), paper.abstract)
    return range(*match.span()) if match else range(0)


def _share(hits: tuple[bool, ...]) -> float:
    return sum(hits) / len(hits)
