"""One paper from several files: what a library holds after records of one paper, or of near duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Config
from rag.errors import StorageError
from rag.library import ingest
from rag.library.ingest import BATCH, rehearse
from rag.library.library import Library
from rag.papers.identifiers import paper_id
from rag.readers import read_paths
from rag.records import IngestReport, Paper, Progress
from tests.helpers.fakes import FakeEncoder
from tests.rag.papers.test_duplicates import (
    LAMPS,
    NAMESAKES,
    PAIRS,
    PREPRINT,
    PUBLISHED,
    TIDES,
    namesake,
    records,
)

OTHERS = [
    Paper(f"other-{i}", f"{word} in winter", f"About {word} and little else. " * 6, sources=("pages.txt",))
    for i, word in enumerate(["Moss", "Harbours", "Lace", "Bells"])
]


@pytest.fixture
def library(config: Config) -> Iterator[Library]:
    with Library.open(config.library, config, create=True) as library:
        library.add(OTHERS, FakeEncoder())
        yield library


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("order", [(PREPRINT, PUBLISHED), (PUBLISHED, PREPRINT)])
def test_a_preprint_and_its_publication_are_one_paper(
    library: Library, order: tuple[Paper, Paper], at_once: bool
) -> None:
    encoder = FakeEncoder()
    for part in [order] if at_once else [order[:1], order[1:]]:
        library.add(part, encoder)
    assert library.n_papers == len(OTHERS) + 1
    held = library.paper(order[0].paper_id)
    assert held is not None
    assert set(held.sources) == {"arxiv.jsonl", "zotero.bib"}
    assert (held.venue, held.arxiv_id) == (PUBLISHED.venue, PREPRINT.arxiv_id)
    n_encoded = encoder.n_encoded
    assert library.add(order, encoder) == IngestReport(unchanged=2)
    assert library.add(reversed(order), encoder) == IngestReport(unchanged=2)
    assert encoder.n_encoded == n_encoded
    assert library.paper(order[0].paper_id) == held


def test_labelled_pairs_are_told_apart_by_a_library_as_by_the_rules(library: Library) -> None:
    """All in one library, looked up by what its word index holds of them."""
    pairs = [
        tuple(
            replace(paper, sources=(f"{side}{number}",))
            for side, paper in zip("ab", records(pair), strict=True)
        )
        for number, pair in enumerate(PAIRS)
    ]
    library.add([one for one, _ in pairs], FakeEncoder())
    library.add([other for _, other in pairs], FakeEncoder())
    holder = {source: paper.paper_id for paper in library.papers() for source in paper.sources}
    found = Counter(
        (pair["same"], holder[f"a{number}"] == holder[f"b{number}"]) for number, pair in enumerate(PAIRS)
    )
    assert found[False, True] == 0
    assert found[True, True] / (found[True, True] + found[True, False]) >= 0.95


def test_papers_that_come_by_one_id_stay_two_however_often_they_come(library: Library) -> None:
    volume = "10.5555/volume"
    one, other = (
        Paper(paper_id(title, doi=volume), title, text, doi=volume, sources=(f"{title[0]}.bib",))
        for title, text in (("Merging Streams", "Rivers meet. " * 9), ("Moss on Walls", "Green things. " * 9))
    )
    assert library.add([one, other], FakeEncoder()).added == 2
    for _ in range(2):
        assert library.add([other, one], FakeEncoder()) == IngestReport(unchanged=2)
    titles = [paper.title for paper in library.papers()]
    assert titles[len(OTHERS) :] == ["Merging Streams", "Moss on Walls"]


def test_a_title_that_changed_at_its_source_is_taken_over(library: Library) -> None:
    library.add([PREPRINT], FakeEncoder())
    retitled = replace(PREPRINT, title="Dense lanterns for search")
    assert library.add([retitled], FakeEncoder()) == IngestReport(updated=1)
    assert library.paper(PREPRINT.paper_id) == retitled


def test_a_rehearsal_tells_what_would_be_one_and_writes_nothing(library: Library) -> None:
    before = library.fingerprint()
    foretold = library.rehearse([PREPRINT, PUBLISHED, *OTHERS])
    assert library.fingerprint() == before
    assert library.add([PREPRINT, PUBLISHED, *OTHERS], FakeEncoder()) == foretold
    assert rehearse(None, [PREPRINT, PUBLISHED]) == IngestReport(added=1, updated=1)


def test_a_removed_paper_is_not_found_again_as_its_own_duplicate(library: Library) -> None:
    library.add([PREPRINT], FakeEncoder())
    library.remove([PREPRINT.paper_id])
    assert library.add([PUBLISHED], FakeEncoder()).added == 1
    assert library.paper(PUBLISHED.paper_id) == PUBLISHED


def test_no_two_papers_of_the_pages_become_one(library: Library, shared_dir: Path) -> None:
    papers = [p for p in read_paths([shared_dir / "corpus"]) if isinstance(p, Paper)]
    report = library.add(papers, FakeEncoder())
    assert report.added == len({paper.paper_id for paper in papers})


@pytest.mark.parametrize("size", [1, 128], ids=["batch by batch", "in one batch"])
def test_two_papers_of_one_title_both_stay(
    library: Library, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.library.ingest.BATCH", size)
    kinds = ("other authors and years", "one of them in two files", "a telling title")
    papers = [paper for kind in kinds for paper in NAMESAKES[kind]]
    foretold = library.rehearse(papers)
    assert library.add(papers, FakeEncoder()) == foretold
    assert foretold == IngestReport(added=6, unchanged=1)
    stored = {paper.paper_id: paper for paper in library.papers()}
    assert len(stored) == len(OTHERS) + 6
    for again in (papers, papers[::-1]):
        assert library.add(again, FakeEncoder()) == IngestReport(unchanged=len(papers))
    assert {paper.paper_id: paper for paper in library.papers()} == stored


def test_many_papers_of_one_title_all_stay_and_come_again_unchanged(library: Library) -> None:
    editorials = [
        namesake(f"Ada {chr(65 + n // 26)}oss{chr(97 + n % 26)}", 1950 + n, f"{LAMPS} Number {n}.")
        for n in range(60)
    ]
    assert library.rehearse(editorials).added == 60
    assert library.add(editorials, FakeEncoder()).added == 60
    assert library.add(editorials[::-1], FakeEncoder()) == IngestReport(unchanged=60)
    ids = {paper.authors: paper.paper_id for paper in library.papers()}
    library.remove([ids[editorials[3].authors]])
    assert library.add(editorials, FakeEncoder()) == IngestReport(added=1, unchanged=59)
    assert {paper.authors: paper.paper_id for paper in library.papers()} == ids


@pytest.mark.parametrize("text", [LAMPS + "It has been revised.", "A wholly new text about other things."])
@pytest.mark.parametrize("title", ["Harbour clocks and the tides they follow", "Editorial"])
def test_new_text_from_the_same_source_replaces_the_old(library: Library, title: str, text: str) -> None:
    first, revised = namesake("Ada Moss", 2001, LAMPS, title), namesake("Ada Moss", 2001, text, title)
    library.add([first, namesake("Bo Reed", 2002, TIDES, title)], FakeEncoder())
    report = library.add([revised], FakeEncoder())
    # An editorial with nothing in common may be another one by the same author: both stay.
    is_another = title == "Editorial" and not text.startswith(LAMPS)
    assert report == (IngestReport(added=1) if is_another else IngestReport(updated=1))
    assert library.paper(first.paper_id) == (first if is_another else revised)


def test_the_second_paper_of_a_title_is_brought_up_to_date_under_its_own_id(library: Library) -> None:
    one, other = NAMESAKES["other authors and years"]
    library.add([one, other], FakeEncoder())
    (own_id,) = {p.paper_id for p in library.papers() if p.authors == other.authors}
    revised = replace(other, abstract=f"{TIDES} Revised.")
    assert library.add([revised], FakeEncoder()) == IngestReport(updated=1)
    assert library.paper(own_id) == replace(revised, paper_id=own_id)
    assert library.paper(one.paper_id) == one


def numbered(n: int, text: str = "of moss and lace", start: int = 0) -> list[Paper]:
    """Papers enough for several batches, each of its own words."""
    return [
        Paper(f"p-{i}", f"Title {i} w{i}", f"Abstract w{i} x{i} y{i} z{i} {text}.", sources=("a.jsonl",))
        for i in range(start, start + n)
    ]


def test_records_as_stored_are_told_by_their_hash_alone(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = numbered(2 * BATCH + 3)
    library.add(papers, FakeEncoder())
    state = library.state
    monkeypatch.setattr(ingest, "resolve", None)  # comparing a record with those like it would fail
    assert library.add(papers, FakeEncoder()) == IngestReport(unchanged=len(papers))
    assert library.state == state


def test_a_record_as_stored_counts_after_one_that_changed_it_in_the_same_batch(library: Library) -> None:
    old, new = numbered(1), numbered(1, "of bells")
    library.add(old, FakeEncoder())
    assert library.add([*new, *old], FakeEncoder()) == IngestReport(updated=2)
    assert library.paper("p-0") == old[0]
    assert library.add([*old, *new], FakeEncoder()) == IngestReport(unchanged=1, updated=1)
    assert library.paper("p-0") == new[0]


def test_a_new_source_of_a_paper_as_stored_is_kept(library: Library) -> None:
    library.add(numbered(1), FakeEncoder())
    library.add([replace(numbered(1)[0], sources=("b.jsonl",))], FakeEncoder())
    held = library.paper("p-0")
    assert held is not None
    assert held.sources == ("a.jsonl", "b.jsonl")


def test_a_batch_knows_what_the_one_before_it_is_about_to_write(library: Library) -> None:
    """The second batch is looked up before the first is written: the same papers, changed, and namesakes."""
    first, again = numbered(BATCH), numbered(BATCH, "of harbours")
    report = library.add(
        [*first, *again, PREPRINT, *numbered(BATCH - 1, start=BATCH), PUBLISHED], FakeEncoder()
    )
    assert (report.added, report.updated) == (2 * BATCH, BATCH + 1)
    assert library.paper("p-5") == again[5]
    held = library.paper(PREPRINT.paper_id)
    assert held is not None
    assert set(held.sources) == {"arxiv.jsonl", "zotero.bib"}
    assert library.verify().ok


def test_a_longer_version_in_the_batch_before_leaves_no_passage_behind(library: Library) -> None:
    long = replace(numbered(1)[0], abstract="A sentence of some nine words stands here again. " * 150)
    fillers = numbered(BATCH - 1, start=1)
    library.add([long, *fillers, numbered(1)[0]], FakeEncoder())
    assert library.paper("p-0") == numbered(1)[0]
    assert library.n_passages == len(OTHERS) + BATCH
    assert library.verify().ok


def test_a_source_that_fails_loses_nothing_it_gave_in_whole_batches(library: Library) -> None:
    def failing() -> Iterator[Paper]:
        yield from numbered(2 * BATCH)
        raise OSError("the line is down")

    with pytest.raises(StorageError):
        library.add(failing(), FakeEncoder())
    assert library.n_papers == len(OTHERS) + 2 * BATCH


def test_what_is_told_as_done_is_in_the_library(library: Library, config: Config) -> None:
    told: list[tuple[int, int]] = []

    def look(progress: Progress) -> None:
        with Library.open(config.library, config, read_only=True) as reader:
            told.append((progress.done, reader.n_papers - len(OTHERS)))

    library.add(numbered(2 * BATCH + 5), FakeEncoder(), progress=look)
    assert [done for done, _ in told] == [BATCH, 2 * BATCH, 2 * BATCH + 5]
    assert all(done == there for done, there in told)


def test_what_cannot_be_stored_is_skipped_and_harms_nothing(config: Config) -> None:
    bad = [
        Paper("y", "Year", "Text.", year=10**20),
        Paper("x" * 70_000, "Id", "Text."),
        Paper("s", "\ud800", "T."),
    ]
    with Library.open(config.library, config, create=True) as library:
        report = library.add([*bad, Paper("good", "Good", "Text.", year=2020)], FakeEncoder())
        assert (report.added, report.skipped) == (1, 3)
        assert library.verify().ok
        assert not library.needs_repair
