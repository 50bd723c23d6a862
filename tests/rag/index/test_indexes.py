from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.config import Config
from rag.index.indexes import Indexes
from rag.index.passage_store import Dense
from rag.index.token_store import TokenStore
from rag.index.vector_files import VectorFiles
from rag.index.word_index import Lexical
from rag.library.library import Library
from rag.records import Paper
from tests.helpers.fakes import FakeEncoder

OLD = [Paper(f"p{i}", f"Title {i}", f"Abstract of number{i}. " * (1 + 200 * (i == 3))) for i in range(12)]
"""Number 3 has several passages."""
NEW = [
    replace(OLD[2], year=2020),
    replace(OLD[3], abstract="Short now."),
    replace(OLD[4], abstract="Long now. " * 500),
    Paper("q", "Quite", "new."),
]
STAGES: list[tuple[Any, str]] = [
    (TokenStore, "commit"),
    (Dense, "upsert"),
    (Dense, "delete"),
    (Dense, "set_stamp"),
    (VectorFiles, "set_seal"),
    (Lexical, "write"),
    (Lexical, "set_stamp"),
    (Indexes, "seal"),
]


class Cut(BaseException):
    """The moment a process ends."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "library"
    with Library.open(path, Config.from_env({}), create=True) as library:
        library.add(OLD, FakeEncoder())
    return path


def cut_at(monkeypatch: pytest.MonkeyPatch, owner: Any, method: str, after: bool) -> None:
    whole = getattr(owner, method)

    def cut(*args: Any, **kwargs: Any) -> None:
        if after:
            whole(*args, **kwargs)
        raise Cut

    monkeypatch.setattr(owner, method, cut)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "method"), STAGES, ids=lambda each: getattr(each, "__name__", each))
@pytest.mark.parametrize("change", ["add", "remove"])
def test_a_change_cut_at_any_stage_is_done_or_undone_paper_by_paper(
    template: Path,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    owner: Any,
    method: str,
    after: bool,
) -> None:
    shutil.copytree(template, config.library)
    library = Library.open(config.library, config)
    with monkeypatch.context() as patch:
        cut_at(patch, owner, method, after)
        with suppress(Cut):
            library.add(NEW, FakeEncoder()) if change == "add" else library.remove(["p3", "p5"])
    library.close()
    with Library.open(config.library, config) as library:
        assert not library.needs_repair
        assert library.verify().ok
        before = {paper.paper_id: paper for paper in OLD}
        to_be = before | {paper.paper_id: paper for paper in NEW}
        if change == "remove":
            to_be = {paper_id: paper for paper_id, paper in before.items() if paper_id not in ("p3", "p5")}
        found = {paper.paper_id: paper for paper in library.papers()}
        assert library.n_papers == len(found)
        for paper_id in before | to_be | found:
            assert found.get(paper_id) in (before.get(paper_id), to_be.get(paper_id))


def test_a_word_index_of_another_time_catches_up(template: Path, config: Config, tmp_path: Path) -> None:
    shutil.copytree(template, config.library)
    shutil.copytree(config.library / "lexical", tmp_path / "earlier")
    with Library.open(config.library, config) as library:
        library.add(NEW, FakeEncoder())
        library.remove(["p7"])
    shutil.rmtree(config.library / "lexical")
    shutil.copytree(tmp_path / "earlier", config.library / "lexical")
    with Library.open(config.library, config) as library:
        assert library.verify().ok
        assert "p7" not in library.ids()
        assert library.n_papers == len(OLD)


def test_what_a_dead_writer_left_of_tokens_misleads_nobody(
    template: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its blocks stay; a process that was open before it writes after them, not over them."""
    shutil.copytree(template, config.library)
    monkeypatch.setattr("rag.index.indexes._RELOAD_S", 0.0)
    with Library.open(config.library, config) as earlier:
        with Library.open(config.library, config) as dying, monkeypatch.context() as patch:
            cut_at(patch, Indexes, "write", False)
            with suppress(Cut):
                dying.add(NEW[:2], FakeEncoder())
        with Library.open(config.library, config) as reader:
            earlier.add([Paper(f"n{i}", f"New {i}", f"Newer number{i}.") for i in range(9)], FakeEncoder())
            reader.refresh()
            assert not reader.needs_repair
            assert [len(each) for each in reader.passages_of(["p0#0", "n8#0"])] == [1, 1]
