"""On Ray a sharded library has what it has in one process, and outlives its actors.

The cluster and all that speaks to it are in a process of their own: Ray's processes speak over this machine's
own address, which the tests' guard against the network would take for a stranger's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import ConfigError, InputError
from rag.library.shards.ray_workers import connect
from tests.conftest import NO_NETWORK, ROOT

SCRIPT = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
import ray
from rag.config import Config
from rag.errors import LibraryNotFound
from rag.library.library import Library
from rag.library.shards.shard import Shard
from rag.library.shards.ray_workers import RayWorkers
from tests.helpers.fakes import FakeEncoder
from tests.rag.library.test_library import PAPERS

folder = Path(sys.argv[1])
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1",
         object_store_memory=150_000_000)
config = replace(Config.from_env({}), ray="local", shards=2)
killed = []

def kill(library):
    workers = library._coordinator.workers
    killed.append(ray.get(workers._actors[0].process_id.remote()))
    os.kill(killed[-1], signal.SIGKILL)

with Library.open(folder / "cut", config, create=True) as library:
    more = [replace(paper, paper_id=f"more{i}-{paper.paper_id}", title=f"{i} {paper.title}")
            for i in range(4) for paper in PAPERS]
    report = library.add([*PAPERS, *more], FakeEncoder(), progress=lambda _: killed or kill(library))
    assert killed, "no actor was killed between two batches"
    kill(library)
    library.refresh()
    assert library.lacking is None
    assert list(library.papers()) == [*PAPERS, *more], "papers are lost, or there twice"
    assert library.verify().ok
workers = RayWorkers([folder / "nothing"], config, read_only=True)
try:
    workers.start(0)
except LibraryNotFound:
    print("as it should be", report.added, len(killed))
workers.close()
ray.shutdown()
"""


def test_actors_killed_while_papers_are_added_and_read_lose_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    # Starting takes some five seconds, and minutes where the machine is busy.
    waits = {"RAY_raylet_start_wait_time_s": "240", "RAY_USAGE_STATS_ENABLED": "0"}
    paths = [ROOT, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    without_guard = os.pathsep.join(str(path) for path in paths if str(path) not in ("", str(NO_NETWORK)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, tmp_path],
        env=os.environ | waits | {"PYTHONPATH": without_guard},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=340,
    )
    # Ray's own remarks on the killed actors may stand before and after it.
    assert "as it should be 200 2" in done.stdout.splitlines(), done.stderr[-3000:]


def test_without_ray_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r'pip install "rag-abstracts\[ray\]"'):
        connect("auto")


def test_a_cluster_is_refused_to_a_library_without_shards(demo_library: Path) -> None:
    from argparse import Namespace
    from dataclasses import replace

    from rag.commands.options import with_ray

    with pytest.raises(InputError, match="--ray is for shards"):
        with_ray(replace(Config.from_env({}), library=demo_library), Namespace(ray="auto"))
