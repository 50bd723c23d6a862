"""`python -m eval.bench.scale`: what a library of so many abstracts takes, from what was measured.

The constants are measured at up to 69,504 papers (docs/scale.md says where and how) or named as taken from
others; what comes out beyond that is arithmetic, not measurement.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

SIZES = (1_000_000, 10_000_000, 100_000_000, 250_000_000)

INGEST_PER_CORE_S = 17.0
"""Papers a second that one core reads, encodes and writes: 34 on two quiet cores."""
WRITE_PER_CORE_S = 77.0
"""The same with a stand-in for the encoder: what is left for the cores where a GPU encodes."""
GPU_S = 1_000.0
"""Abstracts a second on one GPU: not measured, and a guess. The model's authors give 14,200 short sentences a
second on a V100; an abstract is some ten of them."""
DISK_KB, MEMORY_KB = 31.0, 3.3
"""A paper's files at 69,504 papers, and its share of the vector index's memory at 300,000 passages."""
FIXED_GB = 0.3
"""Of a shard's process, whatever it holds."""
SHARD = 1_000_000
"""Papers in a shard: as large as one machine's library has been planned for."""
ASK_CORE_S = 0.053
"""Processor time of one question in one library."""
POOL_CORE_S = 0.020
"""Of it, what every shard repeats: encoding apart, the two legs."""
COORDINATE_CORE_S = 0.0003
"""Processor time of the coordinator for each shard and question (`python -m eval.bench.shard_latency`)."""
CORES, MEMORY_GB = 16, 64
"""Of one machine."""
MACHINE_MONTH, GB_MONTH = 589.0, 0.08
"""US dollars: such a machine on demand at a public cloud's list price, and a GB of its disk."""


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """What so many papers take, in the units of the table."""

    n_papers: int
    core_hours: float
    gpu_hours: float
    n_shards: int
    disk_gb: float
    memory_gb: float
    n_machines: int
    questions_s: float
    month_usd: float


def plan(n_papers: int) -> ScaleRow:
    """Shards of SHARD papers, on as few machines as hold their vector indexes in half the memory."""
    n_shards = math.ceil(n_papers / SHARD)
    memory_gb = n_papers * MEMORY_KB / 1e6 + n_shards * FIXED_GB
    n_machines = math.ceil(memory_gb / (MEMORY_GB / 2))
    disk_gb = n_papers * DISK_KB / 1e6
    # Every shard works on every question; the coordinator is one process, and so one core.
    by_shards = n_machines * CORES / (n_shards * POOL_CORE_S + ASK_CORE_S)
    by_coordinator = 1 / (n_shards * COORDINATE_CORE_S + ASK_CORE_S)
    return ScaleRow(
        n_papers,
        n_papers / INGEST_PER_CORE_S / 3600,
        n_papers / GPU_S / 3600,
        n_shards,
        disk_gb,
        memory_gb,
        n_machines,
        min(by_shards, by_coordinator),
        n_machines * MACHINE_MONTH + disk_gb * GB_MONTH,
    )


def main() -> int:
    """Print the table."""
    heads = (
        "papers", "core-hours of ingest", "GPU-hours of encoding", "shards", "disk, GB", "memory, GB",
        "machines", "questions a second", "US$ a month",
    )  # fmt: skip
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in map(plan, SIZES):
        whole = (row.n_papers, row.core_hours, row.gpu_hours, row.n_shards, row.disk_gb, row.memory_gb)
        cells = [f"{cell:,.0f}" for cell in (*whole, row.n_machines)]
        print(f"| {' | '.join(cells)} | {row.questions_s:.0f} | {row.month_usd:,.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
