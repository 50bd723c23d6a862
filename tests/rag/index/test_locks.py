from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag.errors import LibraryLocked
from rag.index.locks import holder, vector_files_lock, writing
from tests.conftest import ROOT

HOLDING = """
import sys, time
from pathlib import Path
from rag.index.locks import vector_files_lock, writing
with {lock}(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holding(folder: Path, lock: str) -> subprocess.Popen[str]:
    """A process that holds the lock now."""
    command = [sys.executable, "-c", HOLDING.format(lock=lock), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    with process:
        process.send_signal(signal.SIGKILL)


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    process = holding(tmp_path, "writing")
    try:
        with (
            pytest.raises(LibraryLocked, match=f"process {process.pid} on .* since 20") as raised,
            writing(tmp_path),
        ):
            pass
        assert raised.value.exit_code == 2
        assert "\n" not in str(raised.value)
        found = holder(tmp_path)
        assert found is not None
        assert found.pid == process.pid
    finally:
        kill(process)


def test_a_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    kill(holding(tmp_path, "writing"))
    assert (tmp_path / "lock").read_text()  # the name is still there, and means nothing
    assert holder(tmp_path) is None
    with writing(tmp_path):
        found = holder(tmp_path)
        assert found is not None
        assert found.pid == os.getpid()
    assert holder(tmp_path) is None


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writing(tmp_path):
        raise KeyError
    with writing(tmp_path):
        pass


def test_looking_who_holds_a_lock_does_not_take_it(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    assert not (tmp_path / "lock").exists()


def test_the_vector_files_are_free_again_when_their_holder_dies(tmp_path: Path) -> None:
    process = holding(tmp_path, "vector_files_lock")
    kill(process)
    with vector_files_lock(tmp_path):
        pass


def test_those_who_look_do_not_take_each_other_for_a_writer(tmp_path: Path) -> None:
    kill(holding(tmp_path, "writing"))  # whose name is still in the file
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: holder(tmp_path), range(40))) == {None}


POSIX_ONLY = {
    "crypt",
    "curses",
    "fcntl",
    "grp",
    "nis",
    "posix",
    "pty",
    "pwd",
    "resource",
    "syslog",
    "termios",
    "tty",
}


@pytest.mark.parametrize("folder", ["rag", "ui", "eval"])
def test_nothing_imports_what_windows_does_not_have(folder: str) -> None:
    named = {
        (path.name, name.partition(".")[0])
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert [pair for pair in sorted(named) if pair[1] in POSIX_ONLY] == []
