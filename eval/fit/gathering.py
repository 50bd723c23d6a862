"""Where the weights of rag/answering/gathering.py come from:

`python -m eval.fit.gathering ../shared --library DIR --science DIR`

DIR: libraries of ../shared/corpus and of ../shared/eval/scifact/corpus.jsonl (or the part of it that the own
questions in eval/fit are about). Questions that several papers answer are told from those that one does: of
questions_dev, questions_train and natural_dev by their gold, and own ones over abstracts of another field,
narrow (answerability.jsonl) and broad (data/broad.jsonl). Each of the three sources weighs the same, but for
comparisons, which are few. Cross-validated by best paper, tenfold; prints the shares gathered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.data.questions import load_questions
from eval.fit.answerability import N_FOLDS, OWN, fit_logistic
from eval.fit.reading import fit_arguments
from rag.answering.answerability import Logistic
from rag.answering.gathering import beside_features, several_features
from rag.assistant import Assistant
from rag.records import History, Intent, as_history

BROAD = Path(__file__).parent / "data" / "broad.jsonl"
RIDGE = 3.0
FEW_RIDGE = 1.0
"""For the comparisons, which have two features."""
THRESHOLDS = (0.3, 0.4, 0.5, 0.6)
NO_PAPERS = ("meta", "lang")
"""Categories of natural_dev whose questions are not answered from papers."""


@dataclass(frozen=True, slots=True)
class GatheringCase:
    """A question with its gold, and its features."""

    source: str
    several: bool
    intent: Intent
    paper_id: str
    features: Mapping[str, float]


def main() -> None:
    args = fit_arguments(__doc__).parse_args()
    cases: list[GatheringCase] = []
    for folder, asked in ((args.library, _of_pages(args.shared / "eval")), (args.science, _own())):
        with Assistant.open(folder) as assistant:
            cases += [_read(assistant, *each) for each in asked]
    for name, chosen in (
        ("SEVERAL", [case for case in cases if case.intent != "compare"]),
        ("BESIDE", [case for case in cases if case.intent == "compare"]),
    ):
        _report(name, chosen)


def _of_pages(folder: Path) -> Iterator[tuple[str, str, History, bool]]:
    for name in ("questions_dev.jsonl", "questions_train.jsonl"):
        for q in load_questions(folder / name).questions:
            if q.answerable:
                yield "pages", q.question, q.history, q.gold_required > 1 or q.type == "list"
    for line in (folder / "natural_dev.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["category"] not in NO_PAPERS:
            history = as_history(row["history"])
            yield "natural", str(row["question"]), history, bool(row["several_papers_needed"])


def _own() -> Iterator[tuple[str, str, History, bool]]:
    for path, several in ((OWN, False), (BROAD, True)):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row.get("answerable", True):
                yield "science", str(row["question"]), (), several


def _read(assistant: Assistant, source: str, text: str, history: History, several: bool) -> GatheringCase:
    question, _, papers, best = assistant.read_question(text, history)
    if best is None:
        raise ValueError(f"the library has no paper for {text!r}")
    features = (
        beside_features(question, papers)
        if question.intent == "compare"
        else several_features(question, papers, best)
    )
    return GatheringCase(source, several, question.intent, papers[0].paper.paper_id, features)


def _report(name: str, cases: Sequence[GatheringCase]) -> None:
    """Print what a fit does in cross-validation, and its weights on all cases."""
    folds = _folds(cases)
    probability = np.zeros(len(cases))
    for n in range(N_FOLDS):
        model = _fit([case for case, fold in zip(cases, folds, strict=True) if fold != n])
        for i in np.flatnonzero(folds == n).tolist():
            probability[i] = model(cases[i].features)
    several = np.array([case.several for case in cases])
    sources = np.array([case.source for case in cases])
    for least in THRESHOLDS:
        print(f"{name} at {least}:", end=" ")
        for source in dict.fromkeys(sources):
            for word, wanted in (("several", True), ("one", False)):
                rows = (sources == source) & (several == wanted)
                if rows.any():
                    share = np.mean(probability[rows] >= least)
                    print(f"{source} {word} {share:.3f} (n={rows.sum()})", end="; ")
        print()
    model = _fit(cases)
    weights = {key: round(value, 2) for key, value in model.weights.items()}
    print(f"{name} = Logistic({model.constant:.2f}, {weights})")


def _fit(cases: Sequence[GatheringCase]) -> Logistic:
    wanted = np.array([case.several for case in cases], float)
    features = [dict(case.features) for case in cases]
    if cases[0].intent == "compare":
        return fit_logistic(features, wanted, np.ones(len(cases)), FEW_RIDGE)
    sizes = {source: sum(case.source == source for case in cases) for source in {c.source for c in cases}}
    counts = np.array([len(cases) / (len(sizes) * sizes[case.source]) for case in cases])
    return fit_logistic(features, wanted, counts, RIDGE)


def _folds(cases: Sequence[GatheringCase]) -> NDArray[np.int64]:
    ids = sorted({case.paper_id for case in cases})
    order = np.random.default_rng(3).permutation(len(ids)) % N_FOLDS
    fold = dict(zip(ids, order.tolist(), strict=True))
    return np.array([fold[case.paper_id] for case in cases])


if __name__ == "__main__":
    main()
