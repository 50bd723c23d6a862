"""Runs ONNX graphs of texts: sessions that open or say what is damaged, and batches by length.

Knows nothing of what a graph computes (rag/encoder/minilm.py, rag/support/support_model.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SetupError

if TYPE_CHECKING:
    import onnxruntime as ort


def open_session(
    graph: Path, n_threads: int, error_class: type[SetupError], *, spins: bool = True
) -> ort.InferenceSession:
    """A session on the CPU. Raises `error_class` where the graph is missing or damaged."""
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
    try:
        return ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except (InvalidProtobuf, InvalidArgument, InvalidGraph, NoSuchFile) as error:
        raise error_class(
            f"{graph} is damaged; delete its folder and it is made again: rm -r {graph.parent}"
        ) from error


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
