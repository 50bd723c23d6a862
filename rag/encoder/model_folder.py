"""A model that somebody else exported to ONNX: its folder, found here or on the hub, and what its files say.

The layout is the one of sentence-transformers: `model.onnx` or `onnx/model.onnx`, `tokenizer.json`, and
beside them `config.json`, `1_Pooling/config.json`, `sentence_bert_config.json` and
`config_sentence_transformers.json`, each of which may be missing. Runs nothing (rag/encoder/onnx_encoder.py
and rag/encoder/onnx_reranker.py do).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from rag.config import Config
from rag.errors import WeightsError

Pooling = Literal["mean", "cls", "last"]

_GRAPHS = ("model.onnx", "onnx/model.onnx")
_DESCRIPTIONS = (
    "config.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
)
_POOLINGS: dict[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
}
_MAX_TOKENS = 512
_END_BYTES = 1 << 20
"""What of a graph goes into its fingerprint, at either end: reading all of a large one takes a second."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What a model's files say. query_prompt, passage_prompt: text put before what is encoded."""

    graph: Path
    tokenizer: Path
    pooling: Pooling
    max_tokens: int
    query_prompt: str
    passage_prompt: str
    fingerprint: str
    """Names the model and its files: libraries indexed under another one do not match."""


def find_model(name: str, config: Config, variable: str, beside: Sequence[str] = ()) -> ModelFolder:
    """The model that `variable` names: a folder, or a repository of the hub, which is downloaded once, with
    the files `beside` it as far as there are any.

    Raises WeightsError where there is none, or its files lack something.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = config.cache / "models" / name.replace("/", "--")
        if not any((folder / graph).is_file() for graph in _GRAPHS):
            _download(name, folder, variable, beside)
    graph = next((folder / graph for graph in _GRAPHS if (folder / graph).is_file()), None)
    if graph is None:
        raise WeightsError(
            f"{variable}: no model.onnx and no onnx/model.onnx in {folder}; name a model that has one, or "
            f"export it: optimum-cli export onnx --model NAME {folder}"
        )
    if not (folder / "tokenizer.json").is_file():
        raise WeightsError(f"{variable}: no tokenizer.json in {folder}; save its fast tokenizer there")
    about, pooling, limits, prompts = (read_object(folder / path, variable) for path in _DESCRIPTIONS)
    named = prompts.get("prompts") or {}
    return ModelFolder(
        graph=graph,
        tokenizer=folder / "tokenizer.json",
        pooling=_pooling(pooling, folder, variable),
        max_tokens=_max_tokens(about, limits),
        query_prompt=str(named.get("query") or ""),
        passage_prompt=str(named.get("document") or named.get("passage") or ""),
        fingerprint=f"{Path(name).name}:{_digest(folder, graph)}",
    )


def read_object(path: Path, variable: str) -> dict[str, Any]:
    """A model's JSON file; {} where there is none. Raises WeightsError, naming the variable that named it."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WeightsError(f"{variable}: {path} is not JSON ({error}); download the model again") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{variable}: {path} holds no JSON object; download the model again")
    return content


def _pooling(said: dict[str, Any], folder: Path, variable: str) -> Pooling:
    """The one pooling that is switched on; the mean where the files do not speak of it."""
    chosen = [name for name, on in said.items() if name.startswith("pooling_mode") and on is True]
    if not chosen:
        return "mean"
    if len(chosen) > 1 or chosen[0] not in _POOLINGS:
        raise WeightsError(
            f"{variable}: {folder} pools by {' + '.join(chosen)}; only {', '.join(_POOLINGS)} can be used, "
            "one at a time"
        )
    return _POOLINGS[chosen[0]]


def _max_tokens(about: dict[str, Any], limits: dict[str, Any]) -> int:
    given = [limits.get("max_seq_length"), about.get("max_position_embeddings"), _MAX_TOKENS]
    return min(int(value) for value in given if isinstance(value, int) and value > 0)


def _digest(folder: Path, graph: Path) -> str:
    """48 bits over the tokenizer, the descriptions, and the graph's length and ends."""
    digest = blake2b(digest_size=6)
    for path in (folder / "tokenizer.json", *(folder / name for name in _DESCRIPTIONS)):
        digest.update(path.read_bytes() if path.is_file() else b"-")
    with graph.open("rb") as file:
        digest.update(file.read(_END_BYTES))
        length = file.seek(0, 2)
        file.seek(max(0, length - _END_BYTES))
        digest.update(str(length).encode() + file.read())
    return digest.hexdigest()


def _download(name: str, folder: Path, variable: str, beside: Sequence[str]) -> None:
    """Fetch a repository's graph, tokenizer and descriptions into `folder`. Raises WeightsError."""
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["tokenizer.json", *_DESCRIPTIONS, *_GRAPHS, "model.onnx_data", "onnx/model.onnx_data", *beside]
    try:
        snapshot_download(name, local_dir=folder, allow_patterns=wanted)
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise WeightsError(
            f"{variable} is {name!r}, which is no folder, and the hub gave no model of that name "
            f"({type(error).__name__}); name a folder with model.onnx and tokenizer.json"
        ) from error
