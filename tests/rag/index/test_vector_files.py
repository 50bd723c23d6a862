from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.index.passage_rows import row_key, to_rows
from rag.index.passage_store import Dense
from rag.index.token_store import TokenStore
from rag.index.vector_files import VectorFiles, open_dense
from rag.library.ingest import to_block
from rag.papers.passages import split_passages
from rag.records import Paper
from tests.helpers.fakes import FakeEncoder

PAPERS = [Paper(f"p{i}", f"Title {i}", f"Abstract of number{i}.") for i in range(300)]
"""More than Chroma keeps in its log alone."""
ROWS = [row for paper in PAPERS for row in to_rows(paper, split_passages(paper, FakeEncoder().n_tokens))]
BLOCKS = [to_block(FakeEncoder().encode_query(f"{row.title}\n{row.text}"), FakeEncoder()) for row in ROWS]
VECTORS = np.stack([block.vector for block in BLOCKS])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library's folder with all vectors written and sealed, and a token store to fill them from."""
    with VectorFiles(tmp_path).changing():
        dense = Dense.open_folder(tmp_path / "chroma")
        dense.upsert(ROWS, VECTORS)
        dense.close()
    store = TokenStore(tmp_path / "tokens")
    for row, block in zip(ROWS, BLOCKS, strict=True):
        store.append(row_key(row), block)
    store.commit()
    return tmp_path


def tear(folder: Path) -> None:
    """What a process leaves that is killed while Chroma writes."""
    (path,) = (folder / "chroma").glob("*/link_lists.bin")
    path.write_bytes(path.read_bytes()[:-7] + b"torn...")


def n_found(dense: Dense) -> int:
    return len(ROWS) - len(dense.unreachable([row.passage_id for row in ROWS], VECTORS))


def test_sealed_files_are_opened(folder: Path) -> None:
    dense = open_dense(folder)
    assert n_found(dense) == len(ROWS)
    dense.close()


def test_torn_files_are_not_opened(folder: Path) -> None:
    tear(folder)
    with pytest.raises(IndexDamaged, match="half written"):
        open_dense(folder)


@pytest.mark.parametrize("name", ["index_metadata.pickle", "header.bin", "data_level0.bin"])
def test_files_that_are_missing_or_too_many_are_not_opened(folder: Path, name: str) -> None:
    (path,) = (folder / "chroma").glob(f"*/{name}")
    path.rename(path.with_suffix(".old"))
    with pytest.raises(IndexDamaged):
        open_dense(folder)
    path.with_suffix(".old").rename(path)
    open_dense(folder).close()
    path.with_suffix(".new").touch()
    with pytest.raises(IndexDamaged):
        open_dense(folder)


def test_a_change_that_fails_leaves_the_seal_broken_where_files_changed(folder: Path) -> None:
    def fail() -> None:
        with VectorFiles(folder).changing():
            tear(folder)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with pytest.raises(IndexDamaged):
        open_dense(folder)


def test_a_torn_index_is_filled_again_with_all_there_was(folder: Path) -> None:
    tear(folder)
    VectorFiles(folder).repair(TokenStore(folder / "tokens"))
    dense = open_dense(folder)
    assert n_found(dense) == len(ROWS)
    assert dense.get([row.passage_id for row in ROWS]) == ROWS
    dense.close()


def test_mending_that_was_cut_short_begins_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tear(folder)
    with monkeypatch.context() as patch:
        patch.delattr(Dense, "set_vectors")
        with pytest.raises(AttributeError):
            VectorFiles(folder).repair(TokenStore(folder / "tokens"))
    with pytest.raises(IndexDamaged):
        open_dense(folder)
    VectorFiles(folder).repair(TokenStore(folder / "tokens"))
    dense = open_dense(folder)
    assert n_found(dense) == len(ROWS)
    dense.close()


def test_what_is_whole_is_not_mended(folder: Path) -> None:
    files = {path: path.stat().st_mtime_ns for path in (folder / "chroma").glob("*/*")}
    VectorFiles(folder).repair(TokenStore(folder / "tokens"))
    assert {path: path.stat().st_mtime_ns for path in (folder / "chroma").glob("*/*")} == files


def test_with_checksums_files_may_be_copied(folder: Path) -> None:
    VectorFiles(folder).set_seal(crc=True)
    for path in (folder / "chroma").glob("*/*"):
        os.utime(path, (1, 1))
    open_dense(folder).close()


def test_nobody_opens_what_another_process_is_changing(folder: Path) -> None:
    changing = """
        import sys, time
        from pathlib import Path
        from rag.index.vector_files import VectorFiles
        files = VectorFiles(Path(sys.argv[1]))
        (path,) = files.chroma.glob("*/link_lists.bin")
        with files.changing():
            whole = path.read_bytes()
            path.write_bytes(b"half")
            print("half written", flush=True)
            time.sleep(0.5)
            path.write_bytes(whole)
    """
    command = [sys.executable, "-c", textwrap.dedent(changing), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half written\n"
        dense = open_dense(folder)
    assert n_found(dense) == len(ROWS)
    dense.close()
