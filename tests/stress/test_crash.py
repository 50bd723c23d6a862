from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def test_nothing_is_lost_when_a_writer_is_killed() -> None:
    """The short form of `make crash`, in a process of its own: it forks, which threads do not survive."""
    command = [sys.executable, "-m", "tests.stress.crash", "--kills", "6", "--seed", "3", "--made-up", "60"]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=300
    )
    report = json.loads(ended.stdout.splitlines()[-1])
    assert (report["failures"], report["kills"], ended.returncode) == ([], 6, 0)
