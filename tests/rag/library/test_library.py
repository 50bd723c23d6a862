from __future__ import annotations

import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.config import Config
from rag.errors import (
    EncoderMismatch,
    IndexDamaged,
    LibraryDamaged,
    LibraryLocked,
    LibraryNotFound,
    LibraryReadOnly,
    LibraryTooNew,
)
from rag.library.library import Library
from rag.records import Filters, IngestReport, Paper, Progress, Skip
from tests.helpers.fakes import FakeEncoder

PAPERS = [
    Paper(f"p{i}", f"Title of {i}", f"Abstract that speaks of number{i} alone. " * (1 + 150 * (i % 10 == 7)),
          (f"Author {i}", "Jane Smith"), 2000 + i if i % 3 else None, "SIGIR", sources=("a.bib",))
    for i in range(40)
]  # fmt: skip
"""Every tenth has several passages."""


@pytest.fixture
def library(config: Config) -> Iterator[Library]:
    with Library.open(config.library, config, create=True) as library:
        yield library


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of PAPERS, to be copied."""
    path = tmp_path_factory.mktemp("template") / "library"
    with Library.open(path, Config.from_env({}), create=True) as library:
        library.add(PAPERS, FakeEncoder())
    return path


@pytest.fixture
def full(template: Path, config: Config) -> Iterator[Library]:
    shutil.copytree(template, config.library)
    with Library.open(config.library, config) as library:
        yield library


def found_by_words(library: Library, words: str) -> str | None:
    return next((hit.passage_id.partition("#")[0] for hit in library.matching(words, 1)), None)


def found_by_vector(library: Library, paper: Paper) -> str | None:
    (passage, *_) = library.candidates([f"{paper.paper_id}#0"])
    (passage_id, cosine), *_ = library.nearest(passage.block.vector, 1).items()
    assert cosine > 0.999
    return passage_id.partition("#")[0]


def state_of(library: Library) -> tuple[list[Paper], str, bool, int]:
    return list(library.papers()), library.fingerprint(), library.verify().ok, library.n_papers


# Adding and reading


def test_papers_come_back_as_they_went_in_and_in_their_order(full: Library) -> None:
    assert list(full.papers()) == PAPERS
    assert full.ids() == sorted(paper.paper_id for paper in PAPERS)
    assert (full.n_papers, full.n_passages) == (40, sum(1 for _ in _passages(full)))
    assert full.paper("p7") == PAPERS[7]
    assert full.paper("p") is None
    assert full.verify().ok


def _passages(library: Library) -> list[str]:
    return [c.passage.passage_id for paper in PAPERS for c in library.passages_of([f"{paper.paper_id}#0"])[0]]


def test_passages_join_to_the_abstract_and_their_pieces_stand_where_they_say(full: Library) -> None:
    (passages,) = full.passages_of(["p7#0"])
    assert len(passages) > 2
    assert "".join(each.passage.text for each in passages) == PAPERS[7].abstract
    for each in passages:
        text = PAPERS[7].abstract[each.passage.start : each.passage.end]
        in_text = each.block.offsets[each.block.offsets[:, 0] >= each.text_start] - each.text_start
        assert text[slice(*in_text[0])] == "Abstract"


def test_candidates_come_in_the_order_asked_for_without_those_gone(full: Library) -> None:
    ids = ["p9#0", "p7#1", "gone#0", "p7#99", "p2#0"]
    assert [c.passage.passage_id for c in full.candidates(ids)] == ["p9#0", "p7#1", "p2#0"]
    assert full.candidates([]) == []


def test_each_paper_is_found_by_its_words_and_by_its_vector(full: Library) -> None:
    for paper in PAPERS:
        assert found_by_words(full, f"number{paper.paper_id[1:]}") == paper.paper_id
        assert found_by_vector(full, paper) == paper.paper_id


def test_filters_narrow_both_legs(full: Library) -> None:
    years = Filters(year_from=2010, year_to=2012)
    vector = FakeEncoder().encode_query("number5").vector
    assert (
        full.nearest(vector, 99, years).keys()
        == {hit.passage_id for hit in full.matching("abstract", 99, years)}
        == {"p10#0", "p11#0"}
    )
    in_abstract = Filters(where=(("abstract", "NUMBER12 "),))
    assert [hit.passage_id for hit in full.matching("abstract", 99, in_abstract)] == ["p12#0"]
    assert full.n_passing(Filters(where=(("abstract", "number12 "),), year_to=2001)) == 0


def test_a_second_ingest_changes_and_encodes_nothing(full: Library) -> None:
    before, encoder = state_of(full), FakeEncoder()
    assert full.add(PAPERS, encoder) == IngestReport(unchanged=40)
    assert encoder.n_encoded == 0
    assert state_of(full) == before


def test_new_text_replaces_the_old_and_leaves_nothing_of_it(full: Library) -> None:
    encoder = FakeEncoder()
    shorter, longer = replace(PAPERS[7], abstract="Zebras."), replace(PAPERS[8], abstract="Okapi. " * 900)
    assert full.add([shorter, longer, PAPERS[9]], encoder) == IngestReport(updated=2, unchanged=1)
    assert [full.paper("p7"), full.paper("p8")] == [shorter, longer]
    assert full.n_papers == 40
    assert found_by_words(full, "zebra") == "p7"
    assert found_by_words(full, "number7") is None
    assert full.verify().ok


def test_new_metadata_is_taken_in_without_encoding(full: Library) -> None:
    encoder = FakeEncoder()
    other = replace(PAPERS[7], year=1999, venue="", authors=())
    assert full.add([other], encoder) == IngestReport(updated=1)
    assert encoder.n_encoded == 0
    assert full.paper("p7") == other
    assert full.n_passing(Filters(year_to=1999)) > 0


def test_the_last_of_papers_with_one_id_counts_and_every_record_is_counted(library: Library) -> None:
    again = replace(PAPERS[1], title="Other")
    report = library.add([*PAPERS[:2], PAPERS[0], again, Skip("x.bib:3", "no title")], FakeEncoder())
    assert report == IngestReport(2, 1, 1, 1, (Skip("x.bib:3", "no title"),))
    assert [paper.title for paper in library.papers()] == ["Title of 0", "Other"]


def test_a_paper_met_in_another_file_keeps_both_sources(full: Library) -> None:
    encoder = FakeEncoder()
    assert full.add([replace(PAPERS[3], sources=("b.ris",))], encoder) == IngestReport(unchanged=1)
    found = full.paper("p3")
    assert found is not None
    assert found.sources == ("a.bib", "b.ris")
    assert encoder.n_encoded == 0
    assert full.add([PAPERS[3]], encoder) == IngestReport(unchanged=1)
    assert full.paper("p3") == found


def test_text_that_is_not_unicode_is_skipped_by_name(library: Library) -> None:
    report = library.add([replace(PAPERS[0], abstract="half a \ud83d"), PAPERS[1]], FakeEncoder())
    assert (report.added, report.skipped) == (1, 1)
    assert "p0" in report.reasons[0].where


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\u2028\r\n\t", "'\"; DROP TABLE embeddings; --", "😀" * 50, "a" * 70_000]
)
def test_odd_texts_come_back_as_they_are(library: Library, text: str) -> None:
    odd = Paper("id " + text[:20], text or "T", text, (text[:9],), None, text[:9], keywords=("", text[:9]))
    library.add([odd], FakeEncoder())
    assert list(library.papers()) == [odd]
    assert library.verify().ok


def test_progress_tells_what_is_done(library: Library) -> None:
    told: list[Progress] = []
    library.add(
        (replace(PAPERS[0], paper_id=str(i)) for i in range(300)),
        FakeEncoder(),
        total=300,
        progress=told.append,
    )
    assert [(each.done, each.total) for each in told] == [(128, 300), (256, 300), (300, 300)]


def test_the_same_papers_have_the_same_fingerprint_however_they_came(
    full: Library, tmp_path: Path, config: Config
) -> None:
    with Library.open(tmp_path / "other", config, create=True) as other:
        for some in (PAPERS[30:], PAPERS[:5], PAPERS):
            other.add(reversed(some), FakeEncoder())
        assert other.fingerprint() == full.fingerprint()
        other.remove(["p3"])
        assert other.fingerprint() != full.fingerprint()


def test_removed_papers_are_gone_from_everywhere(full: Library) -> None:
    vector = full.candidates(["p7#0"])[0].block.vector
    assert full.remove(["p7", "p3", "p7", "nowhere"]) == 2
    assert full.remove(["p7"]) == 0
    assert list(full.papers()) == [paper for paper in PAPERS if paper.paper_id not in ("p7", "p3")]
    assert not any(passage_id.startswith("p7#") for passage_id in full.nearest(vector, 99))
    assert found_by_words(full, "number7") is None
    assert full.verify().ok
    assert full.add(PAPERS, FakeEncoder()).added == 2


def test_status_counts_and_weighs(full: Library) -> None:
    status = full.status()
    assert json.loads(json.dumps(status)) == status
    assert (status["papers"], status["passages"], status["encoder"]) == (40, full.n_passages, "fake")
    assert status["bytes"] > 100_000
    assert status["library"] == str(full.path)


def test_an_empty_library_can_be_asked(library: Library) -> None:
    assert (library.n_papers, list(library.papers()), library.ids()) == (0, [], [])
    assert library.nearest(np.ones(384, np.float32), 5) == {}
    assert library.matching("word", 5) == []
    assert library.n_passing(Filters(venue="x")) == 0
    assert library.verify().ok
    assert library.remove(["x"]) == 0


# What cannot be opened


def test_what_is_no_library_is_refused_with_the_next_command(config: Config) -> None:
    with pytest.raises(LibraryNotFound, match="rag ingest") as raised:
        Library.open(config.library, config)
    assert raised.value.exit_code == 2


def test_a_later_format_is_refused(full: Library, config: Config) -> None:
    path = full.path / "library.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(LibraryTooNew, match="later version"):
        Library.open(full.path, config)


def test_another_encoder_is_refused(full: Library) -> None:
    with pytest.raises(EncoderMismatch, match="another encoder"):
        full.add(PAPERS, FakeEncoder("other"))
    full.check_encoder(FakeEncoder("fake"))


def test_a_library_opened_for_reading_is_not_written(full: Library, config: Config) -> None:
    with Library.open(full.path, config, read_only=True) as reader:
        assert reader.n_papers == 40
        with pytest.raises(LibraryReadOnly):
            reader.remove(["p1"])


def test_a_damaged_database_is_damage_of_the_truth(full: Library, config: Config) -> None:
    full.close()
    (full.path / "chroma" / "chroma.sqlite3").write_bytes(b"x" * 10_000)
    with pytest.raises(LibraryDamaged, match="restore"):
        Library.open(full.path, config)


def test_a_folder_that_cannot_be_written_is_refused_in_a_line(full: Library, tmp_path: Path) -> None:
    full.close()
    tmp_path.chmod(0o777)
    for path in [full.path, *full.path.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    script = """
        import os, sys
        from pathlib import Path
        import chromadb, tantivy, rag.library.folder_library
        from rag.config import Config
        from rag.errors import LibraryReadOnly
        from rag.library.library import Library
        if os.getuid() == 0:
            os.setuid(65534)
        try:
            Library.open(Path(sys.argv[1]), Config.from_env({}))
        except LibraryReadOnly as error:
            print(error)
    """
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), full.path], capture_output=True, text=True
    )
    for path in [full.path, *full.path.rglob("*")]:
        path.chmod(0o777)
    assert "cannot write to the library at" in out.stdout, out.stderr


# Damage to what is derived


def harm(path: Path, pattern: str, how: str) -> None:
    (victim, *_) = path.glob(pattern)
    if how == "gone":
        shutil.rmtree(victim)
    elif how == "cut":
        os.truncate(victim, 5)
    else:
        content = victim.read_bytes()
        half = len(content) // 2
        victim.write_bytes(content[:half] + os.urandom(64) + content[half + 64 :])


HARMS = (
    [("lexical", "gone")],
    [("lexical/*.idx", "overwritten")],
    [("lexical/*.store", "cut")],
    [("chroma/*/", "gone")],
    [("chroma/*/data_level0.bin", "overwritten")],
    [("chroma/*/header.bin", "cut")],
    [("tokens", "gone")],
    [("tokens/keys-*", "cut")],
    [("tokens/blocks-*", "overwritten")],
    [("tokens/blocks-*", "cut")],
    [("tokens", "gone"), ("chroma/*/", "gone")],
    [("tokens", "gone"), ("chroma/*/", "gone"), ("lexical", "gone")],
)


@pytest.mark.parametrize("harms", HARMS, ids=str)
def test_what_is_derived_is_made_again(full: Library, config: Config, harms: list[tuple[str, str]]) -> None:
    before = state_of(full)
    full.close()
    for pattern, how in harms:
        harm(full.path, pattern, how)
    with Library.open(full.path, config) as library:
        assert library.needs_repair == ("tokens" in harms[0][0])
        if library.needs_repair:
            library.repair(FakeEncoder())
        assert not library.needs_repair
        assert state_of(library) == before
        for paper in PAPERS:
            assert found_by_vector(library, paper) == paper.paper_id
            assert found_by_words(library, f"number{paper.paper_id[1:]}") == paper.paper_id


def test_a_block_that_does_not_read_back_is_noticed_and_encoded_again(full: Library, config: Config) -> None:
    path = next((full.path / "tokens").glob("blocks-*"))
    content = bytearray(path.read_bytes())
    content[100:110] = b"0123456789"
    path.write_bytes(content)
    with Library.open(full.path, config) as library:
        found = library.verify()
        assert found.stale["tokens"] == ("p0#0",)
        assert not found.damaged
        assert library.needs_repair
        assert library.repair(FakeEncoder()) == 1
        assert library.verify().ok


def test_a_paper_changed_behind_our_back_is_named_and_ingesting_it_again_repairs_it(full: Library) -> None:
    full.close()
    import sqlite3

    with sqlite3.connect(full.path / "chroma" / "chroma.sqlite3") as database:
        database.execute(
            "UPDATE embedding_metadata SET string_value = 'forged' WHERE string_value = 'Title of 5'"
        )
        lost = "SELECT id FROM embeddings WHERE embedding_id = 'p7#1'"
        database.execute(f"DELETE FROM embedding_metadata WHERE id IN ({lost})")
        database.execute("DELETE FROM embeddings WHERE embedding_id = 'p7#1'")
    database.close()
    config = replace(Config.from_env({}), library=full.path)
    with Library.open(full.path, config) as library:
        assert library.verify().damaged == ("p5", "p7")
        report = library.add(PAPERS[4:8], FakeEncoder())
        assert (report.updated, report.unchanged) == (2, 2)
        assert library.verify().ok
        assert library.papers_of(["p5", "p7"]) == [PAPERS[5], PAPERS[7]]


def test_a_library_can_be_copied_and_moved(full: Library, tmp_path: Path, config: Config) -> None:
    before = state_of(full)
    full.close()
    shutil.copytree(full.path, tmp_path / "a copy é", copy_function=shutil.copy)  # with other times
    with Library.open(tmp_path / "a copy é", config) as copy:
        assert not copy.needs_repair
        assert state_of(copy) == before


# Several processes


WRITING = """
    import json, sys, time
    from pathlib import Path
    from rag.config import Config
    from rag.library.library import Library
    from rag.records import Paper
    from tests.helpers.fakes import FakeEncoder

    def papers():
        for line in sys.stdin:
            yield Paper(**json.loads(line))

    path = Path(sys.argv[1])
    with Library.open(path, Config.from_env({}), create=True) as library:
        import rag.library.ingest
        rag.library.ingest.BATCH = 10
        library.add(papers(), FakeEncoder(), progress=lambda progress: print(progress.done, flush=True))
