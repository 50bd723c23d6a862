"""Where the constants of rag/support/gate.py come from: `python -m eval.fit.support ../shared`.

Fits a logistic over the gate's two features on answers of questions_dev and on SciFact's training pairs, and
prints it, the areas under its curves, and how often the shipped gate accepts each kind of pair, with
intervals. `--count` counts rag/support/common_stems.json again in the demo papers, whose plain words were
written apart from the questions.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.data.questions import load_questions
from eval.make.support_pairs import MadePair, accepted, make_pairs
from eval.measures.bootstrap import Estimate
from eval.measures.support_gate import estimate_auc, load_pairs
from rag.config import Config
from rag.demo import demo_papers_path
from rag.encoder.minilm import Encoder
from rag.readers import read_paths
from rag.records import Paper
from rag.support.alignment import stems
from rag.support.gate import Gate

Rows = NDArray[np.float64]

_N_FOLDS = 10
_BORNE = ("own", "own_sentences", "SUPPORT")
_WEIGHTS = {"own": 2.0, "own_sentences": 2.0, "other": 0.05, "SUPPORT": 0.05, "NEI": 0.05}
"""What a pair counts in the fit, 1 where not named: far-off evidence is easy and plentiful, and SciFact's
field is another."""
_FITTED = ("own", "own_sentences", "other", "nearest_late", "nearest_dense", "SUPPORT", "NEI")
_MIN_TEXTS = 3
"""Texts a stem must occur in to count as common."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with corpus/ and eval/")
    parser.add_argument("--count", action="store_true", help="write rag/common_stems.json, and stop")
    args = parser.parse_args()
    if args.count:
        _write_common_stems()
        return
    encoder = Encoder.load(Config.from_env())
    gate = Gate(encoder)
    questions = load_questions(args.shared / "eval" / "questions_dev.jsonl").questions
    papers = _papers(sorted((args.shared / "corpus").glob("*.txt")))
    made = make_pairs(questions, papers, encoder)
    labelled = load_pairs(args.shared / "eval" / "scifact" / "pairs_train.jsonl")
    scifact = [MadePair(pair.label, pair.id, pair.claim, pair.evidence) for pair in labelled]
    _report_fit(gate, [*made, *scifact])
    print("\nAccepted by the gate as shipped (own: to be 1, the rest 0):")
    for kind, share in accepted([*made, *scifact], gate).items():
        print(f"  {kind:14} {_shown(share)}")


def fit(features: Rows, is_borne: Rows, weights: Rows) -> Rows:
    """Logistic regression by Newton's method, with a ridge of 1 on standardised features.

    features: float64[n, k]. Returns float64[k + 1], the intercept last, for features as given.
    """
    mean, scale = features.mean(axis=0), features.std(axis=0)
    design = np.column_stack([(features - mean) / scale, np.ones(len(features))])
    ridge = np.diag([1.0] * features.shape[1] + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-design @ beta))
        slope = design.T @ (weights * (chance - is_borne)) + ridge @ beta
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + ridge
        beta -= np.linalg.solve(curvature, slope)
    slopes = beta[:-1] / scale
    return np.append(slopes, beta[-1] - slopes @ mean)


def _report_fit(gate: Gate, pairs: Sequence[MadePair]) -> None:
    pairs = [pair for pair in pairs if pair.kind in (*_FITTED, "CONTRADICT")]
    kinds = np.array([pair.kind for pair in pairs])
    features = np.array([gate.features(pair.claim, pair.evidence) for pair in pairs])
    is_borne = np.isin(kinds, _BORNE).astype(np.float64)
    weights = np.array([_WEIGHTS.get(kind, 1.0) for kind in kinds])
    is_fitted = np.isin(kinds, _FITTED)
    beta = fit(features[is_fitted], is_borne[is_fitted], weights[is_fitted])
    print(f"coverage {beta[0]:.2f}, length {beta[1]:.2f}, bias {beta[2]:.2f} (n = {is_fitted.sum()})")
    fold = _folds(pairs)
    logit = np.empty(len(pairs))
    for k in range(_N_FOLDS):
        train = is_fitted & (fold != k)
        logit[fold == k] = np.column_stack([features, np.ones(len(pairs))])[fold == k] @ fit(
            features[train], is_borne[train], weights[train]
        )
    print(f"\nArea under the curve of coverage and length alone, {_N_FOLDS}-fold by question or claim:")
    others = ("nearest_late", "nearest_dense", "other")
    scifact = [("SUPPORT", "NEI"), ("SUPPORT", "CONTRADICT")]
    for ours, theirs in [*product(("own", "own_sentences"), others), *scifact]:
        area = estimate_auc(logit[kinds == ours].tolist(), logit[kinds == theirs].tolist())
        print(f"  {ours} against {theirs}: {_shown(area)}")
    for kind in (*_FITTED, "CONTRADICT"):
        print(f"  {kind:14} accepted {np.mean(logit[kinds == kind] > 0):.3f}")


def _folds(pairs: Sequence[MadePair]) -> NDArray[np.int64]:
    """The fold of each pair, the same for all of one question, or of one claim of SciFact."""
    groups = [pair.id.split("/")[0] if "/" in pair.id else pair.claim for pair in pairs]
    order = np.random.default_rng(0).permutation(len(set(groups)))
    number = {group: int(order[i]) % _N_FOLDS for i, group in enumerate(sorted(set(groups)))}
    return np.array([number[group] for group in groups])


def _papers(paths: Sequence[Path]) -> list[Paper]:
    papers = [record for record in read_paths(paths) if isinstance(record, Paper)]
    return list({paper.paper_id: paper for paper in papers}.values())


def _write_common_stems() -> None:
    texts = [paper.abstract for paper in _papers([demo_papers_path()])]
    n_with = Counter(stem for text in texts for stem in stems(text))
    common = {stem: n for stem, n in sorted(n_with.items()) if n >= _MIN_TEXTS}
    path = Path("rag") / "common_stems.json"
    path.write_text(json.dumps({"n_texts": len(texts), "n_with": common}, ensure_ascii=False) + "\n", "utf-8")
    print(f"{path}: {len(common)} stems of {len(texts)} texts")


def _shown(value: Estimate) -> str:
    if value.low is None or value.high is None:
        return f"{value.value:.3f} (n = {value.n})"
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}] (n = {value.n})"


if __name__ == "__main__":
    main()
