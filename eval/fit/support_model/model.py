"""The support model in PyTorch: MiniLM over "evidence [SEP] claim", and three logits. For training alone.

Owns the architecture and where its weights start. What runs for users is the same network as an ONNX graph
(rag/support/support_graph.py). The architecture is BERT's (Devlin et al., 2019), the starting weights are
all-MiniLM-L6-v2's (Wang et al., 2020; Reimers & Gurevych, 2019). Word embeddings stay as they are: they
would be two thirds of what has to be shipped, and small data cannot teach them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

N_LAYERS = 6
N_HEADS = 12
WIDTH = 384
EPSILON = 1e-12
N_LABELS = 3
PADDED = -1e4
N_COMPARED = 192
MIDDLE = 2
ALIKE = 12.0
FROZEN = "embeddings.word_embeddings.weight"

Parameters = dict[str, Tensor]


def start(safetensors: Path, seed: int) -> Parameters:
    """MiniLM's weights and a new head."""
    from safetensors.torch import load_file

    weights = load_file(safetensors)
    kept = ("embeddings.", "encoder.")
    parameters = {name: value.float() for name, value in weights.items() if name.startswith(kept)}
    parameters.pop("embeddings.position_ids", None)
    generator = torch.Generator().manual_seed(seed)
    parameters["head.dense.weight"] = torch.randn(WIDTH, 3 * WIDTH, generator=generator) * 0.02
    parameters["head.dense.bias"] = torch.zeros(WIDTH)
    parameters["head.out.weight"] = torch.randn(N_LABELS, WIDTH, generator=generator) * 0.02
    parameters["head.out.bias"] = torch.zeros(N_LABELS)
    parameters["head.token.weight"] = torch.randn(N_COMPARED, 4 * WIDTH, generator=generator) * 0.02
    parameters["head.token.bias"] = torch.zeros(N_COMPARED)
    parameters["head.pool.weight"] = torch.randn(N_LABELS, 2 * N_COMPARED, generator=generator) * 0.02
    parameters["head.pool.bias"] = torch.zeros(N_LABELS)
    return parameters


def changed(learned: Parameters) -> dict[str, NDArray[np.float32]]:
    """The tensors that training changes, for what ships."""
    return {name: value.numpy() for name, value in learned.items() if name != FROZEN}


def restored(
    weights: Mapping[str, NDArray[np.float32]], base: Mapping[str, NDArray[np.float32]]
) -> Parameters:
    """Parameters of tensors that were changed, with the word embeddings of `base`."""
    return {name: torch.from_numpy(value) for name, value in {**weights, FROZEN: base[FROZEN]}.items()}


def logits(p: Parameters, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
    """float[b, 3]: supported, contradicted, not enough.

    ids: int64[b, n], padded on the right; segments: int64[b, n], 1 on the claim and its [SEP];
    mask: bool[b, n], true on what is no padding.
    """
    words = p[FROZEN][ids]
    hidden = words + p["embeddings.position_embeddings.weight"][: ids.shape[1]]
    hidden = hidden + p["embeddings.token_type_embeddings.weight"][segments]
    hidden = _norm(p, "embeddings.LayerNorm", hidden)
    bias = torch.zeros(mask.shape, device=ids.device).masked_fill(~mask, PADDED)[:, None, None, :]
    middle = hidden
    for index in range(N_LAYERS):
        hidden = _layer(p, f"encoder.layer.{index}", hidden, bias)
        middle = hidden if index == MIDDLE else middle
    is_claim, is_evidence = segments.bool() & mask, ~segments.bool() & mask
    aligned = _alignment(words, is_evidence)
    compared = _compared(p, hidden.float(), middle.float(), aligned)
    return _whole(p, hidden.float(), is_claim) + _dense(p, "head.pool", _pooled(compared, is_claim))


def _layer(p: Parameters, at: str, hidden: Tensor, bias: Tensor) -> Tensor:
    """One layer, in plain batched products: on a CPU, PyTorch's fused attention in bfloat16 takes longer."""
    n_texts, n_tokens, _ = hidden.shape
    query, key, value = (
        _dense(p, f"{at}.attention.self.{part}", hidden)
        .view(n_texts, n_tokens, N_HEADS, -1)
        .transpose(1, 2)
        .reshape(n_texts * N_HEADS, n_tokens, -1)
        for part in ("query", "key", "value")
    )
    scores = torch.bmm(query, key.transpose(1, 2)) / math.sqrt(WIDTH / N_HEADS)
    scores = scores.view(n_texts, N_HEADS, n_tokens, n_tokens) + bias
    shares = torch.softmax(scores, dim=-1).to(value.dtype).view(-1, n_tokens, n_tokens)
    attended = torch.bmm(shares, value).view(n_texts, N_HEADS, n_tokens, -1).transpose(1, 2)
    attended = _dense(p, f"{at}.attention.output.dense", attended.reshape(n_texts, n_tokens, WIDTH))
    hidden = _norm(p, f"{at}.attention.output.LayerNorm", attended + hidden)
    wide = F.gelu(_dense(p, f"{at}.intermediate.dense", hidden))
    return _norm(p, f"{at}.output.LayerNorm", _dense(p, f"{at}.output.dense", wide) + hidden)


def _alignment(words: Tensor, is_evidence: Tensor) -> Tensor:
    """float[b, n, n]: for each token its shares of the evidence's tokens, by likeness of the words alone."""
    unit = F.normalize(words, dim=-1)
    alike = ALIKE * (unit @ unit.transpose(1, 2)).float()
    return alike.masked_fill(~is_evidence[:, None, :], PADDED).softmax(-1)


def _compared(p: Parameters, hidden: Tensor, middle: Tensor, aligned: Tensor) -> Tensor:
    """float[b, n, N_COMPARED]: each token beside the same word of the evidence.

    What a word does in its sentence, subject or object, more or less, shows in the middle layers; the
    difference between the two tells roles that were exchanged (compare Parikh et al., 2016).
    """
    there = aligned @ middle
    features = torch.cat([hidden, aligned @ hidden, middle - there, middle * there], dim=-1)
    return F.gelu(_dense(p, "head.token", features)).float()


def _whole(p: Parameters, hidden: Tensor, is_claim: Tensor) -> Tensor:
    features = torch.cat([hidden[:, 0], _pooled(hidden, is_claim)], dim=1)
    return _dense(p, "head.out", torch.tanh(_dense(p, "head.dense", features)))


def _pooled(x: Tensor, is_claim: Tensor) -> Tensor:
    """The mean and the maximum over the claim's tokens."""
    share = is_claim.unsqueeze(-1).float()
    mean = (x * share).sum(1) / share.sum(1).clamp(min=1)
    return torch.cat([mean, x.masked_fill(~is_claim.unsqueeze(-1), PADDED).amax(1)], dim=1)


def _dense(p: Parameters, at: str, x: Tensor) -> Tensor:
    return F.linear(x, p[f"{at}.weight"], p[f"{at}.bias"])


def _norm(p: Parameters, at: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, (WIDTH,), p[f"{at}.weight"], p[f"{at}.bias"], EPSILON)
