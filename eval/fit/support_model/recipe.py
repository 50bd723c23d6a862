"""The recipe: what the support model learns from, stage by stage, and the folds that judge it.

Early stages: general sentence pairs of stated licence, edited sentences, made statements. Among all these,
exchanged roles and turned directions are not learned; they are once a stage holds made claims in the words
of their evidence, where nothing else tells true from false ("kept wording"). Then our own pairs. The late
stages have the claims written for this, SciFact's, and changed copies of them; they are run three times,
without the papers of each fold, and what ships is the mean of the three.

A second round goes on from our own pairs with more of them and with claims joined of phrases, and runs a late
stage again. What it ends with does not ship (docs/gate.md says why).
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

from eval.fit.support_model import data, edits, joined, model, pair_files, phrases, synthetic
from eval.fit.support_model.data import Example
from eval.fit.support_model.nearest import nearest_of_others
from eval.fit.support_model.train import Stage, Team, predict, run_stage

N_FOLDS = 3
GENERAL = Stage("general", 1, 2.5e-4, max_steps=750)
FIRST_STATEMENTS = Stage("first statements", 1, 2e-4, max_tokens=1280, ranking=1.0, max_steps=500)
KEPT = Stage("kept wording", 1, 2e-4, max_tokens=900, ranking=1.0, decline=0.1)
STATEMENTS = Stage("statements", 1, 2e-4, max_tokens=1100, ranking=1.0, max_steps=700)
MIXED = Stage("mixed", 1, 1.2e-4, max_tokens=1300, ranking=0.7, decline=0.5, max_steps=300)
OWN_FIRST = Stage("own pairs, first files", 1, 1.5e-4, max_tokens=1280, ranking=1.0, decline=0.1)
OWN = Stage("own pairs", 1, 1.3e-4, max_tokens=1280, ranking=1.0, decline=0.5)
MORE = Stage("more own pairs", 1, 1.3e-4, max_tokens=1280, ranking=1.0, decline=0.3, title_share=0.6)
MORE_LAST = replace(MORE, name="more own pairs, last files", decline=0.6)
WRITTEN = Stage("written", 2, 1.2e-4, max_tokens=1280, ranking=1.0, average=0.98)
LAST = replace(WRITTEN, name="written, last", n_epochs=1, rate=9e-5, decline=0.8)
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
    own = _part(own, 2) + pair_files.learned_part("*-2.txt")
    yield OWN, [*own, *changed_copies(own, random.Random(9))]


def more_stages(shared: Path) -> Iterator[tuple[Stage, list[Example]]]:
    """Those of the second round, from where the early ones end."""
    taken = _taken(shared)
    first, third = pair_files.learned_part("*-1.txt"), pair_files.learned_part("*-3.txt")
    own = _part(first, 5) + third
    made = phrases.make(shared, taken, first, 1200, seed=41)
    yield (
        MORE,
        [
            *own,
            *changed_copies(own, random.Random(42), to_nearest=True),
            *made,
            *joined.make(first + third, 900, 43),
        ],
    )
    own = _part(first, 5, 1) + _part(third, 3) + pair_files.learned_part("*-4.txt")
    made = phrases.make(shared, taken, third, 500, seed=44)
    yield (
        MORE_LAST,
        [*own, *changed_copies(own, random.Random(45), to_nearest=True), *made, *joined.make(own, 500, 46)],
    )


def _part(examples: Sequence[Example], n: int, number: int = 0) -> list[Example]:
    """One paper of `n`."""
    return [example for example in examples if data.fold_of(example.group, n) == number]


def labelled_for(shared: Path, fold: int) -> list[Example]:
    """The labelled pairs of the other folds; of SciFact's whole abstracts without evidence a quarter."""
    known = [e for e in data.labelled_examples(shared) if data.fold_of(e.group, N_FOLDS) != fold]
    return [e for e in known if e.kind != "scifact_NEI" or data.fold_of(e.claim, 4) == 0]


