from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import InputError, LibraryDamaged, LibraryNotFound, LibraryTooNew
from rag.library.backup import SUMS, backup, restore
from rag.library.library import Library
from rag.records import Paper
from tests.helpers.fakes import FakeEncoder

PAPERS = [Paper(f"p{i}", f"Title {i}", f"Abstract of number{i}.") for i in range(20)]


@pytest.fixture
def saved(config: Config, tmp_path: Path) -> Path:
    with Library.open(config.library, config, create=True) as library:
        library.add(PAPERS, FakeEncoder())
    assert backup(config.library, tmp_path / "b.tar", config) == (tmp_path / "b.tar").stat().st_size
    return tmp_path / "b.tar"


def packed(file: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_a_library_comes_back_as_it_was_and_goes_on(saved: Path, tmp_path: Path, config: Config) -> None:
    restore(saved, tmp_path / "a" / "new")
    with Library.open(tmp_path / "a" / "new", config) as library:
        assert list(library.papers()) == PAPERS
        assert not library.needs_repair
        assert library.verify().ok
        assert library.add([*PAPERS, Paper("new", "New", "New.")], FakeEncoder()).added == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b.tar", "library"]


def test_a_backup_into_the_library_itself_is_refused(saved: Path, config: Config) -> None:
    for file in (config.library / "b.tar", config.library / "tokens" / "b.tar"):
        with pytest.raises(InputError, match="in the library itself"):
            backup(config.library, file, config)
        assert not file.exists()


def test_nothing_is_written_over(saved: Path, tmp_path: Path, config: Config) -> None:
    content = saved.read_bytes()
    with pytest.raises(InputError, match="already"):
        backup(config.library, saved, config)
    assert saved.read_bytes() == content
    with pytest.raises(InputError, match="already"):
        restore(saved, config.library)
    (tmp_path / "empty").mkdir()
    restore(saved, tmp_path / "empty")


def test_a_file_cut_short_or_changed_restores_nothing(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    for broken in (
        b"",
        content[:100],
        content[: len(content) // 2],
        content[:-20_000],
        bytes(changed),
        b"x" * 20_000,
    ):
        saved.write_bytes(broken)
        with pytest.raises(LibraryDamaged, match="no whole backup"):
            restore(saved, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "library"]


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil"])
def test_no_member_leaves_the_folder(tmp_path: Path, name: str) -> None:
    packed(tmp_path / "b.tar", {name: b"evil"})
    with pytest.raises(LibraryDamaged, match="no file of a library"):
        restore(tmp_path / "b.tar", tmp_path / "new")
    assert [path.name for path in tmp_path.rglob("*")] == ["b.tar"]


def test_a_link_is_no_file_of_a_library(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        link = tarfile.TarInfo("library.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(LibraryDamaged):
        restore(tmp_path / "b.tar", tmp_path / "new")


def test_a_later_format_is_not_restored(tmp_path: Path) -> None:
    later = json.dumps({"format": 99, "encoder": None, "created": "2099-01-01"}).encode()
    sums = json.dumps({"library.json": hashlib.sha256(later).hexdigest()}).encode()
    packed(tmp_path / "b.tar", {"library.json": later, SUMS: sums})
    with pytest.raises(LibraryTooNew):
        restore(tmp_path / "b.tar", tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar"]


def test_what_is_not_there_is_named(tmp_path: Path, config: Config) -> None:
    with pytest.raises(InputError, match="no file"):
        restore(tmp_path / "none.tar", tmp_path / "new")
    with pytest.raises(LibraryNotFound):
        backup(config.library, tmp_path / "b.tar", config)
    with pytest.raises(InputError, match="server"):
        backup(config.library, tmp_path / "b.tar", replace(config, chroma_url="http://127.0.0.1:1"))
