"""The page as it is served, without a browser: what its server lets in and out."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx

from tests.conftest import ROOT, Outcome


def test_the_address_is_this_machines_own(demo_page: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", demo_page)


def test_the_page_names_no_other_machine_to_fetch_from(demo_page: str) -> None:
    html = httpx.get(demo_page).text
    fetched = re.findall(r'<(?:script|link|img|iframe)[^>]*\s(?:src|href)="([^"]+)"', html)
    assert fetched
    assert not [url for url in fetched if url.startswith(("http:", "https:", "//"))]


def test_the_browser_is_told_to_fetch_nothing_from_elsewhere(demo_page: str) -> None:
    policy = httpx.get(demo_page).headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy


def test_another_name_for_this_machine_is_not_served(demo_page: str) -> None:
    assert httpx.get(demo_page, headers={"Host": "evil.example"}).status_code == 400


def test_files_of_the_machine_are_not_served(demo_page: str) -> None:
    for path in ("/etc/passwd", str(ROOT / "pyproject.toml")):
        assert httpx.get(f"{demo_page}gradio_api/file={path}").status_code in (403, 404)


def test_a_port_that_cannot_be_used_is_told_in_one_line(demo_page: str, rag: Callable[..., Outcome]) -> None:
    taken = demo_page.rstrip("/").rpartition(":")[2]
    for port, why in ((taken, "Address already in use"), ("99999", "there is no such port")):
        outcome = rag("ui", "--port", port)
        assert outcome.code == 2
        assert outcome.err == f"rag: port {port} cannot be used: {why}; another: rag ui --port 7861\n"
