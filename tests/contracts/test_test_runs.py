"""A test run is the same every time, and names at its end what it could not do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import settings

from tests.conftest import ROOT


def test_examples_are_fixed_unless_another_profile_is_asked_for(request: pytest.FixtureRequest) -> None:
    fixed = settings.get_profile("fixed")
    assert fixed.derandomize
    assert fixed.database is None
    if not request.config.getoption("--hypothesis-profile"):
        assert settings().derandomize


def test_the_night_tries_new_examples() -> None:
    assert not settings.get_profile("random").derandomize
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--hypothesis-profile=random" in makefile.partition("nightly:")[2]
    assert "--hypothesis-profile" not in makefile.partition("nightly:")[0]


def test_a_run_without_a_browser_says_what_to_install() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "filters_work"]
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    done = subprocess.run(
        [*command, "tests/eval/report/test_report.py"],
        env={**environment, "PATH": "/nonexistent"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "1 tests of the pages were skipped" in done.stdout
    assert "apt-get install chromium" in done.stdout
