"""Which papers of a library a caller speaks of: those named, those that pass the filters, a page of all."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.papers.filters import matches
from rag.records import Filters, Paper

if TYPE_CHECKING:
    from rag.library.library import Library


def select_papers(
    library: Library, ids: Sequence[str] = (), filters: Filters | None = None
) -> Iterator[Paper]:
    """The named papers in the order given, else all in the library's; of these, those that pass the filters.

    Raises InputError for an id that is not in the library, before any paper is given.
    """
    named = [named_paper(library, paper_id) for paper_id in ids]
    papers = named if ids else library.papers()
    return (paper for paper in papers if filters is None or matches(paper, filters))


def named_paper(library: Library, paper_id: str) -> Paper:
    """The paper with that id. Raises InputError where the library has none."""
    paper = library.paper(paper_id)
    if paper is None:
        raise InputError(f"no paper {paper_id!r} in {library.path}; `rag list` shows the ids")
    return paper


def page_of(library: Library, after: str | None, limit: int) -> tuple[list[Paper], str | None]:
    """At most `limit` papers whose ids come after `after`, in the order of ids; and what to give as `after`
    for the next page, None on the last."""
    ids = library.ids()
    start = bisect_right(ids, after) if after is not None else 0
    page = ids[start : start + limit]
    more = page[-1] if page and start + limit < len(ids) else None
    return library.papers_of(page), more
