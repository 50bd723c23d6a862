"""README and CONTRIBUTING name files that are there, and the layers that are checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.contracts.test_layers import LAYERS

ROOMS = r"(?:rag|ui|eval|tests|prompts|docs)/[\w./-]*"


def paths_in(page: str) -> set[str]:
    """The files and folders a page names: in its tree, in code marks and in links."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return {found.rstrip(".") for found in re.findall(rf"(?:^    |`|\]\()({ROOMS})", text, re.M)}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/RESULTS.md"])
def test_the_files_a_page_names_are_there(page: str) -> None:
    missing = [
        path for path in paths_in(page) if not any(map(Path.exists, (ROOT / path, ROOT / f"{path}.py")))
    ]
    assert missing == []


def test_readme_has_a_line_for_every_room() -> None:
    named = paths_in("README.md")
    rooms = {f"rag/{path.parent.name}/" for path in (ROOT / "rag").glob("*/__init__.py")}
    assert rooms <= named, rooms - named


def test_contributing_lists_the_layers_that_are_checked() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.findall(r"(?:^ {4}(?:ui|rag/).*\n)+", text, re.M)[-1]
    listed = [{name.strip().replace("/", ".") for name in line.split(",")} for line in block.splitlines()]
    checked = [set(rooms) for rooms in LAYERS if not {"rag.__main__", "rag.__init__"} & set(rooms)]
    assert listed == checked
