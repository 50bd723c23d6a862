"""Libraries on a Chroma server that several machines share: a real server, killed where that is the point.

A machine is a folder of its own here, and an encoder that counts what it encodes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.config import ChromaAccess, Config
from rag.errors import (
    ConfigError,
    EncoderMismatch,
    InputError,
    LibraryLocked,
    LibraryNotFound,
    LibraryTooNew,
    ServerUnreachable,
)
from rag.index import server_lease
from rag.index.chroma_server import server_connection
from rag.index.passage_store import Dense
from rag.index.server_blocks import ServerBlocks
from rag.index.token_store import TokenStore
from rag.library.attaching import attach, served_libraries
from rag.library.library import Library
from rag.records import Filters, Paper
from rag.retrieval.ranking import rank
from tests.helpers.chroma_server import ChromaServer
from tests.helpers.fakes import FakeEncoder, token_id

PAPERS = [
    Paper(
        f"p{i}",
        f"Title {i} of topic{i % 5}",
        f"Abstract of number{i}. " * (1 + 250 * (i == 3)),
        year=2000 + i,
    )
    for i in range(24)
]
"""Number 3 has several passages."""
QUERIES = ["topic2 of number7", "Abstract of number3", "title", "number11 topic1"]


class Cut(BaseException):
    """The moment a process ends."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with ChromaServer(tmp_path_factory.mktemp("chroma")) as running:
        yield running


@pytest.fixture
def served(server: ChromaServer, config: Config) -> Config:
    """Settings with the server, and a database on it that is this test's own."""
    import httpx

    name = config.library.parent.name
    httpx.post(
        f"{server.url}/api/v2/tenants/default_tenant/databases", json={"name": name}
    ).raise_for_status()
    access = ChromaAccess(database=name, retry_s=10.0)
    return replace(config, chroma_url=server.url, chroma=access)


@pytest.fixture
def first(served: Config) -> Iterator[Library]:
    """A library of the papers, on the first machine."""
    with made(served) as library:
        yield library


def made(config: Config, path: Path | None = None, papers: list[Paper] = PAPERS) -> Library:
    library = Library.open(path or config.library, config, create=True)
    library.add(papers, FakeEncoder())
    return library


def attached(config: Config, machine: str, wanted: str | None = None) -> Library:
    """The only library on the server, or the one wanted, on another machine."""
    folder = config.library.parent / machine / "library"
    attach(folder, config, wanted or served_libraries(config)[0].id)
    return Library.open(folder, config)


class AskingEncoder(FakeEncoder):
    """One that can rank, too."""

    def token_id(self, word: str) -> int:
        return token_id(word)


def rankings(library: Library) -> list[list[tuple[str, float]]]:
    encoder: Any = AskingEncoder()
    return [
        [
            (each.paper_id, each.score)
            for each in rank(library, encoder, query, filters=filters, top=30).ranked
        ]
        for query in QUERIES
        for filters in (None, Filters(year_from=2008))
    ]


def assert_same_rankings(*libraries: Library) -> None:
    """The same papers in the same order, with scores to 1e-4."""
    expected, *others = map(rankings, libraries)
    assert any(expected)
    for other in others:
        for theirs, ours in zip(other, expected, strict=True):
            assert [paper_id for paper_id, _ in theirs] == [paper_id for paper_id, _ in ours]
            assert [score for _, score in theirs] == pytest.approx([score for _, score in ours], abs=1e-4)


def killed(
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    method: str,
    work: Callable[[], object],
    *,
    after: bool = False,
) -> None:
    """Do the work in a process that ends at that method, and gives nothing back."""
    whole = getattr(owner, method)

    def cut(*args: Any, **kwargs: Any) -> None:
        if after:
            whole(*args, **kwargs)
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, cut)
        patch.setattr(server_lease.Lease, "give_back", lambda _: None)
        with suppress(Cut):
            work()


# Another machine


def test_a_new_machine_copies_everything_encodes_nothing_and_ranks_the_same(
    first: Library, served: Config
) -> None:
    with attached(served, "second") as second:
        assert second.n_papers == len(PAPERS)
        assert not second.needs_repair
        assert second.verify().ok
        encoder = FakeEncoder()
        assert second.add(PAPERS, encoder).unchanged == len(PAPERS)
        assert second.repair(encoder) == 0
        assert encoder.n_encoded == 0
        assert_same_rankings(second, first)
        assert second.fingerprint() == first.fingerprint()
        assert second.encoder == first.encoder


