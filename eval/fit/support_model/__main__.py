"""The gate's learned judgement: its out-of-fold figures, and its training.

`python -m eval.fit.support_model ../shared` prints the figures from the logits that were kept; with `--train`
(`make train-gate`) it trains every fold and the model that ships, keeps the logits, and writes the file.
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
    parser.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.train:
        examples = data.labelled_examples(args.shared)
        figures.report(figures.load_logits(examples), examples)
        return
    work = args.work or Path(tempfile.mkdtemp(prefix="support-model-"))
    work.mkdir(parents=True, exist_ok=True)
    others = _start_others(args, work) if args.rank == 0 else []
    _train(args.shared, work, args.rank, args.processes)
    for process in others:
        process.wait()


def _start_others(args: argparse.Namespace, work: Path) -> list[subprocess.Popen[bytes]]:
    (work / "meeting").unlink(missing_ok=True)
    own = [sys.executable, "-m", "eval.fit.support_model", str(args.shared), "--train", "--work", str(work)]
    own += ["--processes", str(args.processes)]
    return [subprocess.Popen([*own, "--rank", str(rank)]) for rank in range(1, args.processes)]


def _train(shared: Path, work: Path, rank: int, n_processes: int) -> None:
    """All stages, folds and the final model. Stages whose result is in `work` are not run again."""
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
    examples = data.labelled_examples(shared)
    logits = np.zeros((len(examples), 3), np.float32)
    before = recipe.kept(work / "before.pt", partial(recipe.before_written, sources, team))
    for fold in range(recipe.N_FOLDS):
        finish = partial(recipe.finish, before, sources, fold, team)
        learned = recipe.kept(work / f"fold{fold}.pt", finish)
        if rank == 0:
            places, found = recipe.predict_fold(learned, sources, fold)
            logits[places] = found
    final = recipe.kept(work / "final.pt", partial(recipe.finish, before, sources, None, team))
    if rank == 0:
        figures.save_logits(examples, logits)
        about = figures.report(figures.load_logits(examples), examples)
        tensors = {name: value.numpy() for name, value in final.items() if name != model.FROZEN}
        print("shipped:", export.ship(export.difference_file(tensors, load_file(sources.weights), about)))


if __name__ == "__main__":
    main()