"""


def writer(path: Path) -> subprocess.Popen[str]:
    """A process that adds the papers it is given on standard input, ten at a time, saying how many are in."""
    command = [sys.executable, "-c", textwrap.dedent(WRITING), str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def as_line(paper: Paper) -> str:
    return json.dumps({**paper.to_dict(), "authors": [], "sources": []}) + "\n"


def give(process: subprocess.Popen[str], papers: list[Paper]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.writelines(map(as_line, papers))
    process.stdin.flush()
    for _ in range(len(papers) // 10):
        assert process.stdout.readline()


def test_a_second_writer_is_told_who_the_first_is_and_readers_go_on(library: Library) -> None:
    with writer(library.path) as process:
        give(process, PAPERS[:10])
        with pytest.raises(LibraryLocked, match=f"process {process.pid}"):
            library.add(PAPERS, FakeEncoder())
        status = library.status()
        assert str(process.pid) in status["writer"]
        process.communicate()
    assert library.add(PAPERS, FakeEncoder()).added == 30


def test_a_reader_sees_what_was_added_after_it_opened(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.index.indexes._RELOAD_S", 0)
    library.add(PAPERS[30:], FakeEncoder())
    with writer(library.path) as process:
        give(process, PAPERS[:10])
        assert found_by_words(library, "number5") is None
        library.refresh()
        assert found_by_words(library, "number5") == "p5"
        assert found_by_vector(library, PAPERS[5]) == "p5"
        give(process, PAPERS[10:20])
        library.refresh()
        assert (library.n_papers, found_by_vector(library, PAPERS[15])) == (30, "p15")
        process.communicate()
    assert library.verify().ok


def test_opening_while_another_process_writes_gives_whole_papers(library: Library, config: Config) -> None:
    with writer(library.path) as process:
        give(process, PAPERS[:20])
        with Library.open(library.path, config) as reader:
            assert reader.n_papers == 20
            assert found_by_vector(reader, PAPERS[7]) == "p7"
            assert {paper.abstract for paper in reader.papers()} == {paper.abstract for paper in PAPERS[:20]}
        process.communicate()


def test_what_was_reported_survives_a_kill_and_the_rest_can_follow(library: Library, config: Config) -> None:
    rng = random.Random(5)
    for _ in range(2):
        with writer(library.path) as process:
            give(process, PAPERS[:20])
            assert process.stdin is not None
            process.stdin.writelines(map(as_line, PAPERS[20:]))
            process.stdin.flush()
            time.sleep(rng.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
        with Library.open(library.path, config) as again:
            assert {paper.paper_id for paper in PAPERS[:20]} <= set(again.ids())
            assert again.verify().ok
            again.add(PAPERS, FakeEncoder())
            assert again.n_papers == 40
            assert again.verify().ok
            again.remove(again.ids())


def test_a_reader_that_cannot_mend_says_so(full: Library, config: Config) -> None:
    full.close()
    shutil.rmtree(full.path / "lexical")
    with pytest.raises(IndexDamaged, match="word index"):
        Library.open(full.path, config, read_only=True)


# Faults of the disk


FAULT = """
    import resource, signal, sys
    from pathlib import Path
    from rag.config import Config
    from rag.errors import RagError
    from rag.library.library import Library
    from rag.records import Paper
    from tests.helpers.fakes import FakeEncoder

    path = Path(sys.argv[1])
    papers = [Paper(f"n{i}", f"New {i}", f"Something of okapi{i}. " * 60) for i in range(300)]
    with Library.open(path, Config.from_env({})) as library:
        if sys.argv[2] == "full":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
        else:
            for each in [path, *path.rglob("*")]:
                each.chmod(0o555 if each.is_dir() else 0o444)
        try:
            library.add(papers, FakeEncoder())
        except RagError as error:
            print(type(error).__name__, error)
