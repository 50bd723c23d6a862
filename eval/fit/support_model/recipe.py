"""The recipe: what the support model learns from, stage by stage, and the folds that judge it.

Early stages: general sentence pairs of stated licence, edited sentences, made statements. Among all these,
exchanged roles and turned directions are not learned; they are once a stage holds made claims in the words
of their evidence, where nothing else tells true from false ("kept wording"). The last stage has the claims
written for this, SciFact's, and changed copies of them; the papers of one fold of three are kept apart. What
ships is the model of the first fold: the figures are those of the very file, on papers that it has not seen.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from eval.fit.support_model import data, edits, model, pair_files, synthetic
from eval.fit.support_model.data import Example
from eval.fit.support_model.train import Stage, Team, predict, run_stage

N_FOLDS = 3
GENERAL = Stage("general", 1, 2.5e-4, max_steps=750)
FIRST_STATEMENTS = Stage("first statements", 1, 2e-4, max_tokens=1280, ranking=1.0, max_steps=500)
KEPT = Stage("kept wording", 1, 2e-4, max_tokens=900, ranking=1.0, decline=0.1)
STATEMENTS = Stage("statements", 1, 2e-4, max_tokens=1100, ranking=1.0, max_steps=700)
MIXED = Stage("mixed", 1, 1.2e-4, max_tokens=1300, ranking=0.7, decline=0.5, max_steps=300)
OWN_FIRST = Stage("own pairs, first files", 1, 1.5e-4, max_tokens=1280, ranking=1.0, decline=0.1)
OWN = Stage("own pairs", 1, 1.3e-4, max_tokens=1280, ranking=1.0, decline=0.5)
WRITTEN = Stage("written", 2, 1.2e-4, max_tokens=1280, ranking=1.0, average=0.98)
LAST = replace(WRITTEN, name="written, last", n_epochs=1, rate=9e-5, decline=0.8)
_SHARE_OF_OWN = 12
"""One of so many of our own papers comes back in a late stage."""
_GENERAL_PERCENT = 65
"""Of the general pairs: what the mixed stage sees again."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the labelled data, MiniLM's weights and its tokenizer are; the most steps of a stage, if any."""

    shared: Path
    weights: Path
    tokenizer: Path
    max_steps: int | None = None


def early_stages(shared: Path) -> Iterator[tuple[Stage, list[Example]]]:
    """The stages before the labelled pairs, and what each learns from."""

    def edited(n: int, seed: int) -> list[Example]:
        return edits.make(shared, _taken(shared), n, seed)

    general = data.general(shared)
    yield GENERAL, [*general, *synthetic.make(10_000, seed=1), *edited(4_000, seed=2)]
    yield FIRST_STATEMENTS, [*synthetic.make(12_000, seed=7), *edited(2_000, seed=5)]
    yield KEPT, synthetic.make_kept(4_500, seed=21)
    yield STATEMENTS, [*synthetic.make(7_500, seed=7), *edited(1_200, seed=5)]
    part = [example for example in general if data.fold_of(example.group, 100) < _GENERAL_PERCENT]
    yield MIXED, [*part, *synthetic.make_kept(2_500, seed=31), *synthetic.make(1_500, seed=33)]
    own = pair_files.learned_part("*-1.txt")
    yield OWN_FIRST, [*own, *changed_copies(own, random.Random(10))]
    own = [example for example in own if data.fold_of(example.group, 2) == 0]
    own += pair_files.learned_part("*-2.txt")
    yield OWN, [*own, *changed_copies(own, random.Random(9))]


def labelled_for(shared: Path, fold: int) -> list[Example]:
    """The labelled pairs of the other folds; of SciFact's whole abstracts without evidence a quarter."""
    known = [e for e in data.labelled_examples(shared) if data.fold_of(e.group, N_FOLDS) != fold]
    return [e for e in known if e.kind != "scifact_NEI" or data.fold_of(e.claim, 4) == 0]


def late_stages(shared: Path, fold: int) -> Iterator[tuple[Stage, list[Example]]]:
    """The stages on labelled pairs, with changed copies of them and some of our own pairs."""
    labelled = labelled_for(shared, fold)
    for turn, stage in enumerate((WRITTEN, LAST)):
        some = [e for e in pair_files.learned_part() if data.fold_of(e.group, _SHARE_OF_OWN) == turn + 1]
        yield stage, [*labelled, *changed_copies(labelled, random.Random(11 + turn)), *some]


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


def before_written(sources: Sources, work: Path, team: Team | None) -> model.Parameters:
    """The parameters after the early stages; those after each are kept in `work`."""
    parameters = model.start(sources.weights, seed=0)
    for seed, (stage, examples) in enumerate(early_stages(sources.shared)):
        learn = partial(_learn, parameters, sources, stage, examples, seed, team)
        parameters = kept(work / f"early{seed}.pt", learn)
    return parameters


def _learn(
    parameters: model.Parameters,
    sources: Sources,
    stage: Stage,
    examples: Sequence[Example],
    seed: int,
    team: Team | None,
) -> model.Parameters:
    stage = replace(stage, max_steps=sources.max_steps or stage.max_steps)
    return run_stage(parameters, data.encode(examples, sources.tokenizer), stage, seed, None, team)


def finish(
    parameters: model.Parameters, sources: Sources, fold: int, work: Path, team: Team | None
) -> model.Parameters:
    """The parameters after the late stages, without the papers of `fold`: the mean over these stages."""
    after = []
    for seed, (stage, examples) in enumerate(late_stages(sources.shared, fold)):
        named = replace(stage, name=f"{stage.name}, fold {fold}")
        learn = partial(_learn, parameters, sources, named, examples, seed, team)
        parameters = kept(work / f"fold{fold}-{seed}.pt", learn)
        after.append(parameters)
    return mean(after)


def mean(learned: Sequence[model.Parameters]) -> model.Parameters:
    """The mean of parameters that began as the same ones (Wortsman et al. 2022, Model soups)."""
    return {name: torch.stack([each[name] for each in learned]).mean(dim=0) for name in learned[0]}


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
