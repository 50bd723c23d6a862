"""Another judge of support, by name: an ONNX model for inference (NLI) or fact checking.

It comes from a folder or the hub. What it answers is read off its own config.json. Once chosen its files are
held to their hashes: a model that changes under its name is refused. Which models: docs/checking.md. The
judgement that comes with this package is rag/support/support_model.py's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.encoder.onnx_session import memory_faults, n_cores, open_session, padded_batches
from rag.errors import SupportModelError
from rag.files import write_json
from rag.support.pair_judge import PairJudge
from rag.support.support_model import CONTRADICTED, NOT_ENOUGH, SUPPORTED, SupportModel, Thresholds

if TYPE_CHECKING:
    import onnxruntime as ort
    from tokenizers import Encoding, Tokenizer

GRAPHS = (
    "onnx/model_quantized.onnx",
    "onnx/model_int8.onnx",
    "model_quantized.onnx",
    "onnx/model.onnx",
    "model.onnx",
)
"""Where a graph may be, in the order of choice."""
MAX_TOKENS = 512
BATCH_TOKENS = 4096
THRESHOLDS = Thresholds(supported=0.5, weak=0.3, contradicted=0.5)
"""For models that bring none: as their own authors read them, the likeliest label."""
_LABELS = (
    (NOT_ENOUGH, re.compile(r"neutral|nei\b|not[ _-]|non[ _-]|un(?:supported|verified|known)")),
    (CONTRADICTED, re.compile(r"contradict|refut|false")),
    (SUPPORTED, re.compile(r"entail|support|true|consistent|verified")),
)
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """A model's files, verified."""

    graph: Path
    tokenizer: Path
    columns: tuple[int, ...]
    """What each of its outputs says: SUPPORTED, CONTRADICTED or NOT_ENOUGH."""


class NamedModel:
    """Pairs of claim and evidence in, chances out, as rag.support.support_model.SupportModel. Safe to share
    between threads."""

    def __init__(self, files: NamedFiles, n_threads: int | None = None) -> None:
        self._files = files
        self._n_threads = n_threads or n_cores()
        self.thresholds = THRESHOLDS

    @classmethod
    def load(cls, name: str, cache: Path) -> NamedModel:
        """The model of a folder, or of the hub. Raises SupportModelError where it cannot be used."""
        folder = Path(name).expanduser()
        if not folder.is_dir():
            folder = _from_hub(name, cache / "named" / re.sub(r"\W+", "-", name))
        return cls(_verified(name, folder, cache))

    def judge(self, pairs: Sequence[tuple[str, str]], titles: Sequence[str] | None = None) -> Floats:
        """float32[len(pairs), 3]: chance that each (claim, evidence) is supported, contradicted, or neither.

        titles go before the evidence. What passes MAX_TOKENS is cut off the longer text.
        """
        found = np.tile(np.array([0, 0, 1], np.float32), (len(pairs), 1))
        titled = [
            f"{title}. {evidence}" if title else evidence
            for (_, evidence), title in zip(pairs, titles or [""] * len(pairs), strict=True)
        ]
        asked = [n for n, (claim, evidence) in enumerate(pairs) if claim.strip() and evidence.strip()]
        encodings = self._tokenizer.encode_batch([(titled[n], pairs[n][0]) for n in asked])
        for batch in padded_batches([len(encoding.ids) for encoding in encodings], BATCH_TOKENS):
            logits = self._run([encodings[i] for i in batch])
            chances = np.exp(logits - logits.max(axis=1, keepdims=True))
            chances /= chances.sum(axis=1, keepdims=True)
            for row, i in zip(chances, batch, strict=True):
                found[asked[i]] = 0
                for column, chance in zip(self._files.columns, row, strict=True):
                    found[asked[i], column] += chance
        return found

    def _run(self, encodings: Sequence[Encoding]) -> Floats:
        """float32[len(encodings), labels]: logits."""
        width = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), width), np.int64)
        mask, segments = np.zeros_like(ids), np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            n = len(encoding.ids)
            ids[row, :n], mask[row, :n], segments[row, :n] = encoding.ids, 1, encoding.type_ids
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}
        wanted = {node.name for node in self._session.get_inputs()}
        with memory_faults():
            logits = self._session.run(None, {name: feed[name] for name in feed if name in wanted})[0]
        if logits.ndim != 2 or logits.shape[1] != len(self._files.columns):
            raise SupportModelError(
                f"{self._files.graph} gives {logits.shape[1:]} values a pair, and config.json names"
                f" {len(self._files.columns)} labels; choose a model that classifies pairs"
            )
        return np.asarray(logits, np.float32)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_buffer(self._files.tokenizer.read_bytes())
        except (OSError, ValueError) as error:
            raise SupportModelError(f"{self._files.tokenizer} cannot be read as a tokenizer") from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS, strategy="longest_first")
        return tokenizer

    @cached_property
    def _session(self) -> ort.InferenceSession:
        return open_session(self._files.graph, self._n_threads, SupportModelError)