def first_round(shared: Path, fold: int) -> Iterator[tuple[Stage, list[Example], int]]:
    """The stages on labelled pairs after the first own pairs, what each learns from, and its seed."""
    labelled = labelled_for(shared, fold)
    own = pair_files.learned_part("*-1.txt") + pair_files.learned_part("*-2.txt")
    for turn, stage in enumerate((WRITTEN, LAST)):
        copies = changed_copies(labelled, random.Random(11 + turn))
        yield stage, [*labelled, *copies, *_part(own, 12, turn + 1)], turn


def second_round(shared: Path, fold: int) -> Iterator[tuple[Stage, list[Example], int]]:
    """The same after all own pairs, with pairs of claims joined."""
    labelled = labelled_for(shared, fold)
    written = [example for example in labelled if example.field != "scifact"]
    copies = changed_copies(labelled, random.Random(11), to_nearest=True)
    two = joined.make(written, 180, seed=12)
    yield WRITTEN, [*labelled, *copies, *two, *_part(pair_files.learned_part(), 32, 1)], fold


def changed_copies(
    labelled: Sequence[Example], rng: random.Random, *, to_nearest: bool = False
) -> list[Example]:
    """True claims made false by an edit, claims on others' evidence, and evidence as its own claim.

    to_nearest: the others' evidence is the nearest to each claim, not any, and there are more such copies.
    """
    found = []
    true = [e for e in labelled if e.label == edits.SUPPORT and e.field != "scifact"]
    nearest = _nearest_others(true, labelled) if to_nearest else None
    moved_to, own_to = (0.48, 0.54) if to_nearest else (0.38, 0.46)
    for n, example in enumerate(true):
        chance = rng.random()
        if chance < 0.3:
            if ways := edits.falsified(example.claim, rng):
                claim, label, kind = rng.choice(ways)
                found.append(replace(example, claim=claim, label=label, kind=f"edited_{kind}"))
        elif chance < moved_to:
            other = rng.choice(labelled) if nearest is None else nearest[n]
            if other is not None and other.group != example.group:
                moved = replace(example, evidence=other.evidence, title=other.title, label=edits.NEI)
                found.append(replace(moved, kind="elsewhere"))
        elif chance < own_to:
            found.append(replace(example, claim=edits.reworded(example.evidence, rng), kind="own_words"))
    return found


def _nearest_others(examples: Sequence[Example], among: Sequence[Example]) -> list[Example | None]:
    """For each claim an example whose evidence, of another paper, shares most with it."""
    texts = list({example.evidence: example for example in among}.values())
    places = nearest_of_others(
        [example.claim for example in examples],
        [example.group for example in examples],
        [example.evidence for example in texts],
        [example.group for example in texts],
    )
    return [texts[place] if place >= 0 else None for place in places]


def before_written(sources: Sources, work: Path, team: Team | None) -> model.Parameters:
    """The parameters after the early stages; those after each are kept in `work`."""
    parameters = model.start(sources.weights, seed=0)
    for seed, (stage, examples) in enumerate(early_stages(sources.shared)):
        learn = partial(_learn, parameters, sources, stage, examples, seed, team)
        parameters = kept(work / f"early{seed}.pt", learn)
    return parameters


def before_second(
    parameters: model.Parameters, sources: Sources, work: Path, team: Team | None
) -> model.Parameters:
    """The parameters after the second round's own stages, of those after the early ones."""
    for seed, (stage, examples) in enumerate(more_stages(sources.shared), start=7):
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
    parameters: model.Parameters,
    sources: Sources,
    fold: int,
    work: Path,
    team: Team | None,
    *,
    second: bool = False,
) -> model.Parameters:
    """The parameters after the late stages, without the papers of `fold`: the mean over these stages.

    second: the second round's, of parameters that it was begun with.
    """
    after: list[model.Parameters] = []
    late = second_round(sources.shared, fold) if second else first_round(sources.shared, fold)
    for stage, examples, seed in late:
        named = replace(stage, name=f"{stage.name}, fold {fold}")
        learn = partial(_learn, parameters, sources, named, examples, seed, team)
        file = f"fold{fold}-second.pt" if second else f"fold{fold}-{seed}.pt"
        parameters = kept(work / file, learn)
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
