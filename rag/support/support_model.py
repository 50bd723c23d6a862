"""The learned judgement: does this evidence support this claim, contradict it, or say too little?

A cross-encoder: both texts go through the network together. Owns how a pair becomes tokens (training uses the
same), how long texts are cut, and the calibration. Building the graph is rag/support/support_graph.py's; what
to do with the chances is the gate's. How it was trained, and its figures: docs/gate.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.config import Config
from rag.encoder.onnx_session import memory_faults, n_cores, open_session, padded_batches
from rag.errors import SupportModelError
from rag.support.support_graph import SupportFiles, ensure_support_files

if TYPE_CHECKING:
    import onnxruntime as ort
    from tokenizers import Tokenizer

SUPPORTED, CONTRADICTED, NOT_ENOUGH = 0, 1, 2
"""Columns of what `judge` returns."""
MAX_TITLE, MAX_EVIDENCE, MAX_CLAIM = 32, 256, 128
"""Word pieces of each that the network sees at once. A longer title is cut; of longer evidence and claims
windows are judged, half of each window in the next one."""
_CLS, _SEP = 101, 102
BATCH_TOKENS = 4096

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Chances of support from which a claim is "supported", or at least "weak", and the chance of
    contradiction from which it is contradicted. Chosen out of fold by `make train-gate`."""

    supported: float
    weak: float
    contradicted: float


@dataclass(frozen=True, slots=True)
class _Window:
    """Part of pair `pair` as tokens: part `claim_part` of its claim; the claim begins at `claim_at`."""

    pair: int
    claim_part: int
    ids: list[int]
    claim_at: int


class SupportModel:
    """Pairs of claim and evidence in, chances out. Safe to share between threads."""

    def __init__(self, files: SupportFiles, n_threads: int | None = None) -> None:
        self._files = files
        self._n_threads = n_threads or n_cores()

    @classmethod
    def load(cls, config: Config) -> SupportModel:
        """The model, its graph made where it is missing; tokenizer and session open on first use.

        Raises SupportModelError where what is shipped is missing or damaged, and WeightsError where MiniLM
        is; so does the first use where a file that was made earlier is damaged.
        """
        return cls(ensure_support_files(config))

    def judge(self, pairs: Sequence[tuple[str, str]], titles: Sequence[str] | None = None) -> Floats:
        """float32[len(pairs), 3]: chance that each (claim, evidence) is supported, contradicted, or neither.

        titles: of the evidence's papers, one a pair, "" where there is none: who "we" are. A row sums to 1. A
        claim or evidence without a word is neither. Of a claim longer than MAX_CLAIM word pieces the part
        that is least supported counts; of longer evidence the part that supports it most.
        """
        found = np.tile(np.array([0, 0, 1], np.float32), (len(pairs), 1))
        windows = self._windows(pairs, titles or [""] * len(pairs))
        if not windows:
            return found
        rows = np.zeros((len(windows), 3), np.float32)
        for batch in padded_batches([len(window.ids) for window in windows], BATCH_TOKENS):
            rows[batch] = self._run([windows[i] for i in batch])
        chances = _softmax(rows * self._scale + self._shift)
        parts: dict[int, dict[int, Floats]] = {}
        for window, row in zip(windows, chances, strict=True):
            best = parts.setdefault(window.pair, {})
            if window.claim_part not in best or row[SUPPORTED] > best[window.claim_part][SUPPORTED]:
                best[window.claim_part] = row
        for pair, best in parts.items():
            found[pair] = min(best.values(), key=lambda row: float(row[SUPPORTED]))
        return found

    @cached_property
    def thresholds(self) -> Thresholds:
        chosen = self._about["thresholds"]
        return Thresholds(chosen["supported"], chosen["weak"], chosen["contradicted"])

    def _windows(self, pairs: Sequence[tuple[str, str]], titles: Sequence[str]) -> list[_Window]:
        texts = [
            text
            for (claim, evidence), title in zip(pairs, titles, strict=True)
            for text in (claim, evidence, title)
        ]
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(texts, add_special_tokens=False)]
        windows = []
        for pair in range(len(pairs)):
            claim, evidence, title = ids[3 * pair : 3 * pair + 3]
            for claim_part, part in enumerate(_cut(claim, MAX_CLAIM)):
                for section in _cut(evidence, MAX_EVIDENCE):
                    windows.append(_Window(pair, claim_part, *pack(title, section, part)))
        return windows

    def _run(self, windows: Sequence[_Window]) -> Floats:
        """float32[len(windows), 3]: logits."""
        width = max(len(window.ids) for window in windows)
        ids = np.zeros((len(windows), width), np.int32)
        segments, mask = np.zeros_like(ids), np.zeros_like(ids)
        for row, window in enumerate(windows):
            n = len(window.ids)
            ids[row, :n] = window.ids
            segments[row, window.claim_at : n] = 1
            mask[row, :n] = 1
        inputs: dict[str, NDArray[Any]] = {"ids": ids, "segments": segments, "mask": mask}
        inputs["claim"] = segments[:, :, None].astype(np.float32)
        inputs["evidence"] = (mask - segments)[:, None, :].astype(np.float32)
        with memory_faults():
            (logits,) = self._session.run(["logits"], inputs)
        found: Floats = logits
        return found

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_buffer(self._files.tokenizer.read_bytes())
        except (OSError, ValueError) as error:
            raise _damaged(self._files.tokenizer) from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> ort.InferenceSession:
        return open_session(self._files.graph, self._n_threads, SupportModelError)

    @cached_property
    def _about(self) -> dict[str, dict[str, float]]:
        try:
            about: dict[str, dict[str, float]] = json.loads(self._files.about.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise _damaged(self._files.about) from error
        return about

    @property
    def _scale(self) -> float:
        return self._about["calibration"]["scale"]

    @property
    def _shift(self) -> Floats:
        chosen = self._about["calibration"]
        return np.array([chosen["supported"], chosen["contradicted"], chosen["not_enough"]], np.float32)


def _damaged(path: Path) -> SupportModelError:
    return SupportModelError(
        f"{path} is missing or damaged; delete its folder and it is made again: rm -r {path.parent}"
    )


def pack(title: Sequence[int], evidence: Sequence[int], claim: Sequence[int]) -> tuple[list[int], int]:
    """[CLS] title [SEP] evidence [SEP] claim [SEP], as token ids, and where the claim begins."""
    first = [_CLS, *title[:MAX_TITLE], _SEP] if title else [_CLS]
    first += [*evidence[:MAX_EVIDENCE], _SEP]
    return [*first, *claim[:MAX_CLAIM], _SEP], len(first)


def _cut(ids: list[int], longest: int) -> Iterator[list[int]]:
    """The ids, or windows of them that overlap by half. Nothing where there are none."""
    if 0 < len(ids) <= longest:
        yield ids
    elif ids:
        for start in range(0, len(ids) - longest // 2, longest // 2):
            yield ids[start : start + longest]


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return chances
