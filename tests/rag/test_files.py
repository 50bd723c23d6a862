from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from rag.errors import LibraryReadOnly, StorageError
from rag.files import (
    disk_faults,
    read_json,
    read_json_lines,
    replacing,
    write_json,
    write_json_lines,
    write_text,
)
from rag.index.seals import broken, seal


def test_json_comes_back_and_leaves_no_draft(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"é": [1, None]})
    assert read_json(tmp_path / "a.json") == {"é": [1, None]}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_json_that_is_missing_or_cut_short_is_none(tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text('{"a": [1, 2')
    assert read_json(tmp_path / "cut.json") is None
    assert read_json(tmp_path / "missing.json") is None


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "one\r\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\n"
    with pytest.raises(TypeError), replacing(path) as file:
        file.writelines(["half", None])
    assert path.read_bytes() == b"one\r\ntwo\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_json_lines_come_back(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.jsonl"
    write_json_lines(path, [{"é": 1}, {"b": [None]}])
    assert read_json_lines(path, dict, "an object") == [{"é": 1}, {"b": [None]}]


def test_a_seal_tells_what_changed(tmp_path: Path) -> None:
    for name in ("same", "shorter", "other bytes", "moved in time", "gone"):
        (tmp_path / name).write_bytes(b"0123456789")
    taken = seal(tmp_path, "*")
    (tmp_path / "shorter").write_bytes(b"012345678")
    (tmp_path / "other bytes").write_bytes(b"012345678X")
    os.utime(tmp_path / "moved in time", (1, 1))
    (tmp_path / "gone").unlink()
    assert sorted(broken(tmp_path, taken)) == ["gone", "other bytes", "shorter"]


def test_a_seal_without_checksums_takes_any_other_time_for_damage(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    taken = seal(tmp_path, "*", crc=False)
    assert broken(tmp_path, taken) == []
    os.utime(tmp_path / "a", (1, 1))
    assert broken(tmp_path, taken) == ["a"]


@pytest.mark.parametrize(
    ("number", "kind", "says"),
    [
        (errno.ENOSPC, StorageError, "no room left"),
        (errno.EFBIG, StorageError, "no room left"),
        (errno.EACCES, LibraryReadOnly, "cannot write"),
        (errno.EROFS, LibraryReadOnly, "cannot write"),
        (errno.EIO, StorageError, "rag doctor"),
    ],
)
def test_a_disk_error_becomes_one_line_that_names_the_library(
    number: int, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says) as raised, disk_faults(Path("/some/library")):
        raise OSError(number, os.strerror(number))
    assert "/some/library" in str(raised.value)
    assert "\n" not in str(raised.value)
