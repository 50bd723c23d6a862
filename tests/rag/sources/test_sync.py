from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.records import IngestReport, Paper, Skip
from rag.sources.bookmark import Bookmark, read_bookmark, write_bookmark
from rag.sources.client import Client, Service
from rag.sources.source import Cursor, ResultPage, Search, Source
from rag.sources.sync import SyncRequest, SyncStep, sync

TODAY = date(2026, 3, 10)


class Shelf:
    """A store: what was put on it, in order. Fails before the papers of batch `fails_at`."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.titles: list[str] = []
        self.batches = 0
        self.fails_at = fails_at

    def put(self, papers: Iterable[Paper | Skip]) -> IngestReport:
        if self.batches == self.fails_at:
            raise OSError("disk full")
        self.batches += 1
        new = [each for each in papers if isinstance(each, Paper) and each.title not in self.titles]
        self.titles += [paper.title for paper in new]
        return IngestReport(added=len(new))


class Archive:
    """A source of one paper a day since January, oldest first; notes the searches it was asked."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.searches: list[Search] = []
        self.fails_at = fails_at

    def pages(self, client: Client, search: Search, cursor: Cursor | None) -> Iterator[ResultPage]:
        self.searches.append(search)
        first = search.since or date(2026, 1, 1)
        days = [first + timedelta(days=n) for n in range((search.until - first).days + 1)]
        start = int(cursor["start"]) if cursor else 0
        for at in range(start, len(days), search.page_size):
            if at == self.fails_at:
                raise SourceError("gone")
            papers = tuple(Paper(f"{day}", f"{day}", "text") for day in days[at : at + search.page_size])
            yield ResultPage(papers, {"start": at + search.page_size}, len(days))
        yield ResultPage((), None, len(days))

    def source(self) -> Source:
        return Source("archive", "Archive", "http://127.0.0.1:9", 0.0, 3, 10, self.pages)


def run(
    archive: Archive, shelf: Shelf, folder: Path, request: SyncRequest, today: date = TODAY
) -> list[SyncStep]:
    source = archive.source()
    with Client(Service(source.title, source.url, 0.0)) as client:
        return list(sync(source, client, request, folder, shelf.put, today))


def days(first: date, last: date) -> list[str]:
    return [str(first + timedelta(days=n)) for n in range((last - first).days + 1)]


def test_a_first_sync_stores_everything_and_says_to_when(tmp_path: Path) -> None:
    shelf = Shelf()
    steps = run(Archive(), shelf, tmp_path, SyncRequest("q", date(2026, 2, 1)))
    assert shelf.titles == days(date(2026, 2, 1), TODAY)
    assert [step.synced_to for step in steps] == [None] * (len(steps) - 1) + [TODAY]
    assert steps[-1].to_dict() == {
        "added": 38, "updated": 0, "unchanged": 0, "skipped": 0, "reasons": [],
        "fetched": 38, "total": 38, "synced_to": "2026-03-10",
    }  # fmt: skip


def test_the_next_sync_asks_only_for_what_is_new_and_the_overlap(tmp_path: Path) -> None:
    archive, shelf = Archive(), Shelf()
    request = SyncRequest("q", date(2026, 2, 1))
    run(archive, shelf, tmp_path, request)
    steps = run(archive, shelf, tmp_path, request, TODAY + timedelta(days=5))
    assert archive.searches[1].since == TODAY - timedelta(days=3)
    assert (steps[-1].fetched, steps[-1].report.added) == (9, 5)


@pytest.mark.parametrize("fails_at", [10, 30])
def test_a_run_that_a_fault_ended_goes_on_where_it_stopped(tmp_path: Path, fails_at: int) -> None:
    shelf, request = Shelf(), SyncRequest("q", date(2026, 2, 1))
    with pytest.raises(SourceError):
        run(Archive(fails_at), shelf, tmp_path, request)
    assert len(shelf.titles) == fails_at
    steps = run(Archive(), shelf, tmp_path, request, TODAY + timedelta(days=1))
    assert steps[-1].fetched == 38 - fails_at
    assert shelf.titles == days(date(2026, 2, 1), TODAY)
    assert steps[-1].synced_to == TODAY


