"""Where the weights and thresholds of rag/answering/stances.py come from:

`python -m eval.fit.stances ../shared --library DIR --science DIR --folds DIR [--write]`

DIR: libraries of ../shared/corpus and of ../shared/eval/scifact/corpus.jsonl (or a part of it), and the
folds' graphs as `make train-gate ARGS="--work DIR"` leaves them. Labels: our own on sentences of the pages
(data/stances.jsonl: claims, places and labels, no sentence), each claim also turned round; and SciFact's
training claims on papers of one fold, judged by the model of that fold, which has not seen them (what ships
has); their other sentences near the claim count as taking no side. Cross-validated by claim. Prints the
precision and recall of each side, of each source and of a fit that saw nothing of that source; `--write`
writes the head.
"""

from __future__ import annotations

import json
import pickle
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.fit.reading import fit_arguments
from eval.fit.softmax import fit_softmax, held_out, softmax
from eval.fit.support import fold_judges
from eval.fit.support_model.data import fold_of, paper_key
from rag.answering.stances import LEARNED, NAMES, WEIGHTS, Rows, Stance
from rag.answering.weighing import SEARCHED, ClaimJudge, candidates_of, claim_of, features_of
from rag.assistant import Assistant
from rag.config import Config
from rag.encoder.minilm import Encoder
from rag.support.gate import Gate
from rag.support.opposition import Opposition
from rag.text.sentences import split_sentences

OWN = Path(__file__).parent / "data" / "stances.jsonl"
HEAD = Path(__file__).parents[2] / "rag" / "answering" / WEIGHTS
N_FOLDS = 10
RIDGE = 3.0
GATE_FOLDS, GATE_FOLD = 3, 0
"""The fold of the support model whose papers SciFact's claims are taken from."""
NEAREST = 12
"""Sentences near a claim of SciFact's that are judged beside its evidence."""
PRECISION = {"supports": 0.8, "contradicts": 0.8, "qualifies": 0.7, "on_matter": 0.55}
"""What is asked of each side, out of fold; its threshold is the lowest that gives it."""
FEWEST = 8
"""Sentences above a threshold, or its precision says nothing."""

Key = tuple[str, int]
SKIPPED: Stance = "qualifies"
"""What is not learned from: sentences with conditions, and the others of a paper with evidence."""


@dataclass(frozen=True, slots=True)
class StanceCase:
    """A sentence with the side it takes on a claim, and its features."""

    source: str
    claim: str
    label: Stance
    features: Rows
    text: str


def main() -> None:
    parser = fit_arguments(__doc__)
    parser.add_argument("--folds", type=Path, required=True, help="graphs of the support model's folds")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the cases that were read, pickled")
    parser.add_argument("--write", action="store_true", help=f"write {HEAD.name}")
    args = parser.parse_args()
    with Assistant.open(args.library) as assistant:
        cases = list(read_cases("pages", own_labels(), assistant, assistant.gate, nearest=0))
    with Assistant.open(args.science) as assistant:
        labels = science_labels(args.shared / "eval" / "scifact", assistant)
        gate = Gate(fold_judges(args.folds)[GATE_FOLD], Opposition(Encoder.load(Config.from_env())))
        cases += read_cases("science", labels, assistant, gate, nearest=NEAREST)
    if args.keep:
        args.keep.write_bytes(pickle.dumps(cases))
    thresholds, weights = report(cases)
    if args.write:
        HEAD.write_text(_as_json(weights, thresholds), "utf-8")


def own_labels() -> dict[str, dict[Key, Stance]]:
    """Labels by claim and by paper and place."""
    found: dict[str, dict[Key, Stance]] = defaultdict(dict)
    for line in OWN.read_text("utf-8").splitlines():
        record = json.loads(line)
        found[record["claim"]][record["paper_id"], record["start"]] = record["label"]
    return found


