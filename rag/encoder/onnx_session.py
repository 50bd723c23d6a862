"""Runs ONNX graphs of texts: sessions that open or say what is damaged, and batches by length.

Knows nothing of what a graph computes (rag/encoder/minilm.py, rag/support/support_model.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.config import Device
from rag.errors import ConfigError, SetupError

if TYPE_CHECKING:
    import onnxruntime as ort

_CUDA = "CUDAExecutionProvider"
_GPU_REMEDY = (
    'install it with: pip install "rag-abstracts[gpu]" and then pip install --force-reinstall --no-deps '
    "onnxruntime-gpu (it takes the place of onnxruntime), or unset RAG_DEVICE"
)


def open_session(
    graph: Path,
    n_threads: int,
    error_class: type[SetupError],
    *,
    spins: bool = True,
    device: Device = "cpu",
) -> ort.InferenceSession:
    """A session on a device. Raises `error_class` where the graph is missing or damaged, ConfigError where
    the device cannot be used."""
    import onnxruntime as ort
    from onnxruntime.capi.onnxruntime_pybind11_state import (
        InvalidArgument,
        InvalidGraph,
        InvalidProtobuf,
        NoSuchFile,
    )

    options = ort.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    # Lengths differ from batch to batch, so plans made for one shape only hold memory.
    options.enable_mem_pattern = False
    providers = ["CPUExecutionProvider"]
    if device == "cuda":
        providers.insert(0, _CUDA)
        if _CUDA not in ort.get_available_providers():
            raise ConfigError(f"RAG_DEVICE is cuda, but this ONNX Runtime has no part for it; {_GPU_REMEDY}")
        # The CUDA libraries that pip put beside it are not where the system looks.
        getattr(ort, "preload_dlls", lambda: None)()
    try:
        session = ort.InferenceSession(str(graph), options, providers=providers)
    except (InvalidProtobuf, InvalidArgument, InvalidGraph, NoSuchFile) as error:
        raise error_class(
            f"{graph} is damaged; delete its folder and it is made again: rm -r {graph.parent}"
        ) from error
    # Where CUDA's libraries or a GPU are missing, ONNX Runtime goes on without a word.
    if session.get_providers()[0] != providers[0]:
        raise ConfigError(f"RAG_DEVICE is cuda, but no GPU or no CUDA libraries are found; {_GPU_REMEDY}")
    return session


@contextmanager
def memory_faults() -> Iterator[None]:
    """Turn ONNX Runtime's failure to allocate, an error like any other of its own, into MemoryError."""
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

    try:
        yield
    except (Fail, RuntimeException) as error:
        if not any(sign in str(error) for sign in ("allocate", "bad_alloc")):
            raise
        raise MemoryError("for a batch of texts") from error


def n_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def padded_batches(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Indices grouped by length, longest first, each group at most `max_tokens` wide when padded."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) + 1) * lengths[batch[0]] > max_tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
