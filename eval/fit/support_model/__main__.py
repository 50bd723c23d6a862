"""The gate's learned judgement: its figures on papers kept apart, and its training.

`python -m eval.fit.support_model ../shared` prints the figures from the logits that were kept; with `--train`
(`make train-gate`) it trains the model that ships, keeps its logits on those papers, and writes the file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eval.fit.support_model import data, figures
from rag.support import support_graph

if TYPE_CHECKING:
    from eval.fit.support_model.model import Parameters
    from eval.fit.support_model.recipe import Sources


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.fit.support_model", description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with train/ and eval/")
    parser.add_argument("--train", action="store_true", help="train all of it anew; needs PyTorch")
    parser.add_argument("--work", type=Path, help="keep what each stage learned in this folder")
    parser.add_argument("--processes", type=int, default=1, choices=(1, 2), help="that share each step")
    parser.add_argument("--folds", type=int, default=3, choices=(1, 2, 3), help="to train; their mean ships")
    parser.add_argument("--more", action="store_true", help="the second round, too; its mean does not ship")
    parser.add_argument("--brief", action="store_true", help="two steps a stage, to see that all of it runs")
    parser.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.train:
        examples = data.labelled_examples(args.shared)
        figures.report(*figures.load_logits(examples))
        _report_own_pairs()
        return
    work = args.work or Path(tempfile.mkdtemp(prefix="support-model-"))
    work.mkdir(parents=True, exist_ok=True)
    others = _start_others(args, work) if args.rank == 0 else []
    _train(args, work)
    for process in others:
        process.wait()


def _report_own_pairs() -> None:
    """What the shipped file makes of the pairs of other fields, which nothing was learned from."""
    from rag.config import Config
    from rag.support.support_model import SupportModel

    model = SupportModel.load(Config.from_env())
    own = data.own_pairs()
    found = model.judge([(e.claim, e.evidence) for e in own], [e.title for e in own])
    figures.report_own(found.astype(np.float64), own, model.thresholds.supported)


def _start_others(args: argparse.Namespace, work: Path) -> list[subprocess.Popen[bytes]]:
    (work / "meeting").unlink(missing_ok=True)
    own = [sys.executable, "-m", "eval.fit.support_model", str(args.shared), "--train", "--work", str(work)]
    own += ["--processes", str(args.processes), "--folds", str(args.folds), *["--brief"] * args.brief]
    own += ["--more"] * args.more
    return [subprocess.Popen([*own, "--rank", str(rank)]) for rank in range(1, args.processes)]


def _train(args: argparse.Namespace, work: Path) -> None:
    """The stages and the folds. What is in `work` already is not learned again."""
    import torch

    from eval.fit.support_model import recipe
    from eval.fit.support_model.train import Team
    from rag.config import Config
    from rag.encoder.weights import find

    torch.manual_seed(0)
    team = Team.join(args.rank, args.processes, work / "meeting") if args.processes > 1 else None
    home = find(Config.from_env())
    sources = recipe.Sources(
        args.shared, home / "model.safetensors", home / "tokenizer.json", 2 if args.brief else None
    )
    before = recipe.before_written(sources, work, team)
    folds = [recipe.finish(before, sources, fold, work, team) for fold in range(args.folds)]
    if args.more:
        before = recipe.before_second(before, sources, work, team)
        for fold, first in enumerate(folds):
            again = recipe.finish(before, sources, fold, work, team, second=True)
            folds[fold] = recipe.mean([first, again])
    if args.rank == 0:
        _write(folds, sources, work, ships=not args.brief and not args.more)


def _write(folds: Sequence[Parameters], sources: Sources, work: Path, ships: bool) -> None:
    """The folds' graphs into `work`, their logits on the papers they have not seen, and the file that ships:
    the mean of the folds. Figures are those of weights as they ship, in a few bits."""
    from safetensors.numpy import load_file

    from eval.fit.support_model import export, model, recipe

    base = load_file(sources.weights)
    rounded = [export.rounded(model.changed(learned), base) for learned in folds]
    examples = data.labelled_examples(sources.shared)
    found = [recipe.predict_fold(model.restored(w, base), sources, n) for n, w in enumerate(rounded)]
    places, logits = (np.concatenate(parts) for parts in zip(*found, strict=True))
    kept = figures.FOLD_LOGITS if ships else work / figures.FOLD_LOGITS.name
    figures.save_logits(examples, places, logits, kept)
    about = figures.report(*figures.load_logits(examples, kept))
    for fold, weights in enumerate(rounded):
        support_graph.write_support_graph({**base, **weights}, work / f"fold{fold}.onnx")
    (work / "about.json").write_text(json.dumps(about), "utf-8")
    content = export.difference_file(model.changed(recipe.mean(folds)), base, about)
    (work / support_graph.DIFFERENCE.name).write_bytes(content)
    if ships:
        print("shipped:", export.ship(content))


if __name__ == "__main__":
    main()
