"""Where the weights of rag/answering/answerability.py come from:

`python -m eval.fit.answerability ../shared --library DIR --science DIR`

DIR: libraries of ../shared/corpus and of ../shared/eval/scifact/corpus.jsonl (or a part that holds the papers
named in eval/fit/answerability.jsonl). `on_subject` tells questions that a library answers from those of the
other library, everyday ones, and short ones about something else in words the library uses, too
(eval/fit/data/ambiguous.jsonl; those marked "test" are never fitted on); `answers` tells them from near
misses: real papers asked for what their abstracts do not say. Cross-validated by paper, tenfold; prints the
shares refused and a reliability table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.data.questions import load_questions
from eval.fit.reading import ask_library, fit_arguments, papers_of, read
from rag.answering.answerability import (
    BestPaper,
    Logistic,
    answer_features,
    paper_features,
    subject_features,
)
from rag.assistant import Assistant
from rag.records import History

Rows = NDArray[np.float64]
Kind = Literal["answered", "near", "far", "about"]
"""About: on the subject of the library; whether it is answered is not known."""

OWN = Path(__file__).with_name("answerability.jsonl")
"""Questions on abstracts of other fields, half of them near misses, and everyday ones; ids are SciFact's."""
AMBIGUOUS = Path(__file__).parent / "data" / "ambiguous.jsonl"
N_FOLDS = 10
RIDGE = 30.0
"""With 10, three fewer near misses of 30 are refused at the same cost."""
FALSE_REFUSALS = 0.03
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class Case:
    """A question to fit on: what it is to its library, and its features."""

    source: str
    kind: Kind
    question: str
    paper_id: str
    subject: dict[str, float]
    about_paper: dict[str, float]
    answers: dict[str, float]
    ambiguous: bool = False
    is_test: bool = False


def main() -> None:
    args = fit_arguments(__doc__).parse_args()
    own = [json.loads(line) for line in OWN.read_text("utf-8").splitlines()]
    names = ("questions_dev.jsonl", "questions_train.jsonl")
    pages = [q for name in names for q in load_questions(args.shared / "eval" / name).questions]
    asked: list[tuple[str, History, Kind]] = [
        (q.question, q.history, "answered" if q.answerable else "far" if q.type.endswith("far") else "near")
        for q in pages
    ]
    science: list[tuple[str, History, Kind]] = [
        (str(r["question"]), (), "answered" if r["answerable"] else "near" if r["paper"] else "far")
        for r in own
    ]
    with Assistant.open(args.library) as assistant:
        strangers = _as_far(science)
        cases = list(read_cases(assistant, "pages", [*asked, *strangers]))
        cases += read_ambiguous(assistant, "pages")
    with Assistant.open(args.science) as assistant:
        strangers = _as_far(asked[::3])
        cases += read_cases(assistant, "science", [*science, *strangers])
        cases += read_ambiguous(assistant, "science")
    report(cases)


def _as_far(asked: Sequence[tuple[str, History, Kind]]) -> list[tuple[str, History, Kind]]:
    """Questions that another library answers, as this one's far ones; none that follow a turn."""
    return [(text, (), "far") for text, history, kind in asked if kind == "answered" and not history]


def read_cases(
    assistant: Assistant, source: str, asked: Sequence[tuple[str, History, Kind]]
) -> Iterator[Case]:
    for text, history, kind in asked:
        found = ask_library(assistant, text, history)
        ranked = found.ranking.ranked
        top = read(assistant, found, ranked[0])
        paper = papers_of(assistant, found)[ranked[0].paper_id]
        best = BestPaper(paper, ranked[0].late, ranked[0].cosine, top.evidence, top.matches)
        yield Case(
            source,
            kind,
            text,
            best.paper.paper_id,
            subject_features(text, found.ranking, best),
            paper_features(text, best),
            answer_features(text, best),
        )


def read_ambiguous(assistant: Assistant, source: str) -> Iterator[Case]:
    """The short questions of one library, on its subject and not."""
    rows = [json.loads(line) for line in AMBIGUOUS.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["library"] == source]
    asked: list[tuple[str, History, Kind]] = [(row["question"], (), row["kind"]) for row in rows]
    for row, case in zip(rows, read_cases(assistant, source, asked), strict=True):
        yield replace(case, ambiguous=True, is_test=row["test"])


