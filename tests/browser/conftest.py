"""A real Chromium on the real page: served on loopback, its console and every request watched."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from signal import SIG_DFL, SIGINT, signal
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING

import pytest

from tests.browser.visit import FLAGS, Visit
from tests.conftest import ROOT, find_browser
from tests.helpers.model_server import ModelServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Serve = Callable[..., str]
Open = Callable[..., Visit]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """For this package only: while it is open, no other test of the process could run an event loop."""
    from playwright.sync_api import sync_playwright

    path = find_browser()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def serve(model: ModelServer) -> Iterator[Serve]:
    """Run `rag ui` on a library, with settings from the environment; the page's address.

    `model` is asked for only so that it outlives the pages that use it.
    """
    running: list[Popen[str]] = []

    def start(library: Path, module: str = "rag", options: Sequence[str] = (), **environment: str) -> str:
        command = [sys.executable, "-m", module, "ui", "--port", "0", "--library", str(library), *options]
        listen = partial(signal, SIGINT, SIG_DFL)  # a shell's background jobs ignore it
        process = Popen(
            command,
            stdout=PIPE,
            text=True,
            env={**os.environ, **environment},
            cwd=ROOT,
            preexec_fn=listen,
        )
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    yield start
    for process in running:
        process.send_signal(SIGINT)
    assert [process.wait(30) for process in running] == [0] * len(running)
    for process in running:
        process.stdout.close()  # type: ignore[union-attr]


@pytest.fixture(scope="package")
def kept(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo library that `demo_page` shows and writes to. Its papers stay as they are."""
    library = tmp_path_factory.mktemp("page") / "library"
    shutil.copytree(demo_library, library)
    return library


@pytest.fixture(scope="package")
def demo_page(kept: Path, serve: Serve) -> str:
    """The page on the demo papers, without a model; its address."""
    return serve(kept)


@pytest.fixture
def empty_page(serve: Serve, tmp_path: Path) -> str:
    """The page on a library of the test's own, without a paper; its address."""
    return serve(tmp_path / "library")


@pytest.fixture(scope="package")
def model() -> Iterator[ModelServer]:
    """What writes on `written_page`: add to its `replies`."""
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="package")
def written_page(
    demo_library: Path, serve: Serve, model: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The page on the demo papers, with a model; its address."""
    library = tmp_path_factory.mktemp("written") / "library"
    shutil.copytree(demo_library, library)
    return serve(library, OPENAI_BASE_URL=model.url, RAG_LLM_MODEL="scripted")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page as a reader of its own: `visit(address, width=..., dark=...)`.

    Nobody may have seen an error in the console, or asked anything of another machine.
    """
    visits: list[Visit] = []

    def start(
        address: str,
        *,
        width: int = 1360,
        height: int = 860,
        dark: bool = False,
        touch: bool = False,
        key: tuple[str, str] | None = None,
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            has_touch=touch,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.set_default_timeout(60_000)
        visits.append(Visit(context, address, key))
        return visits[-1]

    yield start
    for each in visits:
        each.context.close()
    assert [error for each in visits for error in each.errors] == []
    assert [url for each in visits for url in each.outside] == []
