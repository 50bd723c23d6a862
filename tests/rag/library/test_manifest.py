from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import LibraryDamaged, LibraryError, LibraryNotFound, LibraryTooNew
from rag.library import manifest


def test_a_library_is_made_once(tmp_path: Path) -> None:
    made = manifest.create(tmp_path / "library")
    assert manifest.create(tmp_path / "library") == made == manifest.read(tmp_path / "library")
    assert (made.format, made.encoder) == (manifest.FORMAT, None)


def test_the_encoder_is_remembered(tmp_path: Path) -> None:
    made = manifest.create(tmp_path)
    assert manifest.set_encoder(tmp_path, "e1").encoder == manifest.read(tmp_path).encoder == "e1"
    assert manifest.read(tmp_path).created == made.created


def test_no_library_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound, match="rag ingest PATH"):
        manifest.read(tmp_path)


def test_a_folder_of_other_things_is_not_made_a_library(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(LibraryError, match="other files"):
        manifest.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_a_later_version_wrote_is_refused(tmp_path: Path) -> None:
    manifest.create(tmp_path)
    content = json.loads((tmp_path / "library.json").read_text())
    (tmp_path / "library.json").write_text(json.dumps({**content, "format": manifest.FORMAT + 1}))
    with pytest.raises(LibraryTooNew, match="later version"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 1, "more": 2}'])
def test_a_manifest_that_does_not_read_back_is_damage(tmp_path: Path, content: str) -> None:
    (tmp_path / "library.json").write_text(content)
    with pytest.raises(LibraryDamaged):
        manifest.read(tmp_path)


def test_a_migration_goes_step_by_step_and_on_from_where_it_broke_off(tmp_path: Path) -> None:
    manifest.create(tmp_path)
    done: list[str] = []

    def first(folder: Path) -> None:
        done.append("1 to 2")

    def second(folder: Path) -> None:
        done.append("2 to 3")
        if len(done) == 2:
            raise OSError("broke off")

    with pytest.raises(OSError, match="broke off"):
        manifest.migrate(tmp_path, {1: first, 2: second}, to=3)
    with pytest.raises(LibraryTooNew):  # a program that knows only the first keeps out meanwhile
        manifest.read(tmp_path, newest=1)
    assert manifest.migrate(tmp_path, {1: first, 2: second}, to=3).format == 3
    assert done == ["1 to 2", "2 to 3", "2 to 3"]
