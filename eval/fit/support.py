"""What the whole gate makes of labelled pairs: `python -m eval.fit.support ../shared`.

Numbers, names, the claim's parts and the learned judgement together, where eval/fit/support_model has the
judgement alone. With `--folds DIR` (fold0.onnx, fold1.onnx, ... as written after `make train-gate`) every
written pair is judged by a model that has not seen its paper; else by the kept judgements of the folds, which
know whole claims alone. `--comparisons` shows what the rule of comparisons turned round adds, for some odds
that it may leave. `--made` adds the pairs made of questions_dev, `--own` the pairs written for this project
that nothing was learned from, both with the judgement that ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.data.questions import load_questions
from eval.fit.support_model import data, figures, pair_files
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
from rag.encoder.minilm import Encoder
from rag.readers import read_paths
from rag.records import Paper
from rag.support.gate import Gate
from rag.support.opposition import Opposition
from rag.support.pair_judge import PairJudge
from rag.support.support_graph import SupportFiles, ensure_support_files
from rag.support.support_model import SupportModel, Thresholds

N_FOLDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with corpus/, eval/ and train/")
    parser.add_argument("--folds", type=Path, metavar="DIR", help="graphs of the folds, fold0.onnx and so on")
    parser.add_argument("--comparisons", action="store_true", help="also what that rule adds")
    parser.add_argument("--own", action="store_true", help="also this project's own pairs kept apart")
    parser.add_argument("--made", action="store_true", help="also the pairs made of questions_dev")
    args = parser.parse_args()
    examples = data.labelled_examples(args.shared)
    judges: list[PairJudge]
    if args.folds:
        judges = fold_judges(args.folds)
    else:
        judges = [KeptJudge.load(examples)]
        _, examples = figures.load_logits(examples)
    checked = _check(examples, [Gate(judge, _opposition()) for judge in judges])
    _print_figures(checked, examples)
    if args.comparisons:
        _print_comparisons(examples, _check(examples, [Gate(judge) for judge in judges]))
    if args.own:
        _print_own()
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


class RememberingJudge:
    """A judge that is asked for each pair once."""

    def __init__(self, judge: PairJudge) -> None:
        self._judge, self.thresholds = judge, judge.thresholds
        self._known: dict[tuple[tuple[str, str], str], NDArray[np.float32]] = {}

    def judge(
        self, pairs: Sequence[tuple[str, str]], titles: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        asked = list(zip(pairs, titles or [""] * len(pairs), strict=True))
        if new := [each for each in dict.fromkeys(asked) if each not in self._known]:
            rows = self._judge.judge([pair for pair, _ in new], [title for _, title in new])
            self._known.update(zip(new, rows, strict=True))
        return np.stack([self._known[each] for each in asked])


def fold_judges(folder: Path) -> list[PairJudge]:
    """The judges of the folds: none has seen the papers of its own."""
    files, about = ensure_support_files(Config.from_env()), folder / "about.json"
    graphs = (SupportFiles(folder / f"fold{n}.onnx", files.tokenizer, about) for n in range(N_FOLDS))
    return [RememberingJudge(SupportModel(each)) for each in graphs]


def _check(examples: Sequence[data.Example], gates: Sequence[Gate]) -> list[Checked]:
    """Every pair through the gate of its fold, in order."""
    pairs = _pairs(examples)
    folds = [data.fold_of(example.group, N_FOLDS) % len(gates) for example in examples]
    found: dict[int, Checked] = {}
    for fold, gate in enumerate(gates):
        places = [n for n, its_fold in enumerate(folds) if its_fold == fold]
        found |= zip(places, check_pairs([pairs[n] for n in places], gate), strict=True)
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
        if not len(ours) or not len(theirs):
            continue
        print(f"  {name:45} {_shown(estimate_auc(ours.tolist(), theirs.tolist()))}")
    print("\nkind: supported, weak, called contradicted")
    for each in shares_by_kind(checked):
        print(f"  {each.kind:20} {_shown(each.supported)}  weak {each.weak:.3f}  {each.contradicted:.3f}")
    measures = measure_pairs([each for each, mine in zip(checked, written, strict=True) if mine])
    print("\nwritten pairs: " + ", ".join(f"{name} {_shown(value)}" for name, value in measures.items()))


def _print_comparisons(examples: Sequence[data.Example], without: Sequence[Checked]) -> None:
    """Areas on the written pairs where a comparison turned round lessens the odds, more or less."""
    written = [(each, e) for each, e in zip(without, examples, strict=True) if e.field != "scifact"]
    support = np.array([each.support for each, _ in written]).clip(1e-6, 1 - 1e-6)
    odds, right = np.log(support / (1 - support)), np.array([e.label == 0 for _, e in written])
    found = _opposition().find_all([(e.claim, (e.evidence,)) for _, e in written])
    turned = np.array([bool(each) for each in found])
    print(f"\nComparisons turned round: {turned.sum()}, not supported: {(turned & ~right).sum()}")
    for less in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0):
        score = odds - less * turned
        print(
            f"  odds times e^-{less}: {_shown(estimate_auc(score[right].tolist(), score[~right].tolist()))}"
        )


def _print_own() -> None:
    """What the gate that ships makes of this project's own pairs that nothing was learned from."""
    gate = Gate.load(Config.from_env())
    for name, examples in (
        ("one paper of ten", pair_files.held_out_part()),
        ("other fields", data.own_pairs()),
    ):
        print(f"\nOwn pairs, {name}, the shipped judgement:")
        _print_figures(check_pairs(_pairs(examples), gate), examples)


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


if __name__ == "__main__":
    main()
