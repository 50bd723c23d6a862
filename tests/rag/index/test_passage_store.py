from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.config import ChromaAccess, Config
from rag.errors import LibraryDamaged, LibraryReadOnly, RagError, StorageError
from rag.index.chroma_client import ChromaConnection
from rag.index.chroma_server import server_connection
from rag.index.passage_rows import PassageRow, to_paper, to_rows, whole
from rag.index.passage_store import Dense
from rag.papers.passages import split_passages
from rag.records import Paper
from tests.helpers.chroma_server import ChromaServer
from tests.helpers.fakes import FakeEncoder

PAPERS = [
    Paper(f"p{i}", f"Title {i}", f"Abstract of number{i}. " * (1 + 400 * (i == 7)), ("A. Uthor",), 2000 + i)
    for i in range(30)
]
"""Number 7 has several passages."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Chroma server on loopback."""
    with ChromaServer(tmp_path_factory.mktemp("server")) as running:
        yield running.url


@pytest.fixture(params=["folder", "server"])
def dense(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Dense]:
    if request.param == "folder":
        dense = Dense.open_folder(tmp_path / "chroma")
    else:
        dense = served(request.getfixturevalue("server"), f"rag-{tmp_path.name}")
    yield dense
    dense.close()


def served(url: str, name: str, retry_s: float = 0.1) -> Dense:
    config = replace(Config.from_env({}), chroma_url=url, chroma=ChromaAccess(retry_s=retry_s))
    return Dense(server_connection(config), name)


def rows_of(*papers: Paper) -> list[PassageRow]:
    return [row for paper in papers for row in to_rows(paper, split_passages(paper, FakeEncoder().n_tokens))]


def vectors_of(rows: list[PassageRow]) -> NDArray[np.float32]:
    return np.stack(
        [FakeEncoder().encode_query(f"{row.title} {row.text} {row.passage_id}").vector for row in rows]
    )


def filled(dense: Dense) -> tuple[list[PassageRow], NDArray[np.float32]]:
    rows = rows_of(*PAPERS)
    vectors = vectors_of(rows)
    dense.upsert(rows, vectors)
    return rows, vectors


def test_rows_come_back_as_they_were_in_the_order_asked_for(dense: Dense) -> None:
    rows, _ = filled(dense)
    ids = [row.passage_id for row in reversed(rows)]
    assert dense.get([*ids, "nowhere#0"]) == rows[::-1]
    assert dense.get([]) == []
    assert dense.n_passages == len(rows)


def test_papers_come_back_whole(dense: Dense) -> None:
    filled(dense)
    found = whole(dense.of_papers(["p7", "p3", "p99"]))
    assert [to_paper(found[id]) for id in ("p7", "p3")] == [PAPERS[7], PAPERS[3]]
    assert found.keys() == {"p7", "p3"}


def test_a_scan_gives_every_row_once(dense: Dense) -> None:
    rows, _ = filled(dense)
    assert sorted(row.passage_id for page in dense.scan() for row in page) == sorted(
        row.passage_id for row in rows
    )


def test_the_nearest_are_those_of_the_cosine(dense: Dense) -> None:
    rows, vectors = filled(dense)
    query = FakeEncoder().encode_query("Title number7 number9").vector
    cosines = vectors @ query
    due = [(rows[i].passage_id, cosines[i]) for i in np.argsort(-cosines)[:10]]
    found = dense.query(query, 10)
    assert [id for id, _ in found] == [id for id, _ in due]
    assert [score for _, score in found] == pytest.approx([score for _, score in due], abs=1e-5)


def test_asking_for_more_than_there_is_gives_what_there_is(dense: Dense) -> None:
    assert dense.query(np.ones(384, np.float32), 5) == []
    rows, vectors = filled(dense)
    assert len(dense.query(vectors[0], 10 * len(rows))) == len(rows)
    assert dense.query(vectors[0], 0) == []


def test_a_row_written_again_keeps_nothing_of_the_old_one(dense: Dense) -> None:
    filled(dense)
    bare = replace(PAPERS[3], authors=(), year=None, abstract="Quite another.")
    rows = rows_of(bare)
    dense.upsert(rows, vectors_of(rows))
    assert to_paper(dense.get(["p3#0"])) == bare


