"""`rag attach`: what is on a server is listed, and copied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Config
from rag.library.library import Library
from rag.records import Paper
from tests.conftest import Outcome
from tests.helpers.chroma_server import ChromaServer
from tests.helpers.fakes import FakeEncoder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with ChromaServer(tmp_path_factory.mktemp("chroma")) as running:
        yield running


def test_a_library_is_listed_attached_and_its_status_says_where_it_is(
    server: ChromaServer,
    config: Config,
    rag: Callable[..., Outcome],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    lab = tmp_path / "lab"
    with Library.open(lab, replace(config, chroma_url=server.url), create=True) as library:
        library.add([Paper("a", "Of a", "All about a."), Paper("b", "Of b", "All about b.")], FakeEncoder())
    refused = rag("attach")
    assert (refused.code, refused.out) == (2, "")
    assert "RAG_CHROMA_URL" in refused.err
    monkeypatch.setenv("RAG_CHROMA_URL", server.url)
    (listed,) = json.loads(rag("attach", "--json").out)
    assert rag("attach").out.startswith(f"{listed['id']}  lab  2 passages")
    assert "rag attach" in rag("status", "--library", tmp_path / "copy").err
    done = rag("attach", "lab", "--library", tmp_path / "copy")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{tmp_path / 'copy'}: 2 papers, copied from {server.url}\n"
    status = json.loads(rag("status", "--library", tmp_path / "copy", "--json").out)
    assert (status["papers"], status["needs_repair"]) == (2, False)
    assert (status["server"]["url"], status["server"]["library"]) == (server.url, listed["id"])
    assert server.url in rag("status", "--library", tmp_path / "copy").out
    twice = rag("attach", "lab", "--library", tmp_path / "copy")
    assert (twice.code, twice.err.count("\n")) == (2, 1)
