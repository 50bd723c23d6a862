"""The recipe: what the support model learns from, stage by stage, and the folds that judge it.

Four stages. "general": sentence pairs of stated licence, made statements, edited sentences. "kept wording":
made claims in the words of their evidence, so that roles and directions alone tell them apart; among the rest
from the start, they are not learned. "statements": the same in other words. "written": the claims written for
this and SciFact's, with changed copies of them. The last stage runs once for each fold, whose papers it does
not see, and once on all for what ships.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from eval.fit.support_model import data, edits, model, synthetic
from eval.fit.support_model.data import Example
from eval.fit.support_model.train import Stage, Team, predict, run_stage

N_FOLDS = 3
GENERAL = Stage("general", 1, 2.5e-4, max_steps=400)
KEPT = Stage("kept wording", 1, 2e-4, max_tokens=900, ranking=1.0, decline=0.1)
STATEMENTS = Stage("statements", 1, 2e-4, max_tokens=1100, ranking=1.0)
WRITTEN = Stage("written", 2, 1e-4, max_tokens=1280, ranking=1.0, average=0.98)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the labelled data, MiniLM's weights and its tokenizer are."""

    shared: Path
    weights: Path
    tokenizer: Path


def general_examples(shared: Path) -> list[Example]:
    """For the first stage: about 80,000 pairs."""
    made = synthetic.make(10_000, seed=1)
    return [*data.general(shared), *made, *edits.make(shared, _taken(shared), 4_000, seed=2)]


def kept_examples() -> list[Example]:
    """For the second stage: about 12,500 pairs."""
    return synthetic.make_kept(4_500, seed=21)


def statement_examples(shared: Path) -> list[Example]:
    """For the third stage: about 33,000 pairs."""
    return [*synthetic.make(7_500, seed=7), *edits.make(shared, _taken(shared), 1_200, seed=5)]


def written_examples(shared: Path, fold: int | None) -> list[Example]:
    """For the last stage: the labelled pairs without those of `fold`, changed copies, and some of before."""
    labelled = [
        e for e in data.labelled_examples(shared) if fold is None or data.fold_of(e.group, N_FOLDS) != fold
    ]
    rng = random.Random(11)
    before = [*synthetic.make(200, seed=13), *edits.make(shared, _taken(shared), 100, seed=17)]
    return [*labelled, *changed_copies(labelled, rng), *before]


def changed_copies(labelled: Sequence[Example], rng: random.Random) -> list[Example]:
    """True claims made false by an edit, claims on others' evidence, and evidence as its own claim."""
    found = []
    true = [e for e in labelled if e.label == synthetic.SUPPORT and e.field != "scifact"]
    for example in true:
        chance = rng.random()
        if chance < 0.3:
            if ways := edits.falsified(example.claim, rng):
                claim, label, kind = rng.choice(ways)
                found.append(replace(example, claim=claim, label=label, kind=f"edited_{kind}"))
        elif chance < 0.38:
            other = rng.choice(labelled)
            if other.group != example.group:
                moved = replace(example, evidence=other.evidence, title=other.title, label=synthetic.NEI)
                found.append(replace(moved, kind="elsewhere"))
        elif chance < 0.46:
            found.append(replace(example, claim=edits.reworded(example.evidence, rng), kind="own_words"))
    return found


def before_written(sources: Sources, team: Team | None, checkpoint: Path | None = None) -> model.Parameters:
    """The parameters after the first three stages."""
    parameters = model.start(sources.weights, seed=0)
    for stage, examples, seed in (
        (GENERAL, general_examples(sources.shared), 1),
        (KEPT, kept_examples(), 1),
        (STATEMENTS, statement_examples(sources.shared), 2),
    ):
        encoded = data.encode(examples, sources.tokenizer)
        parameters = run_stage(parameters, encoded, stage, seed, checkpoint, team)
    return parameters


def finish(
    parameters: model.Parameters, sources: Sources, fold: int | None, team: Team | None
) -> model.Parameters:
    """The parameters after the last stage, without the papers of `fold`."""
    encoded = data.encode(written_examples(sources.shared, fold), sources.tokenizer)
    name = "written, all" if fold is None else f"written, fold {fold}"
    return run_stage(parameters, encoded, replace(WRITTEN, name=name), 3, None, team)


def kept(path: Path, learn: Callable[[], model.Parameters]) -> model.Parameters:
    """The parameters in `path`; learned, and kept there, where there are none."""
    if path.exists():
        found: model.Parameters = torch.load(path)
        return found
    learned = learn()
    torch.save(learned, path.with_suffix(f".{os.getpid()}"))
    path.with_suffix(f".{os.getpid()}").replace(path)
    return learned


def predict_fold(
    parameters: model.Parameters, sources: Sources, fold: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Places in `labelled_examples` of the pairs of a fold, and their logits float32[n, 3]."""
    examples = data.labelled_examples(sources.shared)
    places = [i for i, e in enumerate(examples) if data.fold_of(e.group, N_FOLDS) == fold]
    encoded = data.encode([examples[i] for i in places], sources.tokenizer)
    return np.array(places, np.int64), predict(parameters, encoded, range(len(places)))


def _taken(shared: Path) -> set[str]:
    """Papers that labelled pairs are about: no other stage may read them."""
    return {example.group for example in data.labelled_examples(shared)}