def report(all_cases: Sequence[Case]) -> None:
    """Print the fits, and what they do in cross-validation and on the questions kept apart."""
    cases = [case for case in all_cases if not case.is_test]
    subject, answers = np.zeros(len(cases)), np.zeros(len(cases))
    folds = fold_by_paper(cases)
    for n in range(N_FOLDS):
        rest = [case for case, fold in zip(cases, folds, strict=True) if fold != n]
        on_subject, gives = fit_subject(rest), fit_answers(rest)
        for i in np.flatnonzero(folds == n).tolist():
            subject[i], answers[i] = on_subject(cases[i].subject), gives(cases[i].answers)
    kinds = np.array([case.kind for case in cases])
    sources = np.array([case.source for case in cases])
    answered = kinds == "answered"
    least_subject = float(np.quantile(subject[answered], FALSE_REFUSALS / 3))
    passing = answered & (subject >= least_subject)
    for share in (0.01, 0.02, 0.03, 0.04, 0.05):
        least = float(np.quantile(answers[passing], share))
        refused = (subject < least_subject) | (answers < least)
        print(f"thresholds: on_subject {least_subject:.3f}, answers {least:.3f}")
        for source in ("pages", "science"):
            shares = {k: refused[(kinds == k) & (sources == source)] for k in ("answered", "near", "far")}
            print(f"  {source}: {_shares(shares)}")
    print("reliability of their product: probability said, share answered, n")
    known = kinds != "about"
    both = np.where(known, subject * answers, -1)
    for low, high in pairwise(BINS):
        inside = (both >= low) & (both < high)
        if inside.any():
            print(
                f"  {low:.2f}-{high:.2f}: {both[inside].mean():.2f} {answered[inside].mean():.2f}",
                inside.sum(),
            )
    on_subject, found = fit_subject(cases), {}
    for source in ("pages", "science"):
        for kind in ("about", "far"):
            short = [(case, subject[i]) for i, case in enumerate(cases) if case.ambiguous]
            kept = [s < least_subject for case, s in short if (case.source, case.kind) == (source, kind)]
            found[f"short, {source}, {kind}"] = np.array(kept)
    for kind in ("about", "far"):
        tested = [on_subject(case.subject) < least_subject for case in all_cases if _tests(case, kind)]
        found[f"short, kept apart, {kind}"] = np.array(tested)
    print(_shares(found))
    models = {"ON_SUBJECT": on_subject, "ABOUT_PAPER": fit_about_paper(cases), "ANSWERS": fit_answers(cases)}
    for name, model in models.items():
        weights = {key: round(value, 2) for key, value in model.weights.items()}
        print(f"{name} = Logistic({model.constant:.2f}, {weights})")


def _tests(case: Case, kind: str) -> bool:
    return case.is_test and case.kind == kind


def _shares(refused: Mapping[str, NDArray[np.bool_]]) -> str:
    return ", ".join(f"{name} refused {each.mean():.3f} (n={each.size})" for name, each in refused.items())


def fold_by_paper(cases: Sequence[Case]) -> NDArray[np.int64]:
    ids = sorted({case.paper_id for case in cases})
    order = np.random.default_rng(1).permutation(len(ids))
    fold = {paper_id: int(n) % N_FOLDS for paper_id, n in zip(ids, order, strict=True)}
    return np.array([fold[case.paper_id] for case in cases])


def fit_subject(cases: Sequence[Case]) -> Logistic:
    """Answered questions and near misses against far ones, each library weighing the same."""
    wanted = np.array([case.kind != "far" for case in cases], float)
    return fit_logistic([case.subject for case in cases], wanted, _even(cases), ridge=0.1)


def fit_about_paper(cases: Sequence[Case]) -> Logistic:
    """The same of one paper, without the short questions: other papers are not at hand to set them right."""
    cases = [case for case in cases if not case.ambiguous]
    wanted = np.array([case.kind != "far" for case in cases], float)
    return fit_logistic([case.about_paper for case in cases], wanted, _even(cases), ridge=0.1)


def fit_answers(cases: Sequence[Case]) -> Logistic:
    """Answered questions against near misses."""
    near = [case for case in cases if case.kind in ("answered", "near")]
    wanted = np.array([case.kind == "answered" for case in near], float)
    return fit_logistic([case.answers for case in near], wanted, np.ones(len(near)), ridge=RIDGE)


def _even(cases: Sequence[Case]) -> Rows:
    sizes = {source: sum(case.source == source for case in cases) for source in ("pages", "science")}
    return np.array([len(cases) / (2 * sizes[case.source]) for case in cases])


def fit_logistic(features: Sequence[dict[str, float]], wanted: Rows, counts: Rows, ridge: float) -> Logistic:
    """A logistic on standardised features with a ridge, given in the features' own units."""
    names = list(features[0])
    rows = np.array([[each[name] for name in names] for each in features])
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    design = np.column_stack([(rows - middle) / spread, np.ones(len(rows))])

    def loss(weights: Rows) -> tuple[float, Rows]:
        total = design @ weights
        value = (
            float(counts @ (np.logaddexp(0, total) - wanted * total))
            + ridge * float(weights[:-1] @ weights[:-1]) / 2
        )
        gradient = design.T @ (counts * (1 / (1 + np.exp(-total)) - wanted))
        gradient[:-1] += ridge * weights[:-1]
        return value, gradient

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    own = found[:-1] / spread
    return Logistic(float(found[-1] - own @ middle), dict(zip(names, map(float, own), strict=True)))


if __name__ == "__main__":
    main()
