"""The gate's learned judgement: its figures on papers kept apart, and its training.

`python -m eval.fit.support_model ../shared` prints the figures from the logits that were kept; with `--train`
(`make train-gate`) it trains the model that ships, keeps its logits on those papers, and writes the file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from eval.fit.support_model import data, figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.fit.support_model", description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder with train/ and eval/")
    parser.add_argument("--train", action="store_true", help="train all of it anew; needs PyTorch")
    parser.add_argument("--work", type=Path, help="keep what each stage learned in this folder")
    parser.add_argument("--processes", type=int, default=1, choices=(1, 2), help="that share each step")
    parser.add_argument(
        "--folds", type=int, default=1, choices=(1, 2, 3), help="to train; the first one ships"
    )
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
    _train(args.shared, work, args.rank, args.processes, args.folds)
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
    own += ["--processes", str(args.processes), "--folds", str(args.folds)]
    return [subprocess.Popen([*own, "--rank", str(rank)]) for rank in range(1, args.processes)]


def _train(shared: Path, work: Path, rank: int, n_processes: int, n_folds: int) -> None:
    """The stages and the folds. What is in `work` already is not learned again."""
    import torch
    from safetensors.numpy import load_file

    from eval.fit.support_model import export, model, recipe
    from eval.fit.support_model.train import Team
    from rag.config import Config
    from rag.encoder.weights import find

    torch.manual_seed(0)
    team = Team.join(rank, n_processes, work / "meeting") if n_processes > 1 else None
    home = find(Config.from_env())
    sources = recipe.Sources(shared, home / "model.safetensors", home / "tokenizer.json")
    before = recipe.kept(work / "before.pt", partial(recipe.before_written, sources, team))
    folds = [
        recipe.kept(work / f"fold{fold}.pt", partial(recipe.finish, before, sources, fold, team))
        for fold in range(n_folds)
    ]
    if rank == 0:
        examples = data.labelled_examples(shared)
        found = [recipe.predict_fold(learned, sources, fold) for fold, learned in enumerate(folds)]
        figures.save_logits(
            examples, np.concatenate([p for p, _ in found]), np.concatenate([x for _, x in found])
        )
        about = figures.report(*figures.load_logits(examples))
        tensors = {name: value.numpy() for name, value in folds[0].items() if name != model.FROZEN}
        print("shipped:", export.ship(export.difference_file(tensors, load_file(sources.weights), about)))


if __name__ == "__main__":
    main()
