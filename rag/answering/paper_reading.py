"""The papers of a ranking as an answer is made of them: with their best sentences, and how sure each is."""

from __future__ import annotations

from rag.answering.abstention import confidence_from, paper_confidence
from rag.answering.answerability import BestPaper
from rag.answering.plans.belonging import met_features
from rag.encoder.minilm import Encoder
from rag.library.library import Library
from rag.records import RankedPaper
from rag.retrieval.question import Question
from rag.retrieval.ranking import Ranking, weight_query
from rag.retrieval.sentence_scoring import read_papers

READ_PAPERS = 12
"""Papers whose sentences are weighed for an answer; what a written answer may draw on."""


def read_ranked(
    library: Library,
    encoder: Encoder,
    question: Question,
    ranking: Ranking,
    top: int,
    n_read: int = READ_PAPERS,
    *,
    of_minilm: bool,
) -> tuple[list[RankedPaper], BestPaper | None]:
    """The `top` papers, the `n_read` first of them with their sentences, best for the question first; and
    the first paper with how the question matches it.

    of_minilm: whether `encoder` is MiniLM, on whose vectors the sentences' scores were fitted.
    """
    text, query = ranking.text, ranking.query
    if (wanted := question.unexcluded or question.text) != text:
        text = wanted
        query = weight_query(library, encoder, encoder.encode_query(text))
    there = library.passages_of([ranked.passage_id for ranked in ranking.ranked[:top]])
    passages = {each[0].paper.paper_id: each for each in there if each}
    ranked = [each for each in ranking.ranked[:top] if each.paper_id in passages]
    to_read = [passages[each.paper_id] for each in ranked[:n_read]]
    read = read_papers(question, text, query, to_read, of_minilm=of_minilm)
    papers = [passages[each.paper_id][0].paper for each in ranked]
    evidence = [paper.evidence for paper in read] + [()] * (len(ranked) - len(read))
    own = [
        BestPaper(paper, r.late, r.cosine, p.evidence, p.matches)
        for paper, r, p in zip(papers, ranked, read, strict=False)
    ]
    sure = [paper_confidence(question.text, each) for each in own]
    sure += [confidence_from(r.late, r.cosine) for r in ranked[len(own) :]]
    met = [met_features(each.matches) for each in read] + [{}] * (len(ranked) - len(read))
    columns = zip(papers, ranked, evidence, sure, met, strict=True)
    return [RankedPaper(p, r.score, e, c, m) for p, r, e, c, m in columns], own[0] if own else None
