"""What pyproject.toml says is so: dependencies are those imported, and every data file is shipped."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from eval.fit.support_model.pair_files import PAIR_FILES
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
PACKAGES = ("rag", "ui", "eval", "prompts")


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", each)[0].lower() for each in requirements}


def imported(*folders: str) -> Iterator[str]:
    """Top names of what the modules below these folders import, wherever in a module."""
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


@cache
def homes() -> Mapping[str, list[str]]:
    """Top names of modules to the distributions that hold them."""
    return packages_distributions()


def distributions(names: Iterator[str]) -> set[str]:
    """The distributions these come from; the standard library and our own packages left out."""
    known = homes()
    outside = set(names) - sys.stdlib_module_names - {*PACKAGES, "tests", "sitecustomize"}
    return {min(known.get(name, [name])).lower().replace("_", "-") for name in outside}


def test_the_dependencies_are_what_the_packages_import() -> None:
    used, declared = distributions(imported(*PACKAGES)), named(PROJECT["project"]["dependencies"])
    extras = named([each for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra])
    used -= extras
    assert declared - used == set()
    # Scripts that fit a number again may use the developer's packages, and PyTorch.
    only_to_fit = distributions(imported("eval/fit")) & (named(GROUPS["train"]) | named(GROUPS["dev"]))
    # What others' programs are measured with is installed beside, in an environment of its own. Of Haystack's
    # namespace package several distributions hold parts.
    beside = distributions(imported("eval/bench/peer_programs")) - declared - only_to_fit
    assert all(any(name.split("-")[0] in peer for peer in named(GROUPS["peers"])) for name in beside)
    assert used - declared - beside == only_to_fit - declared
    assert distributions(imported("rag", "ui", "prompts")) - extras <= declared


def test_the_program_does_without_what_training_needs() -> None:
    assert not distributions(imported("rag", "ui")) & named(PROJECT["dependency-groups"]["train"])


def test_the_tests_import_nothing_that_is_not_named() -> None:
    groups = PROJECT["dependency-groups"]
    declared = named([*PROJECT["project"]["dependencies"], *groups["dev"], *groups["fuzz"]])
    assert distributions(imported("tests")) - declared == set()


def test_the_locks_hold_pins_and_hashes_no_address_and_no_pytorch() -> None:
    pins: set[str] = set()
    for lock in ("requirements.lock", "requirements-dev.lock"):
        for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
            pin = re.fullmatch(r"([\w.-]+)==\S+(?: ; .*)? \\", line)
            assert (
                pin or re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line) or line.startswith("#")
            ), line
            pins |= {pin[1]} if pin else set()
    assert named(PROJECT["project"]["dependencies"]) | named(PROJECT["dependency-groups"]["dev"]) <= pins
    assert "setuptools" in pins
    assert not {"torch", "sentence-transformers", "transformers"} & pins


def test_every_data_file_of_the_packages_is_shipped_but_the_pairs_for_training() -> None:
    globs = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    data = [path for path in files if path.suffix not in (".py", ".pyc")]
    pairs = set(PAIR_FILES.glob("*.txt"))
    assert len(data) - len(pairs) > 5
    assert pairs
    assert {path for path in data if not any(fnmatch(path.name, glob) for glob in globs)} == pairs


def test_the_project_has_no_path_of_a_machine_in_its_settings() -> None:
    for name in ("pyproject.toml", "Makefile", ".ci/run"):
        assert not re.search(
            r"(?<![\w.$(])/(?:work|home|root|Users)/", Path(ROOT / name).read_text(encoding="utf-8")
        )