def load_judge(config: Config) -> PairJudge:
    """The configured judge: the one that comes with this package, or the one RAG_SUPPORT_MODEL names.

    Raises SupportModelError or WeightsError where it is missing or damaged.
    """
    if config.support_model:
        return NamedModel.load(config.support_model, config.cache / "support")
    return SupportModel.load(config)


def label_columns(config: Mapping[str, Any]) -> tuple[int, ...]:
    """What each output of a model says, by the names its config.json gives them.

    Raises SupportModelError where no output is for support, or one cannot be told.
    """
    names = {int(n): str(name).casefold() for n, name in (config.get("id2label") or {}).items()}
    found = [
        next((column for column, pattern in _LABELS if pattern.search(names[n])), None) for n in sorted(names)
    ]
    columns = tuple(column for column in found if column is not None)
    if SUPPORTED not in columns or len(columns) < len(found) or len(columns) < 2:
        raise SupportModelError(
            f"config.json names the labels {', '.join(names.values()) or 'not at all'}; a model of support"
            " has one for entailment or support, and at least one other"
        )
    return columns


def _verified(name: str, folder: Path, cache: Path) -> NamedFiles:
    """The folder's files, held to the hashes they had when the model was first used."""
    graph = next((folder / place for place in GRAPHS if (folder / place).is_file()), None)
    tokenizer, config = folder / "tokenizer.json", folder / "config.json"
    if graph is None or not tokenizer.is_file() or not config.is_file():
        raise SupportModelError(
            f"RAG_SUPPORT_MODEL names {folder}, which lacks model.onnx, tokenizer.json or config.json; name a"
            " folder or a hub model that has them, or unset it"
        )
    hashes = {path.name: _sha256(path) for path in (graph, tokenizer, config)}
    record = cache / "chosen" / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
    try:
        known = json.loads(record.read_text("utf-8")) if record.is_file() else None
        columns = label_columns(json.loads(config.read_text("utf-8")))
    except (OSError, ValueError, AttributeError) as error:
        raise SupportModelError(f"{config} or {record} cannot be read as JSON") from error
    if known is None:
        record.parent.mkdir(parents=True, exist_ok=True)
        write_json(record, hashes)
    elif known != hashes:
        raise SupportModelError(
            f"{folder} is not the model it was when it was chosen; if that is meant: rm {record}"
        )
    return NamedFiles(graph, tokenizer, columns)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_hub(name: str, folder: Path) -> Path:
    """The files of a hub model, fetched once. Raises SupportModelError where the hub gives none."""
    if not _HUB_NAME.fullmatch(name):
        raise SupportModelError(
            f"RAG_SUPPORT_MODEL is {name!r}, which is neither a folder nor a hub model; name one, or unset it"
        )
    if any((folder / place).is_file() for place in GRAPHS):
        return folder
    import httpx
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

    try:
        for file in ("config.json", "tokenizer.json"):
            hf_hub_download(name, file, local_dir=folder)
        for place in GRAPHS:
            try:
                hf_hub_download(name, place, local_dir=folder)
                return folder
            except LocalEntryNotFoundError:
                raise
            except EntryNotFoundError:
                continue
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise SupportModelError(
            f"RAG_SUPPORT_MODEL names {name}, which is no folder here, and the hub gave none of it"
            f" ({type(error).__name__}); name a folder with its files, or unset it"
        ) from error
    raise SupportModelError(f"{name} has no ONNX graph at {', '.join(GRAPHS)}; choose a model that has one")
