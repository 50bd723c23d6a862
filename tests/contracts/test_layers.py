"""The layers of the project: a room imports rooms of lower layers, never of a higher one.

Every import counts, also one inside a function or for type checkers alone: who imports whom is what makes a
room hard to move. CONTRIBUTING.md says what each room is for. And no class name stands twice.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

LAYERS = (
    ("ui", "eval"),
    ("rag.__main__",),
    ("rag.cli", "rag.commands"),
    ("rag.server",),
    ("rag.__init__",),
    ("rag.assistant",),
    ("rag.answering",),
    ("rag.retrieval",),
    ("rag.library", "rag.sources"),
    ("rag.demo", "rag.export", "rag.index", "rag.readers", "rag.support"),
    ("rag.encoder", "rag.llm", "rag.papers"),
    ("rag.config", "rag.files", "rag.retry_after", "rag.text"),
    ("rag.errors", "rag.records", "rag.version"),
)
"""Top first. Rooms of one layer do not import each other, but for the pairs below."""
BESIDE = {
    ("ui", "eval"),
    ("rag.cli", "rag.commands"),
    ("rag.commands", "rag.cli"),
    ("rag.records", "rag.errors"),
}
"""Imports between rooms of one layer that are meant: who, whom."""

FLOOR = {room: floor for floor, rooms in enumerate(LAYERS) for room in rooms}


def room_of(module: str) -> str:
    """The room a module is in, as LAYERS spells it."""
    parts = module.split(".")
    return (
        parts[0] if parts[0] in ("ui", "eval") else ".".join(parts[:2]) if len(parts) > 1 else "rag.__init__"
    )


def module_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")


def imports(path: Path) -> Iterator[str]:
    """The modules of this project that a file names in its imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"rag.{alias.name}" for alias in node.names] if node.module == "rag" else [node.module]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] in ("rag", "ui", "eval"))


def wrong(path: Path) -> list[str]:
    """The imports of a file that lead upward, or sideways without leave."""
    here = room_of(module_of(path))
    told = []
    for name in imports(path):
        there = room_of(name)
        there = there if there in FLOOR else "rag.__init__"
        below, beside = FLOOR[there] > FLOOR[here], there == here or (here, there) in BESIDE
        if not below and not beside:
            told.append(f"{here} -> {name}")
    return told


@pytest.mark.parametrize("folder", ["rag", "ui", "eval"])
def test_nothing_imports_upward(folder: str) -> None:
    assert [line for path in sorted((ROOT / folder).rglob("*.py")) for line in wrong(path)] == []


def test_no_class_name_stands_twice() -> None:
    places: dict[str, list[str]] = {}
    for path in (path for folder in ("rag", "ui", "eval") for path in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module_of(path))
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(module_of(path)) for path in (ROOT / "rag").rglob("*.py")}
    assert rooms - set(FLOOR) == set()


def test_an_import_upward_is_found(tmp_path: Path) -> None:
    path = ROOT / "rag" / "text" / "words.py"
    assert [name for name in imports(path) if room_of(name) == "rag.assistant"] == []
    source = tmp_path / "made.py"
    source.write_text("def f():\n    from rag.assistant import ask\n    return ask\n")
    assert list(imports(source)) == ["rag.assistant"]
    assert FLOOR[room_of("rag.assistant")] < FLOOR[room_of("rag.text.words")]