def science_labels(folder: Path, assistant: Assistant) -> dict[str, dict[Key, Stance]]:
    """SciFact's evidence sentences on papers of one fold that the library has."""
    named: dict[str, Stance] = {"SUPPORT": "supports", "CONTRADICT": "contradicts"}
    found: dict[str, dict[Key, Stance]] = defaultdict(dict)
    for line in (folder / "pairs_train.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        paper = assistant.library.paper(record["doc"])
        if paper is None or record["label"] not in named:
            continue
        if fold_of(paper_key(paper.title) or paper.paper_id, GATE_FOLDS) != GATE_FOLD:
            continue
        evidence = (
            " ".join(record["evidence"]) if isinstance(record["evidence"], list) else record["evidence"]
        )
        for sentence in split_sentences(paper.abstract):
            named_side = named[record["label"]] if sentence.text in evidence else SKIPPED
            found[record["claim"]][paper.paper_id, sentence.start] = named_side
    return found


def read_cases(
    source: str,
    labels: Mapping[str, Mapping[Key, Stance]],
    assistant: Assistant,
    gate: ClaimJudge,
    *,
    nearest: int,
) -> Iterator[StanceCase]:
    """The labelled sentences that a search with their claim finds, judged by `gate`; and of the `nearest` to
    it the others, as taking no side."""
    for text, wanted in labels.items():
        claim = claim_of(text)
        papers = assistant.search(claim, top=SEARCHED, n_read=SEARCHED)
        all_of_them = candidates_of(claim, papers, assistant.rarity)
        keys = [(each.paper.paper_id, each.evidence.sentence.start) for each in all_of_them]
        chosen = [i for i, key in enumerate(keys) if key in wanted or i < nearest]
        if not chosen:
            continue
        judged = sorted({0, *chosen})  # the nearest is what the others' nearness is measured from
        candidates = [all_of_them[i] for i in judged]
        features = features_of(claim, candidates, assistant.rarity, gate)
        for i, each, row in zip(judged, candidates, features, strict=True):
            label = wanted.get(keys[i], "none" if i < nearest else SKIPPED)
            if label != SKIPPED:
                yield StanceCase(source, text, label, row, each.evidence.sentence.text)


def report(cases: Sequence[StanceCase]) -> tuple[dict[str, float], Rows]:
    """Print what the fit does out of fold; return the thresholds chosen there, and the fit to all cases."""
    features = np.stack([case.features for case in cases])
    labels = np.array([LEARNED.index(case.label) for case in cases], np.int64)
    sources = np.array([case.source for case in cases])
    for source in sorted(set(sources)):
        counts = {name: int(np.sum(labels[sources == source] == i)) for i, name in enumerate(LEARNED)}
        print(f"{source}: {counts}, {len({c.claim for c in cases if c.source == source})} claims")
    groups = [_subject(case) for case in cases]
    found = held_out(features, labels, len(LEARNED), RIDGE, groups, N_FOLDS)
    thresholds: dict[str, float] = {
        side: _threshold(found[:, i], _wins(found, i), labels == i, PRECISION[side])
        for i, side in enumerate(LEARNED[:2])
    }
    everything = np.ones(len(found), np.bool_)
    for name in ("qualifies", "on_matter"):  # of both what is asked is that they be on the matter
        thresholds[name] = _threshold(1 - found[:, 2], everything, labels != 2, PRECISION[name])
    for source in sorted(set(sources)):
        _print_sides(f"{source}, out of fold", found, labels, sources == source, thresholds)
        rest = fit_softmax(features[sources != source], labels[sources != source], len(LEARNED), RIDGE)
        other = softmax(features @ rest[:-1] + rest[-1])
        _print_sides(f"{source}, fitted on the other", other, labels, sources == source, thresholds)
    return thresholds, fit_softmax(features, labels, len(LEARNED), RIDGE)


def _subject(case: StanceCase) -> str:
    """Claims on the same sentences stay in one fold, those turned round with their claim."""
    return case.text if case.source == "pages" else case.claim


def _wins(found: Rows, column: int) -> NDArray[np.bool_]:
    return np.asarray(found[:, column] >= found[:, :2].max(axis=1))


def _threshold(chances: Rows, wins: NDArray[np.bool_], truth: NDArray[np.bool_], precision: float) -> float:
    """The lowest chance from which on the share of true ones is at least `precision`."""
    order = [i for i in np.argsort(-chances).tolist() if wins[i]]
    right = np.cumsum(truth[order])
    enough = [n for n in range(FEWEST, len(order) + 1) if right[n - 1] / n >= precision]
    return float(chances[order[enough[-1] - 1]]) if enough else 1.0


def _print_sides(
    head: str,
    found: Rows,
    labels: NDArray[np.int64],
    part: NDArray[np.bool_],
    thresholds: Mapping[str, float],
) -> None:
    told = []
    for column, side in enumerate(LEARNED[:2]):
        said = part & (found[:, column] >= thresholds[side]) & _wins(found, column)
        told.append(_shares(f"{side} at {thresholds[side]:.2f}", said, part & (labels == column)))
    said = part & (1 - found[:, 2] >= thresholds["on_matter"])
    told.append(_shares(f"on the matter at {thresholds['on_matter']:.2f}", said, part & (labels != 2)))
    print(f"{head}: {'; '.join(told)}")


def _shares(name: str, said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> str:
    right = int(np.sum(said & truth))
    return f"{name}: precision {right}/{int(said.sum())}, recall {right}/{int(truth.sum())}"


def _as_json(weights: Rows, thresholds: Mapping[str, float]) -> str:
    rows = {name: [round(float(x), 4) for x in row] for name, row in zip(NAMES, weights[:-1], strict=True)}
    head = {
        "weights": rows,
        "intercepts": [round(float(x), 4) for x in weights[-1]],
        "thresholds": {name: round(value, 4) for name, value in thresholds.items()},
    }
    return json.dumps(head, indent=1) + "\n"


if __name__ == "__main__":
    main()
