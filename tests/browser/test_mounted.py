"""The page beside the server's routes: `rag serve --ui`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.browser.visit import Visit
from tests.helpers.serving import rag_serve


def test_the_page_answers_beside_the_routes(
    visit: Callable[..., Visit], demo_library: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    shutil.copytree(demo_library, library)
    with rag_serve(library, "--ui", "--stop-within", "3") as server:
        reader = visit(f"{server.url}/")
        assert reader.page.url.startswith(f"{server.url}/ui/")
        reader.ask("What is late interaction?")
        assert httpx.get(f"{server.url}/v1/models").status_code == 200
        reader.page.close()
        assert server.stop() == 0
