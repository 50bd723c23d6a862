"""Takes the pictures in docs/ anew, of the page as it is: `python -m tests.browser.pictures`.

Serves the demo papers in a folder of its own, does what a reader would, and writes PNG files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.browser.visit import FLAGS, Visit
from tests.conftest import ROOT

COLOURS = 128
QUESTION = "Which works teach a fast retriever or ranker by imitating a slower, stronger one?"


def answer(reader: Visit) -> None:
    reader.ask(QUESTION)
    reader.page.click("#live .cite >> nth=1")
    reader.wait("#cards mark.lit")


def library(reader: Visit) -> None:
    reader.tab("Library")
    reader.page.click("#table .open >> nth=7")
    reader.wait("#paper h2")


def map_of_papers(reader: Visit) -> None:
    reader.ask(QUESTION)
    reader.tab("Map")
    reader.wait("#groups .legend li")


PICTURES: dict[str, Callable[[Visit], None]] = {
    "page-answer.png": answer,
    "page-library.png": library,
    "page-map.png": map_of_papers,
}


def make_small(path: Path) -> None:
    """Write the picture again with COLOURS colours: a page has few, and a third of the bytes will do."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


def main() -> None:
    from playwright.sync_api import sync_playwright

    from rag.assistant import Assistant
    from rag.demo import demo_papers_path

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        with Assistant.open(Path(folder) / "library", create=True) as assistant:
            assistant.ingest([demo_papers_path()])
        command = [sys.executable, "-m", "rag", "ui", "--port", "0", "--library", f"{folder}/library"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for name, act in PICTURES.items():
                size = {"width": 1280, "height": 800}
                context = browser.new_context(viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
                context.set_default_timeout(120_000)  # a machine may be busy with other things
                reader = Visit(context, address)
                act(reader)
                reader.page.wait_for_timeout(1000)
                reader.page.screenshot(path=ROOT / "docs" / name)
                make_small(ROOT / "docs" / name)
                reader.context.close()
            server.terminate()


if __name__ == "__main__":
    main()
