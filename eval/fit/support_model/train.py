"""One stage of training the support model, and its outputs on pairs it has not seen."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from eval.fit.support_model.data import Batch, EncodedPairs, batches
from eval.fit.support_model.model import FROZEN, N_LABELS, Parameters, logits


@dataclass(frozen=True, slots=True)
class Stage:
    """How long and how fast a stage learns."""

    name: str
    n_epochs: int
    rate: float
    max_steps: int | None = None
    max_tokens: int = 2560
    smoothing: float = 0.05
    ranking: float = 0.5
    """Weight of the loss that ranks a sentence's true claims over its false ones."""
    title_share: float = 0.7
    warm_up: float = 0.06
    decline: float = 0.4
    decay: float = 0.01
    average: float = 0.0
    """Share of the old in the running mean of the weights, a step; 0 keeps the last weights."""


_REPORTED = 50
"""Steps between two lines of progress."""
N_PARTS = 2
"""Batches whose gradients make up a step: one after the other, or side by side in a team."""


@dataclass(frozen=True, slots=True)
class Team:
    """Processes that share each step. On two busy cores two processes of one thread beat two threads."""

    rank: int
    size: int

    @classmethod
    def join(cls, rank: int, size: int, meeting: Path) -> Team:
        """Wait for the others at the file `meeting`; each keeps to a core of its own, where it may."""
        torch.set_num_threads(1)
        if hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[rank % len(cores)]})
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=size)
        return cls(rank, size)

    def add_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replace each gradient by its sum over the team."""
        flat = torch.cat([p.grad.reshape(-1) for p in parameters if p.grad is not None])
        dist.all_reduce(flat)
        at = 0
        for p in parameters:
            if p.grad is not None:
                p.grad.copy_(flat[at : at + p.numel()].view_as(p))
                at += p.numel()


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def run_stage(
    parameters: Parameters,
    data: EncodedPairs,
    stage: Stage,
    seed: int,
    checkpoint: Path | None = None,
    team: Team | None = None,
) -> Parameters:
    """The parameters after training on all of `data`; those given stay as they are.

    checkpoint: where the parameters are kept as they are learned. team: the processes that share the steps,
    or None for this one alone; what is learned is the same but for rounding.
    """
    place = device()
    learned = {name: value.detach().clone().to(place) for name, value in parameters.items()}
    changing = [value.requires_grad_() for name, value in learned.items() if name != FROZEN]
    mean = {name: value.detach().clone() for name, value in learned.items()}
    optimizer = _optimizer(changing, stage)
    plan = _plan(data, stage, seed)
    n_steps = min(len(plan) // N_PARTS, stage.max_steps or len(plan))
    losses, begun = [], time.monotonic()
    mine = range(N_PARTS) if team is None else range(team.rank, N_PARTS, team.size)
    for step in range(1, n_steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = stage.rate * _pace((step - 1) / n_steps, stage)
        for part in mine:
            loss = _loss(learned, plan[(step - 1) * N_PARTS + part], stage)
            (loss / N_PARTS).backward()
            losses.append(float(loss.detach()))
        if team is not None:
            team.add_gradients(changing)
        torch.nn.utils.clip_grad_norm_(changing, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        _average(mean, learned, min(stage.average, step / (step + 9)))
        if step % _REPORTED == 0 or step == n_steps:
            spent = time.monotonic() - begun
            print(f"{stage.name}: step {step}/{n_steps} loss {np.mean(losses):.3f} {spent:.0f} s", flush=True)
            losses.clear()
            if checkpoint is not None:
                torch.save({name: value.detach().cpu() for name, value in mean.items()}, checkpoint)
    return {name: value.cpu() for name, value in mean.items()}


def _optimizer(changing: Sequence[Tensor], stage: Stage) -> torch.optim.Optimizer:
    matrices = [value for value in changing if value.ndim > 1]
    vectors = [value for value in changing if value.ndim == 1]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": stage.decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=stage.rate,
        fused=True,
    )


def _plan(data: EncodedPairs, stage: Stage, seed: int) -> list[Batch]:
    rng, index = random.Random(seed), range(len(data.examples))
    epochs = (batches(data, index, stage.max_tokens, rng, stage.title_share) for _ in range(stage.n_epochs))
    return [batch for epoch in epochs for batch in epoch]


def _average(mean: Parameters, learned: Parameters, kept: float) -> None:
    """Move the running mean towards the parameters, keeping `kept` of it."""
    with torch.no_grad():
        for name, value in mean.items():
            if name != FROZEN:
                value.lerp_(learned[name], 1 - kept)


def _pace(share: float, stage: Stage) -> float:
    """What of the rate a step uses: all of it but for a warm-up and a decline to a tenth."""
    return min(1.0, (share + 1e-3) / stage.warm_up, 0.1 + 0.9 * (1 - share) / stage.decline)


def _loss(parameters: Parameters, batch: Batch, stage: Stage) -> Tensor:
    found = _forward(parameters, batch)
    labels = torch.from_numpy(batch.labels).to(found.device)
    loss = F.cross_entropy(found, labels, label_smoothing=stage.smoothing)
    if not stage.ranking:
        return loss
    score = support_score(found)
    groups = torch.from_numpy(batch.groups).to(found.device)
    ranked = (groups[:, None] == groups[None, :]) & (labels == 0)[:, None] & (labels != 0)[None, :]
    if not bool(ranked.any()):
        return loss
    margins = (score[:, None] - score[None, :])[ranked]
    return loss + stage.ranking * F.softplus(1 - margins).mean()


def support_score(found: Tensor) -> Tensor:
    """float[b]: log odds of "supported"."""
    return found[:, 0] - torch.logsumexp(found[:, 1:], dim=1)


def _forward(parameters: Parameters, batch: Batch) -> Tensor:
    place = parameters[FROZEN].device
    ids, segments, mask = (torch.from_numpy(x).to(place) for x in (batch.ids, batch.segments, batch.mask))
    with torch.autocast(place.type, torch.bfloat16):
        found = logits(parameters, ids, segments, mask)
    return found.float()


def predict(parameters: Parameters, data: EncodedPairs, index: Sequence[int]) -> NDArray[np.float32]:
    """float32[len(index), 3]: the logits, in the order of `index`."""
    rows = {i: row for row, i in enumerate(index)}
    found = np.zeros((len(index), N_LABELS), np.float32)
    place = device()
    moved = {name: value.to(place) for name, value in parameters.items()}
    with torch.no_grad():
        for batch in batches(data, index, 4096, None):
            found[[rows[int(i)] for i in batch.index]] = _forward(moved, batch).cpu().numpy()
    return found