"""


def obey_permissions() -> None:
    """Between fork and exec of a child of root: take from it the two capabilities to pass over permissions.

    Another user would do too, but may see neither the folder of the test nor all of Python's modules.
    """
    drop_from_bounding_set, overriding = 24, (1, 2)  # PR_CAPBSET_DROP; CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for capability in overriding:
        if ctypes.CDLL(None, use_errno=True).prctl(drop_from_bounding_set, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "root cannot give up passing over permissions")


@pytest.mark.parametrize(
    ("how", "n_bytes", "says"),
    [
        ("full", 400_000, "StorageError no room left"),
        ("full", 1_000_000, "StorageError no room left"),
        ("full", 1_700_000, "StorageError no room left"),
        ("forbidden", 0, "LibraryReadOnly cannot write"),
    ],
)
def test_a_fault_of_the_disk_is_told_in_a_line_and_the_library_stays_whole(
    full: Library, config: Config, how: str, n_bytes: int, says: str
) -> None:
    full.close()
    command = [sys.executable, "-c", textwrap.dedent(FAULT), str(full.path), how, str(n_bytes)]
    obey = obey_permissions if os.name == "posix" and os.getuid() == 0 else None
    ended = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=obey)
    assert ended.stdout.startswith(says), ended.stderr
    assert ended.stdout.count("\n") == 1
    for path in [full.path, *full.path.rglob("*")]:
        path.chmod(0o777)
    with Library.open(full.path, config) as library:
        assert {paper.paper_id for paper in PAPERS} <= set(library.ids())
        assert library.verify().ok
        library.add([Paper("n299", "New", "Okapi.")], FakeEncoder())
        assert library.verify().ok
