"""Passages read back with their papers: once, for as long as nobody writes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.config import Config
from rag.index import papers_read
from rag.index.passage_store import Dense
from rag.library.folder_library import FolderLibrary
from rag.library.library import Library
from rag.records import Paper
from tests.helpers.fakes import FakeEncoder

PAPERS = [Paper(f"p{i}", f"Title {i}", f"Abstract of number{i}. " * (1 + 200 * (i == 3))) for i in range(5)]
FIRST = [f"{paper.paper_id}#0" for paper in PAPERS]


def test_papers_are_read_from_chroma_once(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    with Library.open(config.library, config, create=True) as library:
        library.add(PAPERS, FakeEncoder())
        first = library.passages_of(FIRST)
        monkeypatch.setattr(Dense, "get", lambda self, ids: pytest.fail(f"read again: {ids}") if ids else [])
        assert [each.paper for (each, *_) in library.passages_of(FIRST[::-1])] == PAPERS[::-1]
        assert [[c.passage for c in each] for each in first] == [
            [c.passage for c in each] for each in library.passages_of(FIRST)
        ]
        assert len(first[3]) > 1
        assert [each.passage for each in library.candidates(["p3#1", "p0#0"])] == [
            first[3][1].passage,
            first[0][0].passage,
        ]


def test_what_was_read_is_read_anew_after_a_change(config: Config) -> None:
    with Library.open(config.library, config, create=True) as library:
        library.add(PAPERS, FakeEncoder())
        library.passages_of(FIRST)
        library.add([replace(PAPERS[1], year=2020)], FakeEncoder())
        library.remove(["p2"])
        years = {each.paper.paper_id: each.paper.year for (each, *_) in library.passages_of(FIRST)}
        assert years == {"p0": None, "p1": 2020, "p3": None, "p4": None}


def test_another_process_s_change_is_seen_after_a_refresh(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.indexes._RELOAD_S", 0.0)
    with Library.open(config.library, config, create=True) as library:
        library.add(PAPERS, FakeEncoder())
    with Library.open(config.library, config) as reader:
        reader.passages_of(FIRST)
        with Library.open(config.library, config) as writer:
            writer.add([replace(PAPERS[1], abstract="Another text.")], FakeEncoder())
        reader.refresh()
        assert reader.passages_of(["p1#0"])[0][0].paper.abstract == "Another text."


def test_no_more_is_kept_of_papers_than_may_be(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers_read, "_MOST", 100)
    with FolderLibrary.open_folder(config.library, config, create=True) as library:
        library.add(PAPERS, FakeEncoder())
        for asked in (FIRST[:2], FIRST[1:4], FIRST, FIRST[4:]):
            assert len(library.passages_of(asked)) == len(asked)
            known = filter(None, map(library._indexes.papers_read.get, (paper.paper_id for paper in PAPERS)))
            assert sum(len(each.paper.title) + len(each.paper.abstract) for each in known) <= 100