def test_the_bookmark_does_not_pass_papers_that_were_not_stored(tmp_path: Path) -> None:
    request, full = SyncRequest("q", date(2026, 2, 1)), Shelf(fails_at=2)
    with pytest.raises(OSError, match="disk full"):
        run(Archive(), full, tmp_path, request)
    full.fails_at = None
    run(Archive(), full, tmp_path, request)
    assert full.titles == days(date(2026, 2, 1), TODAY)


def test_a_limit_stops_at_a_page_and_the_next_run_goes_on(tmp_path: Path) -> None:
    shelf, request = Shelf(), SyncRequest("q", date(2026, 2, 1), limit=15)
    assert run(Archive(), shelf, tmp_path, request)[-1].fetched == 20
    while not run(Archive(), shelf, tmp_path, request)[-1].synced_to:
        pass
    assert shelf.titles == days(date(2026, 2, 1), TODAY)


def test_a_small_limit_asks_for_small_pages(tmp_path: Path) -> None:
    assert run(Archive(), Shelf(), tmp_path, SyncRequest("q", limit=4))[-1].fetched == 4


def test_restart_forgets(tmp_path: Path) -> None:
    archive = Archive()
    for restart in (False, True):
        run(archive, Shelf(), tmp_path, SyncRequest("q", date(2026, 2, 1), restart=restart))
    assert [search.since for search in archive.searches] == [date(2026, 2, 1)] * 2


def test_two_queries_do_not_share_a_bookmark(tmp_path: Path) -> None:
    archive = Archive()
    run(archive, Shelf(), tmp_path, SyncRequest("q", date(2026, 2, 1)))
    run(archive, Shelf(), tmp_path, SyncRequest("r", date(2026, 3, 1)))
    assert [search.since for search in archive.searches] == [date(2026, 2, 1), date(2026, 3, 1)]


JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.mark.parametrize(
    ("known", "asked", "expected"),
    [
        (Bookmark(), None, Bookmark(None, None, None, TODAY)),
        (Bookmark(), MARCH, Bookmark(MARCH, None, MARCH, TODAY)),
        (Bookmark(FEBRUARY, MARCH), FEBRUARY, Bookmark(FEBRUARY, MARCH, date(2026, 2, 26), TODAY)),
        (Bookmark(FEBRUARY, MARCH), None, Bookmark(FEBRUARY, MARCH, date(2026, 2, 26), TODAY)),
        (Bookmark(FEBRUARY, MARCH), JANUARY, Bookmark(JANUARY, None, JANUARY, TODAY)),
        (Bookmark(None, MARCH), JANUARY, Bookmark(None, MARCH, date(2026, 2, 26), TODAY)),
        (Bookmark(FEBRUARY, None, FEBRUARY, MARCH, {"n": 2}), MARCH, None),
        (
            Bookmark(FEBRUARY, None, FEBRUARY, MARCH, {"n": 2}),
            JANUARY,
            Bookmark(JANUARY, None, JANUARY, TODAY),
        ),
    ],
)
def test_the_run_to_do(known: Bookmark, asked: date | None, expected: Bookmark | None) -> None:
    assert known.next_run(asked, TODAY, overlap_days=3) == (expected or known)


def test_a_bookmark_reads_back(tmp_path: Path) -> None:
    bookmark = Bookmark(JANUARY, FEBRUARY, MARCH, TODAY, {"start": 20, "page": "x"})
    write_bookmark(tmp_path, "arxiv", "cat:cs.IR/../☃", bookmark)
    assert read_bookmark(tmp_path, "arxiv", "cat:cs.IR/../☃") == bookmark
    assert read_bookmark(tmp_path, "arxiv", "other") == Bookmark()


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"asked": 3}', '{"asked": "soon", "cursor": null}'])
def test_a_damaged_bookmark_begins_anew(tmp_path: Path, damage: str) -> None:
    write_bookmark(tmp_path, "arxiv", "q", Bookmark(JANUARY))
    (path,) = (tmp_path / "sync").iterdir()
    path.write_text(damage)
    assert read_bookmark(tmp_path, "arxiv", "q") == Bookmark()