def test_vectors_can_be_set_alone_and_missing_ones_are_noticed(dense: Dense) -> None:
    rows, vectors = filled(dense)
    ids = [row.passage_id for row in rows]
    assert dense.unreachable(ids, vectors) == []
    moved = np.roll(vectors, 1, axis=0)
    assert set(dense.unreachable(ids, -vectors)) == set(ids)
    dense.set_vectors(ids, moved)
    assert dense.query(moved[5], 1)[0][0] == ids[5]
    assert dense.get(ids) == rows


def test_what_is_deleted_is_not_found(dense: Dense) -> None:
    rows, vectors = filled(dense)
    dense.delete([rows[4].passage_id])
    dense.delete([])
    assert rows[4].passage_id not in dict(dense.query(vectors[4], 99))
    assert dense.get([rows[4].passage_id]) == []


def test_each_paper_is_written_at_once_and_one_too_long_for_that_is_whole_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chromadb.api.models.Collection import Collection

    dense, rows = Dense.open_folder(tmp_path), rows_of(*PAPERS[4:9])
    monkeypatch.setattr(dense._collection, "most_written", 2)
    upsert, calls = Collection.upsert, list[list[str]]()

    def listening(self: Collection, **records: Any) -> None:
        calls.append(records["ids"])
        upsert(self, **records)

    monkeypatch.setattr(Collection, "upsert", listening)
    dense.upsert(rows, vectors_of(rows))
    assert calls == [["p4#0", "p5#0"], ["p6#0"], ["p7#1", "p7#2"], ["p7#3", "p7#0"], ["p8#0"]]
    assert dense.get([row.passage_id for row in rows]) == rows
    dense.close()


def test_the_stamp_is_kept(dense: Dense) -> None:
    assert dense.stamp == 0
    dense.set_stamp(7)
    assert dense.stamp == 7


def test_a_second_client_sees_the_vectors_of_the_first_when_it_opens_anew(tmp_path: Path) -> None:
    reading = "import sys; from pathlib import Path; from rag.index.passage_store import Dense\n" \
        "dense = Dense.open_folder(Path(sys.argv[1])); dense.load()\n" \
        "for _ in sys.stdin:\n" \
        "    import numpy as np; n = len(dense.query(np.ones(384, np.float32), 99)); dense.reopen()\n" \
        "    print(n, len(dense.query(np.ones(384, np.float32), 99)), flush=True)\n"  # fmt: skip
    dense = Dense.open_folder(tmp_path)
    command = [sys.executable, "-c", reading, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        print(file=reader.stdin, flush=True)
        assert reader.stdout.readline() == "0 0\n"
        rows, _ = filled(dense)
        print(file=reader.stdin, flush=True)
        # Without opening anew it would go on seeing what it loaded at first.
        assert reader.stdout.readline() == f"0 {len(rows)}\n"
    dense.close()


def test_no_server_is_a_service_that_failed_and_says_how_to_start_one() -> None:
    with pytest.raises(StorageError, match="chroma run") as raised:
        served("http://127.0.0.1:9", "rag-x")
    assert raised.value.exit_code == 1
    assert "\n" not in str(raised.value)


def test_a_server_that_goes_away_is_a_service_that_failed(tmp_path: Path) -> None:
    with ChromaServer(tmp_path) as running:
        dense = served(running.url, "rag-x")
        running.kill()
        with pytest.raises(StorageError, match="no Chroma server answers") as raised:
            dense.query(np.ones(384, np.float32), 1)
        dense.close()
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_database_is_damage(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"not a database at all" * 500)
    with pytest.raises(LibraryDamaged, match="restore"):
        Dense.open_folder(tmp_path / "chroma")


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ("error returned from database: (code: 13) database or disk is full", StorageError),
        ("attempt to write a readonly database", LibraryReadOnly),
        ("database disk image is malformed", LibraryDamaged),
        ("something new", StorageError),
    ],
)
def test_chromas_errors_become_ours(tmp_path: Path, says: str, kind: type[RagError]) -> None:
    from chromadb.errors import InternalError

    def fail() -> None:
        raise InternalError(says)

    connect: Callable[[], None] = fail
    with pytest.raises(kind) as raised:
        ChromaConnection(connect, str(tmp_path))  # type: ignore[arg-type]
    assert isinstance(raised.value.__cause__, InternalError)