def test_what_one_machine_writes_the_other_sees_at_its_next_question(first: Library, served: Config) -> None:
    changed = [replace(PAPERS[5], abstract="Changed by now."), Paper("q", "Quite", "new here.")]
    with attached(served, "second") as second:
        second.add(changed, FakeEncoder())
        second.remove(["p3"])
        first.refresh()
        assert first.n_papers == len(PAPERS)
        assert first.paper("p5") == changed[0]
        assert first.paper("p3") is None
        assert first.verify().ok
        assert_same_rankings(first, second)
        encoder = FakeEncoder()
        assert first.add(changed, encoder).unchanged == 2
        assert encoder.n_encoded == 0


def test_only_what_changed_is_read_again(
    first: Library, served: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with attached(served, "second") as second:
        first.add([Paper("q", "Quite", "new here.")], FakeEncoder())
        first.remove(["p1"])
        monkeypatch.setattr(Dense, "scan", lambda _: pytest.fail("all papers were read"))
        second.refresh()
        assert second.n_papers == len(PAPERS)
        monkeypatch.undo()
        assert second.verify().ok


def test_a_machine_that_missed_more_than_is_noted_reads_all(first: Library, served: Config) -> None:
    with attached(served, "second") as second:
        first.add([Paper("q", "Quite", "new here.")], FakeEncoder())
        first.remove(["p1"])
        blocks = ServerBlocks(server := server_connection(served), f"rag-{served_libraries(served)[0].id}")
        blocks._collection.delete(["c2"])
        second.refresh()
        assert second.ids() == first.ids()
        server.close()


def test_a_machine_that_lost_its_own_files_copies_them_again(first: Library, served: Config) -> None:
    import shutil

    second = attached(served, "second")
    second.close()
    for name in ("tokens", "lexical"):
        shutil.rmtree(second.path / name)
    with Library.open(second.path, served) as second:
        assert_same_rankings(second, first)
        shutil.rmtree(second.path / "tokens")
    encoder = FakeEncoder()
    with Library.open(second.path, served) as second:
        assert second.needs_repair
        assert (second.repair(encoder), encoder.n_encoded) == (0, 0)
        assert_same_rankings(second, first)


def test_what_another_program_removed_is_missed_by_the_check_and_repaired(
    first: Library, served: Config
) -> None:
    connection = server_connection(served)
    name = f"rag-{served_libraries(served)[0].id}"
    connection.call(lambda client: client.get_collection(name, embedding_function=None).delete(ids=["p1#0"]))
    assert first.verify().stale["words in excess"] == ("p1#0",)
    encoder = FakeEncoder()
    assert (first.repair(encoder), encoder.n_encoded) == (0, 0)
    assert first.verify().ok
    assert first.n_papers == len(PAPERS) - 1
    connection.close()


def test_two_assistants_and_a_writer_at_once_see_every_paper_once_and_no_wrong_text(
    first: Library, served: Config
) -> None:
    texts = {paper.paper_id: {paper.abstract} for paper in PAPERS}
    batches = [
        [replace(PAPERS[i], abstract=f"Abstract of number{i}, edition {n}.") for i in range(n % 3, 24, 3)]
        + [Paper(f"new{n}", f"New {n} of topic{n % 5}", f"Abstract of number{n} that is new.")]
        for n in range(4)
    ]
    for paper in (paper for batch in batches for paper in batch):
        texts.setdefault(paper.paper_id, set()).add(paper.abstract)
    encoder: Any = AskingEncoder()
    ended, wrong = threading.Event(), list[object]()

    def ask(library: Library) -> None:
        while not ended.is_set():
            for query in QUERIES:
                library.refresh()
                found = [each.passage_id for each in rank(library, encoder, query, top=30).ranked]
                wrong.extend(id for id in found if found.count(id) > 1)
                for passages in library.passages_of(found):
                    paper = passages[0].paper if passages else None
                    if paper and paper.abstract not in texts[paper.paper_id]:
                        wrong.append(paper)

    def ask_and_report(library: Library) -> None:
        try:
            ask(library)
        except Exception as error:  # noqa: BLE001  # a thread's, to be raised by the test
            wrong.append(error)

    with attached(served, "second") as second, attached(served, "third") as third:
        threads = [threading.Thread(target=ask_and_report, args=(each,)) for each in (second, third)]
        for thread in threads:
            thread.start()
        for batch in batches:
            first.add(batch, FakeEncoder())
        ended.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        for library in (second, third):
            library.refresh()
            assert library.ids() == sorted(texts)
            assert library.verify().ok
            assert not library.needs_repair
            assert_same_rankings(library, first)


# One writer


def test_another_machine_does_not_write_meanwhile_and_is_told_who_does(
    first: Library, served: Config
) -> None:
    with attached(served, "second") as second, first.at_rest():
        with pytest.raises(LibraryLocked, match=r"process .* on .*wait for it to end"):
            second.remove(["p1"])
        second.refresh()
        assert second.n_papers == len(PAPERS)
    with Library.open(second.path, served) as second:
        assert second.remove(["p1"]) == 1


def test_the_lease_of_a_writer_that_died_is_taken_over_in_time(
    first: Library, served: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(monkeypatch, Dense, "delete", lambda: first.remove(["p1"]))
    with attached(served, "second") as second:
        with pytest.raises(LibraryLocked):
            second.remove(["p2"])
        monkeypatch.setattr(server_lease, "_EXPIRED_S", 0.0)
        assert second.remove(["p2"]) == 1
    monkeypatch.undo()
    assert first.remove(["p1", "p2"]) == 1
    names = server_connection(served)
    assert not [
        each for each in names.call(lambda client: client.list_collections()) if ".writer" in each.name
    ]
    names.close()


def test_a_writer_that_slept_through_its_lease_stops(
    first: Library, served: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with attached(served, "second") as second, first.at_rest():
        monkeypatch.setattr(server_lease, "_EXPIRED_S", 0.0)
        assert second.remove(["p2"]) == 1
        with pytest.raises(LibraryLocked, match="not heard of"):
            first._indexes.remove(["p1"])  # type: ignore[attr-defined]
    assert first.remove(["p1", "p2"]) == 1


# Crashes


@pytest.mark.parametrize(
    ("owner", "method"),
    [
        (ServerBlocks, "note_change"),
        (Dense, "upsert"),
        (Dense, "set_stamp"),
        (TokenStore, "commit"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_batch_cut_short_is_finished_by_whatever_machine_writes_next(
    first: Library, served: Config, monkeypatch: pytest.MonkeyPatch, owner: Any, method: str
) -> None:
    batch = [replace(PAPERS[3], abstract="Short now."), replace(PAPERS[4], abstract="Long now. " * 500)]
    batch.append(Paper("q", "Quite", "new here."))
    killed(monkeypatch, owner, method, lambda: first.add(batch, FakeEncoder()), after=method != "commit")
    first.close()
    before = {paper.paper_id: paper for paper in PAPERS}
    after = {paper.paper_id: paper for paper in batch}
    with attached(served, "second") as second:
        monkeypatch.setattr(server_lease, "_EXPIRED_S", 0.0)
        second.remove(["p9"])
        monkeypatch.undo()
        assert second.verify().ok
        assert not second.needs_repair
        for paper in second.papers():
            assert paper in (before.get(paper.paper_id), after.get(paper.paper_id))
        encoder = FakeEncoder()
        assert second.add(batch, encoder).skipped == 0
        assert second.ids() == sorted((before.keys() | after.keys()) - {"p9"})
        with Library.open(first.path, served) as again:
            assert again.verify().ok
            assert_same_rankings(again, second)


def test_a_server_killed_and_restarted_in_the_middle_of_an_ingest_loses_nothing(
    tmp_path: Path, config: Config
) -> None:
    papers = [Paper(f"m{i}", f"Title {i}", f"Abstract of number{i}.") for i in range(300)]
    with ChromaServer(tmp_path) as server:
        config = replace(config, chroma_url=server.url, chroma=ChromaAccess(retry_s=20.0))
        with Library.open(config.library, config, create=True) as library:
            restarting = threading.Thread(target=server.restart, args=(0.3,))

            def progress(step: Any) -> None:
                if not restarting.ident and step.done >= 128:
                    restarting.start()

            report = library.add(papers, FakeEncoder(), progress=progress)
            restarting.join()
            assert report.added == len(papers)
            assert library.verify().ok
            # In the middle of questions.
            again = threading.Thread(target=server.restart, args=(0.3,))
            again.start()
            found = [library.candidates([f"m{i}#0"])[0].paper for i in range(30)]
            again.join()
            assert found == papers[:30]
        with attached(config, "second") as second:
            assert second.n_papers == len(papers)
            assert second.verify().ok


def test_a_server_that_stays_down_is_one_line_and_what_was_written_stays(
    tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChromaServer(tmp_path) as server:
        config = replace(config, chroma_url=server.url, chroma=ChromaAccess(retry_s=0.3))
        with made(config) as library:
            upsert = Dense.upsert

            def last(self: Dense, *args: Any) -> None:
                server.kill()
                upsert(self, *args)

            with monkeypatch.context() as patch:
                patch.setattr(Dense, "upsert", last)
                with pytest.raises(ServerUnreachable, match="no Chroma server answers") as raised:
                    library.add([Paper("q", "Quite", "new.")], FakeEncoder())
            assert "\n" not in str(raised.value)
            with pytest.raises(ServerUnreachable):
                library.refresh()
            server.start()
            library.refresh()
            assert library.n_papers == len(PAPERS)
            assert library.add([Paper("q", "Quite", "new.")], FakeEncoder()).added == 1
            assert library.verify().ok


# Which library


def test_two_libraries_of_one_folder_name_are_two(first: Library, served: Config, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "library"
    with made(served, other, [Paper("other", "Of another", "library.")]) as second:
        first.refresh()
        assert second.ids() == ["other"]
        assert first.n_papers == len(PAPERS)
    assert [each.name for each in served_libraries(served)] == ["library", "library"]
    with pytest.raises(InputError, match=r"several libraries 'library'.*rag attach ID"):
        attach(tmp_path / "third", served, "library")
    with pytest.raises(InputError, match="no library 'nope'"):
        attach(tmp_path / "third", served, "nope")
    assert not (tmp_path / "third").exists()
    with pytest.raises(InputError, match="a library already"):
        attach(other, served, served_libraries(served)[0].id)


def test_a_new_folder_attaches_where_the_settings_say_so(
    first: Library, served: Config, tmp_path: Path
) -> None:
    with pytest.raises(LibraryNotFound, match="rag attach"):
        Library.open(tmp_path / "new", served)
    configured = replace(served, chroma=replace(served.chroma, library="library"))
    with Library.open(tmp_path / "new", configured) as library:
        assert library.n_papers == len(PAPERS)


def test_a_library_named_for_its_folder_is_found_renamed_and_shared_whole(
    served: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As servers hold them that were written before there were ids, and blocks beside the papers."""
    connection = server_connection(served)
    with made(served) as library:
        now = library._indexes.dense  # type: ignore[attr-defined]
        connection.call(lambda client: client.delete_collection(now._collection.name + ".tokens"))
        found = connection.call(lambda client: client.get_collection(now._collection.name))
        connection.call(lambda _: found.modify(name="rag-library", metadata={"stamp": now.stamp}))
    (library.path / "chroma.json").unlink()
    with Library.open(library.path, served) as library:
        assert library.n_papers == len(PAPERS)
        assert library.verify().ok
        # A second copy from before finds the same.
        import shutil

        shutil.copytree(library.path, tmp_path / "old" / "library")
        (tmp_path / "old" / "library" / "chroma.json").unlink()
        with Library.open(tmp_path / "old" / "library", served) as copy, attached(served, "new") as new:
            assert copy.state.split(" ", 1)[1] == library.state.split(" ", 1)[1]
            assert len(served_libraries(served)) == 1
            assert not new.needs_repair
            assert_same_rankings(new, library, copy)
        library.add([], FakeEncoder())
        with pytest.raises(EncoderMismatch), attached(served, "another") as other:
            other.add(PAPERS, FakeEncoder("other"))
    connection.close()


def test_papers_in_a_folder_and_papers_on_a_server_are_not_taken_for_each_other(
    first: Library, served: Config, config: Config, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="RAG_CHROMA_URL=http"):
        Library.open(first.path, config)
    made(config, tmp_path / "own" / "lab").close()
    with pytest.raises(InputError, match="unset RAG_CHROMA_URL"):
        Library.open(tmp_path / "own" / "lab", served)
    with Library.open(tmp_path / "own" / "lab", config) as library:
        assert library.n_papers == len(PAPERS)


def test_a_library_of_a_later_version_and_one_that_is_gone_are_refused(
    first: Library, served: Config
) -> None:
    first._indexes.dense.note(form=99)  # type: ignore[attr-defined]
    with pytest.raises(LibraryTooNew, match="upgrade"):
        Library.open(first.path, served)
    connection = server_connection(served)
    connection.call(lambda client: client.delete_collection(f"rag-{served_libraries(served)[0].id}"))
    with pytest.raises(LibraryNotFound, match="it has none"):
        Library.open(first.path, served)
    with pytest.raises(LibraryNotFound, match="gone from the Chroma server"):
        first.refresh()
    connection.close()


# Shards


def test_a_sharded_library_lives_on_a_server_and_is_attached_whole(served: Config, tmp_path: Path) -> None:
    sharded = replace(served, shards=3)
    with made(sharded) as library, made(sharded, tmp_path / "b" / "library", PAPERS[:5]) as other:
        assert (library.n_papers, other.n_papers) == (len(PAPERS), 5)
        ids = {each.n_passages: each.id for each in served_libraries(served)}
        assert len(ids) == 2
        with attached(served, "second", ids[max(ids)]) as second:
            assert not second.needs_repair
            encoder = FakeEncoder()
            changed = [*PAPERS, Paper("q", "Quite", "new here.")]
            assert second.add(changed, encoder).added == encoder.n_encoded == 1
            library.refresh()
            assert_same_rankings(library, second)
            assert second.verify().ok
            assert library.verify().ok
            assert library.ids() == sorted(paper.paper_id for paper in changed)
            assert second.status()["server"]["library"] == ids[max(ids)]
        assert other.n_papers == 5
