"""Where the weights of rag/retrieval/sentence_scoring.py come from:
`python -m eval.fit.sentence_scoring ../shared --library DIR`, DIR a library of ../shared/corpus.

A softmax over the sentences of each gold abstract (those that hold the gold evidence against the rest), of
questions_dev and questions_train; and how well it does in cross-validation over papers: the best sentence is
evidence, and the share of the evidence in the sentences that fit in 80 words.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.data.questions import GoldQuestion, load_questions
from eval.fit.reading import ask_library, papers_of, read
from rag.assistant import Assistant
from rag.papers.identifiers import title_key
from rag.records import Sentence
from rag.retrieval.sentence_features import NAMES, feature_matrix
from rag.retrieval.sentence_scoring import WEIGHTS

Rows = NDArray[np.float64]

N_FOLDS = 10
RIDGE = 1.0
WORDS = 80
OVERLAP = 0.5
"""Share of the shorter of a sentence and a gold quote that both must hold."""


@dataclass(frozen=True, slots=True)
class Abstract:
    """A gold abstract under a question: features[n, k], which of the n sentences hold the answer, lengths."""

    paper_id: str
    features: Rows
    holds: Rows
    n_words: NDArray[np.int64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with corpus/ and eval/")
    parser.add_argument("--library", type=Path, required=True, help="the pages of corpus/, ingested")
    args = parser.parse_args()
    names = ("questions_dev.jsonl", "questions_train.jsonl")
    questions = [q for name in names for q in load_questions(args.shared / "eval" / name).questions]
    with Assistant.open(args.library) as assistant:
        abstracts = list(read_abstracts(assistant, questions))
    shipped = np.array([WEIGHTS[name] for name in NAMES])
    print(f"{len(abstracts)} abstracts with evidence")
    print("shipped:          ", measures(abstracts, [shipped] * len(abstracts)))
    print("cross-validated:  ", measures(abstracts, cross_validated(abstracts)))
    fitted = fit(abstracts)
    print("fitted on all:    ", measures(abstracts, [fitted] * len(abstracts)))
    print({name: round(float(weight), 2) for name, weight in zip(NAMES, fitted, strict=True)})


def read_abstracts(assistant: Assistant, questions: Sequence[GoldQuestion]) -> Iterator[Abstract]:
    """Every gold abstract that a question's evidence is in; no lists, whose evidence is any mention."""
    for question in questions:
        if question.type == "list" or not question.evidence:
            continue
        asked = ask_library(assistant, question.question, question.history)
        wanted = {title_key(evidence.title) for evidence in question.evidence}
        papers = papers_of(assistant, asked)
        for ranked in asked.ranking.ranked:
            paper = papers[ranked.paper_id]
            if title_key(paper.title) not in wanted:
                continue
            found = read(assistant, asked, ranked)
            sentences = sorted((e.sentence for e in found.evidence), key=lambda each: each.start)
            texts = [sentence.text for sentence in sentences]
            holds = np.array([holds_evidence(s, paper.abstract, question) for s in sentences], float)
            if holds.any():
                yield Abstract(
                    paper.paper_id,
                    feature_matrix(asked.question.text, texts, found.matches).astype(float),
                    holds,
                    np.array([len(text.split()) for text in texts]),
                )


def holds_evidence(sentence: Sentence, abstract: str, question: GoldQuestion) -> bool:
    """Whether a sentence of the abstract has a good part of what a question's gold quotes from it."""
    for evidence in question.evidence:
        quote = " ".join(evidence.quote.split())
        start = abstract.find(quote)
        if start >= 0:
            shared = min(start + len(quote), sentence.end) - max(start, sentence.start)
            if shared > OVERLAP * min(len(quote), sentence.end - sentence.start):
                return True
    return False


def fit(abstracts: Sequence[Abstract]) -> Rows:
    """The weights of the softmax, with a ridge."""

    def loss(weights: Rows) -> tuple[float, Rows]:
        value, gradient = RIDGE * float(weights @ weights) / 2, RIDGE * weights
        for each in abstracts:
            logits = each.features @ weights
            shares = np.exp(logits - logits.max())
            shares /= shares.sum()
            wanted = each.holds / each.holds.sum()
            value -= float(wanted @ np.log(shares + 1e-12))
            gradient = gradient - each.features.T @ (wanted - shares)
        return value, gradient

    found = minimize(loss, np.zeros(abstracts[0].features.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x, float)


def cross_validated(abstracts: Sequence[Abstract]) -> list[Rows]:
    """For each abstract, the weights fitted without its fold; all questions on a paper are in one fold."""
    ids = sorted({each.paper_id for each in abstracts})
    order = np.random.default_rng(0).permutation(len(ids))
    fold = {paper_id: int(n) % N_FOLDS for paper_id, n in zip(ids, order, strict=True)}
    weights = [fit([a for a in abstracts if fold[a.paper_id] != n]) for n in range(N_FOLDS)]
    return [weights[fold[each.paper_id]] for each in abstracts]


def measures(abstracts: Sequence[Abstract], weights: Sequence[Rows]) -> str:
    """In words: how often the best sentence is wanted, and how much of what is wanted fits in WORDS."""
    firsts, shares = [], []
    for each, own in zip(abstracts, weights, strict=True):
        order = np.argsort(-(each.features @ own))
        firsts.append(each.holds[order[0]])
        kept: list[int] = []
        for i in order:
            if not kept or each.n_words[[*kept, i]].sum() <= WORDS:
                kept.append(int(i))
        shares.append(each.holds[kept].sum() / each.holds.sum())
    return f"best is evidence {np.mean(firsts):.3f}, evidence in {WORDS} words {np.mean(shares):.3f}"


if __name__ == "__main__":
    main()
