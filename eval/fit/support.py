"""What the whole gate makes of labelled pairs: `python -m eval.fit.support ../shared`.

Numbers, names, the claim's parts and the learned judgement together, where eval/fit/support_model has the
judgement alone. With `--folds DIR` (fold0.onnx, fold1.onnx, ... as written after `make train-gate`) every
written pair is judged by a model that has not seen its paper; else by the kept judgements of the folds, which
know whole claims alone. `--made` adds the pairs made of questions_dev, with the judgement that ships.
`--count` writes rag/support/common_stems.json again, from the demo papers.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.data.questions import load_questions
from eval.fit.support_model import data, figures
from eval.make.support_pairs import accepted, make_pairs
from eval.measures.bootstrap import Estimate
from eval.measures.support_gate import (
    Checked,
    Label,
    LabelledPair,
    check_pairs,
    estimate_auc,
    measure_pairs,
    shares_by_kind,
)
from rag.config import Config
from rag.demo import demo_papers_path
from rag.encoder.minilm import Encoder
from rag.files import write_text
from rag.readers import read_paths
from rag.records import Paper
from rag.support.alignment import stems
from rag.support.gate import Gate
from rag.support.opposition import Opposition
from rag.support.pair_judge import PairJudge
from rag.support.support_graph import SupportFiles, ensure_support_files
from rag.support.support_model import SupportModel, Thresholds

N_FOLDS = 3
MIN_TEXTS = 3
"""Texts a stem must occur in to count as common."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with corpus/, eval/ and train/")
    parser.add_argument("--folds", type=Path, metavar="DIR", help="graphs of the folds, fold0.onnx and so on")
    parser.add_argument("--made", action="store_true", help="also the pairs made of questions_dev")
    parser.add_argument("--count", action="store_true", help="write rag/support/common_stems.json, and stop")
    args = parser.parse_args()
    if args.count:
        _write_common_stems()
        return
    examples = data.labelled_examples(args.shared)
    if args.folds:
        checked = _check_by_fold(examples, args.folds)
    else:
        judge = KeptJudge.load(examples)
        _, examples = figures.load_logits(examples)
        checked = check_pairs(_pairs(examples), Gate(judge, _opposition()))
    _print_figures(checked, examples)
    if args.made:
        _print_made(args.shared)


class KeptJudge:
    """The kept judgements of the folds, of whole claims. A text that was not judged, which is a part of a
    claim, counts as supported."""

    def __init__(self, chances: dict[tuple[str, str], NDArray[np.float32]], thresholds: Thresholds) -> None:
        self._chances = chances
        self.thresholds = thresholds

    @classmethod
    def load(cls, examples: Sequence[data.Example]) -> KeptJudge:
        """Calibrated, with the thresholds that follow. Raises ValueError where other pairs were kept."""
        logits, kept = figures.load_logits(examples)
        calibration = figures.calibrate(logits, np.array([example.label for example in kept]))
        chances = calibration.chances(logits)
        pairs = [(_plain(example.claim), _plain(example.evidence)) for example in kept]
        known = dict(zip(pairs, chances.astype(np.float32), strict=True))
        return cls(known, Thresholds(**figures.choose_thresholds(chances, kept)))

    def judge(
        self, pairs: Sequence[tuple[str, str]], titles: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        unknown = np.array([1, 0, 0], np.float32)
        return np.stack([self._chances.get(pair, unknown) for pair in pairs])


def _check_by_fold(examples: Sequence[data.Example], folder: Path) -> list[Checked]:
    """Every pair through a gate whose model has not seen its paper, in order."""
    files = ensure_support_files(Config.from_env())
    pairs = _pairs(examples)
    folds = [data.fold_of(example.group, N_FOLDS) for example in examples]
    found: dict[int, Checked] = {}
    for fold in range(N_FOLDS):
        judge: PairJudge = SupportModel(
            SupportFiles(folder / f"fold{fold}.onnx", files.tokenizer, folder / "about.json")
        )
        places = [n for n, its_fold in enumerate(folds) if its_fold == fold]
        found |= zip(places, check_pairs([pairs[n] for n in places], Gate(judge, _opposition())), strict=True)
    return [found[n] for n in range(len(pairs))]


def _opposition() -> Opposition:
    return Opposition(Encoder.load(Config.from_env()))


def _pairs(examples: Sequence[data.Example]) -> list[LabelledPair]:
    """The examples as the gate is asked."""
    names: tuple[Label, ...] = ("SUPPORT", "CONTRADICT", "NEI")  # as data.LABELS
    return [
        LabelledPair(str(n), e.claim, (e.evidence,), names[e.label], e.kind, e.title)
        for n, e in enumerate(examples)
    ]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _print_figures(checked: Sequence[Checked], examples: Sequence[data.Example]) -> None:
    fields = np.array([example.field for example in examples])
    support = np.array([each.support for each in checked])
    label = np.array([each.pair.label for each in checked])
    written = fields != "scifact"
    print("Area under the curve of the gate's support:")
    for name, among, others in (
        ("written pairs, supported against the rest", written, label != "SUPPORT"),
        ("without the contrasts", written & (fields != "contrast"), label != "SUPPORT"),
        ("SciFact, support against contradiction", ~written, label == "CONTRADICT"),
        ("SciFact, support against not enough", ~written, label == "NEI"),
    ):
        ours, theirs = support[among & (label == "SUPPORT")], support[among & others]
        print(f"  {name:45} {_shown(estimate_auc(ours.tolist(), theirs.tolist()))}")
    print("\nkind: supported, weak, called contradicted")
    for each in shares_by_kind(checked):
        print(f"  {each.kind:20} {_shown(each.supported)}  weak {each.weak:.3f}  {each.contradicted:.3f}")
    measures = measure_pairs([each for each, mine in zip(checked, written, strict=True) if mine])
    print("\nwritten pairs: " + ", ".join(f"{name} {_shown(value)}" for name, value in measures.items()))


def _print_made(shared: Path) -> None:
    config = Config.from_env()
    questions = load_questions(shared / "eval" / "questions_dev.jsonl").questions
    found = read_paths(sorted((shared / "corpus").glob("*.txt")))
    papers = list({paper.paper_id: paper for paper in found if isinstance(paper, Paper)}.values())
    print("\nMade of questions_dev, the shipped judgement (own: to be 1, the rest 0):")
    for kind, share in accepted(
        make_pairs(questions, papers, Encoder.load(config)), Gate.load(config)
    ).items():
        print(f"  {kind:14} {_shown(share)}")


def _shown(value: Estimate) -> str:
    if value.low is None or value.high is None:
        return f"{value.value:.3f} (n = {value.n})"
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}] (n = {value.n})"


def _write_common_stems() -> None:
    """In how many of the demo papers' abstracts each stem occurs, of those in MIN_TEXTS and more."""
    texts = [paper.abstract for paper in read_paths([demo_papers_path()]) if isinstance(paper, Paper)]
    n_with = Counter(stem for text in texts for stem in stems(text))
    common = {stem: n for stem, n in sorted(n_with.items()) if n >= MIN_TEXTS}
    path = Path("rag") / "support" / "common_stems.json"
    write_text(path, json.dumps({"n_texts": len(texts), "n_with": common}, ensure_ascii=False) + "\n")
    print(f"{path}: {len(common)} stems of {len(texts)} texts")


if __name__ == "__main__":
    main()
