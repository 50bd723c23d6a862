"""What every test may ask for: shared data, the encoder, libraries built once, and no network.

The environment is fixed before any test module is imported: no keys, no proxies that lead out, libraries
and replies in a folder of this run; only the encoder's graphs are kept from run to run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from rag.cli import main
from rag.config import Config
from tests.helpers.no_network import sitecustomize as network

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.encoder.minilm import Encoder
    from rag.support.gate import Gate

ROOT = Path(__file__).parent.parent
NO_NETWORK = Path(network.__file__).parent
# `make test` tries the same examples every time; `make nightly` chooses new ones. Nothing asserts on time.
settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.register_profile("random", derandomize=False, print_blob=True, deadline=None)
settings.load_profile("fixed")

NEEDS_BROWSER = "needs Chromium"
"""What the reason of a test begins with that is skipped for want of a browser."""
DEAD_PROXY = "http://127.0.0.1:9"
"""Discards: native code that the audit hook does not see gets this far and no further."""


def pytest_configure(config: pytest.Config) -> None:
    home = Path(tempfile.mkdtemp(prefix="rag-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    (home / "cache").mkdir()
    for room in ("minilm", "support"):
        graphs = Config.from_env().cache / room
        graphs.mkdir(parents=True, exist_ok=True)
        (home / "cache" / room).symlink_to(graphs)
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "RAG_"))]:
        del os.environ[name]
    paths = [str(NO_NETWORK), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ.update(
        RAG_CACHE=str(home / "cache"),
        RAG_LIBRARY=str(home / "library"),
        XDG_DATA_HOME=str(home / "data"),
        PYTHONPATH=os.pathsep.join(paths),
        HF_HUB_OFFLINE="1",
        NO_PROXY="localhost,127.0.0.1,::1",
        no_proxy="localhost,127.0.0.1,::1",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), DEAD_PROXY),
    )
    network.install()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what to install for tests that were skipped for want of a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    n_skipped = sum(NEEDS_BROWSER in str(report.longrepr) for report in skipped)
    if n_skipped:
        terminalreporter.write_line(
            f"{n_skipped} tests of the pages were skipped: they need Chromium or Chrome. "
            "On Debian and Ubuntu: apt-get install chromium",
            yellow=True,
        )


def find_browser() -> str:
    """The path of Chromium or Chrome. Where there is none the test is skipped, or fails where CI is set."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{NEEDS_BROWSER}, and CI is set")
        pytest.skip(NEEDS_BROWSER)
    return path


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fail a test that reached for the network, also where the code under test swallowed the refusal."""
    network.ATTEMPTS.clear()
    yield
    assert not network.ATTEMPTS


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The data beside the project: real pages, questions, SciFact."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing, and CI is set")
        pytest.skip("no ../shared beside the project")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Settings with a library of the test's own, not yet made."""
    from dataclasses import replace

    return replace(Config.from_env({}), library=tmp_path / "library", cache=Path(os.environ["RAG_CACHE"]))


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    from rag.encoder.minilm import Encoder

    return Encoder.load(Config.from_env())


@pytest.fixture(scope="session")
def shipped_gate() -> Gate:
    """The gate with the learned judgement that comes with the package."""
    from rag.support.gate import Gate

    return Gate.load(Config.from_env())


@pytest.fixture(scope="session")
def demo_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the demo papers. Read only: tests that write copy it."""
    from rag.demo import demo_papers_path

    return _library_of(tmp_path_factory.mktemp("demo") / "library", [demo_papers_path()])


@pytest.fixture(scope="session")
def pages_library(tmp_path_factory: pytest.TempPathFactory, shared_dir: Path) -> Path:
    """A library of the five saved pages (714 papers, some 20 s). Read only: tests that write copy it."""
    pages = sorted((shared_dir / "corpus").glob("*.txt"))
    return _library_of(tmp_path_factory.mktemp("pages") / "library", pages)


def _library_of(library: Path, paths: list[Path]) -> Path:
    from rag.assistant import Assistant

    with Assistant.open(library, config=Config.from_env(), create=True) as assistant:
        assistant.ingest(paths)
    return library


@pytest.fixture(scope="session")
def demo_assistant(demo_library: Path) -> Iterator[Assistant]:
    from rag.assistant import Assistant

    with Assistant.open(demo_library) as assistant:
        yield assistant


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command line left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def rag(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command line in this process: `rag("ask", "--library", path, "...")`."""

    def run(*args: str | Path) -> Outcome:
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run
