"""The page as it is served: what Gradio is told, what it lets in and out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`rag ui` on a library that is not there yet."""
    library = tmp_path_factory.mktemp("served") / "library"
    command = [sys.executable, "-m", "rag", "ui", "--port", "0", "--library", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def test_the_address_is_this_machines_own(address: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)


def test_the_page_names_no_other_machine_to_fetch_from(address: str) -> None:
    html = httpx.get(address).text
    fetched = re.findall(r'<(?:script|link|img|iframe)[^>]*\s(?:src|href)="([^"]+)"', html)
    assert fetched
    assert not [url for url in fetched if url.startswith(("http:", "https:", "//"))]


def test_the_browser_is_told_to_fetch_nothing_from_elsewhere(address: str) -> None:
    policy = httpx.get(address).headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy


def test_another_name_for_this_machine_is_not_served(address: str) -> None:
    assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 400


def test_files_of_the_machine_are_not_served(address: str) -> None:
    for path in ("/etc/passwd", str(ROOT / "pyproject.toml")):
        assert httpx.get(f"{address}gradio_api/file={path}").status_code in (403, 404)


def test_a_port_that_is_taken_is_told_in_one_line(address: str, tmp_path: Path) -> None:
    port = address.rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "rag", "ui", "--port", port, "--library", str(tmp_path / "library")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == f"rag: port {port} is taken; give another: rag ui --port {int(port) + 1}"
