"""Where the weights of rag/answering/plans/belonging.py come from:

`python -m eval.fit.belonging ../shared --library DIR --science DIR`

DIR: libraries of ../shared/corpus and of ../shared/eval/scifact/corpus.jsonl (or a part of it). Of the papers
found for a question that several answer, those that are on its subject are told from the others: by
data/belonging.jsonl, read title by title by one reader (questions of natural_dev, named by their id, and of
data/broad.jsonl), and by the gold of the lists of questions_dev and questions_train, which names the nearest
only. Each question weighs the same. Cross-validated by question, tenfold; prints, for each source, precision
and recall of several thresholds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.data.questions import load_questions
from eval.fit.answerability import N_FOLDS, fit_logistic
from eval.fit.reading import fit_arguments
from rag.answering.answerability import Logistic
from rag.answering.plans.belonging import belonging_features
from rag.assistant import Assistant
from rag.papers.identifiers import title_key

LABELS = Path(__file__).parent / "data" / "belonging.jsonl"
BROAD = Path(__file__).parent / "data" / "broad.jsonl"
RIDGE = 3.0
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class BelongingCase:
    """A paper found for a question: whether it belongs, and its features."""

    source: str
    question: str
    belongs: bool
    features: Mapping[str, float]


def main() -> None:
    args = fit_arguments(__doc__).parse_args()
    with Assistant.open(args.library) as assistant:
        found = [
            *_read_lists(assistant, args.shared / "eval"),
            *_read_labels(assistant, "pages", args.shared),
        ]
    with Assistant.open(args.science) as assistant:
        found += _read_labels(assistant, "science", args.shared)
    report(found)


def _read_lists(assistant: Assistant, folder: Path) -> Iterator[BelongingCase]:
    for name in ("questions_dev.jsonl", "questions_train.jsonl"):
        for question in load_questions(folder / name).questions:
            if question.type == "list":
                gold = {title_key(title) for title in question.gold}
                yield from _read(assistant, "lists", question.question, gold, by_title=True)


def _read_labels(assistant: Assistant, library: str, shared: Path) -> Iterator[BelongingCase]:
    asked: dict[str, str] = {}
    for path in (BROAD, shared / "eval" / "natural_dev.jsonl"):
        asked |= {row["id"]: row["question"] for row in map(json.loads, path.read_text("utf-8").splitlines())}
    for line in LABELS.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["library"] == library:
            known = {*row["belongs"], *row["not"]}
            yield from _read(assistant, library, asked[row["id"]], set(row["belongs"]), known)


def _read(
    assistant: Assistant,
    source: str,
    text: str,
    wanted: set[str],
    known: set[str] | None = None,
    *,
    by_title: bool = False,
) -> Iterator[BelongingCase]:
    """The papers found that were read: all but the first, which is always shown."""
    _, _, papers, _ = assistant.read_question(text)
    features = belonging_features(text, papers, assistant.rarity)
    for place, (ranked, own) in enumerate(zip(papers, features, strict=True)):
        key = title_key(ranked.paper.title) if by_title else ranked.paper.paper_id
        if place and ranked.evidence and (known is None or key in known):
            yield BelongingCase(source, text, key in wanted, own)


def report(found: Sequence[BelongingCase]) -> None:
    """Print the fit, and what it does in cross-validation."""
    folds = fold_by_question(found)
    chance = np.zeros(len(found))
    for n in range(N_FOLDS):
        model = fit([each for each, fold in zip(found, folds, strict=True) if fold != n])
        for i in np.flatnonzero(folds == n).tolist():
            chance[i] = model(found[i].features)
    belongs = np.array([each.belongs for each in found])
    sources = np.array([each.source for each in found])
    for least in THRESHOLDS:
        shown = chance >= least
        print(f"from {least}", end=": ")
        for source in dict.fromkeys(sources):
            rows = sources == source
            right = (shown & belongs & rows).sum()
            precision, recall = right / max(1, (shown & rows).sum()), right / (belongs & rows).sum()
            print(f"{source} precision {precision:.3f} recall {recall:.3f}", end="; ")
        print()
    print(
        ", ".join(
            f"{s} n={(sources == s).sum()}, belong {belongs[sources == s].mean():.3f}" for s in set(sources)
        )
    )
    model = fit(found)
    weights = {key: round(value, 2) for key, value in model.weights.items()}
    print(f"BELONGS = Logistic({model.constant:.2f}, {weights})")


def fit(found: Sequence[BelongingCase]) -> Logistic:
    """The logistic of these papers; each question counts the same, and so does each source."""
    questions = [each.question for each in found]
    sizes = {question: questions.count(question) for question in set(questions)}
    n_asked = {s: len({e.question for e in found if e.source == s}) for s in {e.source for e in found}}
    counts = np.array([len(found) / (len(n_asked) * n_asked[e.source] * sizes[e.question]) for e in found])
    wanted = np.array([each.belongs for each in found], float)
    return fit_logistic([dict(each.features) for each in found], wanted, counts, RIDGE)


def fold_by_question(found: Sequence[BelongingCase]) -> NDArray[np.int64]:
    asked = sorted({each.question for each in found})
    order = np.random.default_rng(5).permutation(len(asked)) % N_FOLDS
    fold = dict(zip(asked, order.tolist(), strict=True))
    return np.array([fold[each.question] for each in found])


if __name__ == "__main__":
    main()
