"""Bring a library up to date with a live source: page by page, each stored before the next is asked for.

The bookmark moves only after a page's papers are stored, so a run that ends anywhere (a kill, a service
gone) is taken up at the page it stopped at; a page stored twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rag.records import IngestReport, Paper, Skip
from rag.sources.bookmark import Bookmark, read_bookmark, write_bookmark
from rag.sources.client import Client
from rag.sources.source import Search, Source

Store = Callable[[Iterable[Paper | Skip]], IngestReport]


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What to bring in, from `since` on at the first sync."""

    query: str
    since: date | None = None
    limit: int | None = None
    """Stop after the page that reaches so many papers; the next run goes on there."""
    restart: bool = False
    """Forget how far earlier runs came."""


@dataclass(frozen=True, slots=True)
class SyncStep:
    """After a page: papers fetched by this run, how many there are in all if known, and what was done."""

    fetched: int = 0
    total: int | None = None
    report: IngestReport = field(default_factory=IngestReport)
    synced_to: date | None = None
    """After the last page: everything to this date is stored."""

    def to_dict(self) -> dict[str, Any]:
        synced_to = self.synced_to.isoformat() if self.synced_to else None
        return {**self.report.to_dict(), "fetched": self.fetched, "total": self.total, "synced_to": synced_to}


def sync(
    source: Source, client: Client, request: SyncRequest, folder: Path, store: Store, today: date
) -> Iterator[SyncStep]:
    """Do the run, a step a page. Raises what the client and `store` raise; what was stored stays.

    `folder` is the library's; `today` is a UTC date.
    """
    known = Bookmark() if request.restart else read_bookmark(folder, source.name, request.query)
    run = known.next_run(request.since, today, source.overlap_days)
    size = min(source.page_size, request.limit or source.page_size)
    search = Search(request.query, run.since, run.until or today, size)
    step = SyncStep()
    for page in source.pages(client, search, run.cursor):
        report = _sum(step.report, store(page.papers)) if page.papers else step.report
        run = run.after(page.cursor)
        write_bookmark(folder, source.name, request.query, run)
        step = SyncStep(
            step.fetched + len(page.papers),
            page.total,
            report,
            run.synced_to if page.cursor is None else None,
        )
        yield step
        if request.limit is not None and step.fetched >= request.limit:
            return


def _sum(a: IngestReport, b: IngestReport) -> IngestReport:
    return IngestReport(
        added=a.added + b.added,
        updated=a.updated + b.updated,
        unchanged=a.unchanged + b.unchanged,
        skipped=a.skipped + b.skipped,
        reasons=a.reasons + b.reasons,
    )
