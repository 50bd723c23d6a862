"""The library as a list: titles without abstracts, in memory, searched, sorted and cut into pages.

A listing is read once per state of the library, so a page of 100,000 papers costs no reading; reading
them takes seconds, and what there is so far can be looked at meanwhile. What a page looks like is
ui/library/table_html.py's.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from rag.records import Paper
from rag.text.folding import strip_accents
from ui.widgets.worker import Threads, watch

if TYPE_CHECKING:
    from rag.library.library import Library

PAGE = 50
LARGE = 2000
"""Papers from which reading the list takes longer than a reader wants to wait."""
LIKE = 0.75
"""Least likeness (difflib's ratio) of a word that is read in place of one that occurs nowhere: two letters
wrong in eight. By hand."""
SHORTEST_MISSPELT = 4
"""Letters; of shorter words too many are alike."""
_WORDS = re.compile(r"[^\W_]{3,}")
SORTS = ("title", "authors", "year", "venue")
_LAST = chr(sys.maxunicode)
"""Sorts behind all text."""


class ListedPaper(NamedTuple):
    """A paper in the list."""

    paper_id: str
    title: str
    authors: str
    year: int
    """0 where it is not known."""
    venue: str
    sources: str
    searched: str
    """All of it as it is searched."""


@dataclass(frozen=True, slots=True)
class ListView:
    """What one reader looks at: words that must occur, an order, a page, and what is ticked."""

    words: str = ""
    sort: str = ""
    """A column, one of SORTS; "" is the order of the library."""
    descending: bool = False
    page: int = 0
    ticked: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()
    """Papers listed, in this order unless another is chosen; empty: all."""
    only_name: str = ""
    """What those are: "papers of the answer", say."""
    columns: tuple[str, ...] = ()
    """Columns of the table of what the papers say (ui/library/cells.py); empty: the plain list."""
    browser: str = ""
    """Whose view it is: the name their reading list is kept under."""
    starred: frozenset[str] = frozenset()
    """The papers on their reading list."""
    removed: tuple[Paper, ...] = ()
    """What was removed last, as long as the page offers to bring it back."""


@dataclass(frozen=True, slots=True)
class ListPage:
    lines: list[ListedPaper]
    n_found: int
    number: int
    n_pages: int
    read_as: str = ""
    """The words that were searched for, where nothing has those that were typed."""
    all_ticked: bool = False
    """Whether all that is found is ticked, on every page."""


class Listing:
    """The papers of one state of the library; it can be looked at while papers are added."""

    def __init__(self, papers: Iterable[Paper] = ()) -> None:
        self.lines: list[ListedPaper] = []
        self._orders: dict[str, list[ListedPaper]] = {}
        self._vocabulary: Counter[str] = Counter()
        for paper in papers:
            self.add(paper)

    def add(self, paper: Paper) -> None:
        self.lines.append(_line(paper))

    def settle(self) -> None:
        """No more will come: find all orders, so that nobody who asks for one waits for it."""
        self._orders = {sort: self._ordered(sort) for sort in SORTS}

    def page(self, view: ListView) -> ListPage:
        """The page that `view` asks for; the last one where there are fewer."""
        words = self.corrected(view.words)
        found = self._with_words(words, view)
        n_pages = max(1, -(-len(found) // PAGE))
        number = max(0, min(view.page, n_pages - 1))
        lines = found[number * PAGE : (number + 1) * PAGE]
        read_as = "" if words == plain(view.words) else words
        ticked = bool(view.ticked and found) and all(line.paper_id in view.ticked for line in found)
        return ListPage(lines, len(found), number, n_pages, read_as, ticked)

    def found(self, view: ListView) -> list[ListedPaper]:
        """All lines that hold every word of `view.words`, in its order; a near miss counts where none is."""
        return self._with_words(self.corrected(view.words), view)

    def corrected(self, words: str) -> str:
        """`words` with each that occurs nowhere in place of the likest that does, if one is like it."""
        return " ".join(word if self._occurs(word) else self._likest(word) for word in plain(words).split())

    def _with_words(self, words: str, view: ListView) -> list[ListedPaper]:
        lines = self._ordered(view.sort)
        if view.only:
            place = {paper_id: i for i, paper_id in enumerate(view.only)}
            lines = [line for line in lines if line.paper_id in place]
            lines = lines if view.sort else sorted(lines, key=lambda line: place[line.paper_id])
        if wanted := words.split():
            lines = [line for line in lines if all(word in line.searched for word in wanted)]
        if not view.descending:
            return lines
        if not view.sort:
            return lines[::-1]
        # What is not known comes last in this order, too.
        known = [line for line in lines if getattr(line, view.sort)]
        return known[::-1] + [line for line in lines if not getattr(line, view.sort)]

    def _occurs(self, word: str) -> bool:
        return any(word in line.searched for line in self.lines)

    def _likest(self, word: str) -> str:
        if len(word) < SHORTEST_MISSPELT:
            return word
        if not self._vocabulary:
            self._vocabulary = Counter(each for line in self.lines for each in _WORDS.findall(line.searched))
        near = [each for each in self._vocabulary if each[0] == word[0] and abs(len(each) - len(word)) <= 2]
        likest = get_close_matches(word, near, n=3, cutoff=LIKE)
        return max(likest, key=lambda each: self._vocabulary[each], default=word)

    def years(self) -> Counter[int]:
        """Papers a year; 0 for those without one."""
        return Counter(line.year for line in self.lines)

    def _ordered(self, sort: str) -> list[ListedPaper]:
        if not sort:
            return self.lines
        # What is not known comes last; equals stay in the order of the library.
        return self._orders.get(sort) or sorted(self.lines, key=lambda line: _sort_key(getattr(line, sort)))


class Catalogue:
    """The listing of a library as it is now. Safe to share between pages."""

    def __init__(self, library: Library, threads: Threads | None = None) -> None:
        self._library = library
        self._threads = threads
        self._lock = Lock()
        self._state = ""
        self._listing = self._coming = Listing()

    def listing(self) -> Listing:
        """The current listing; read anew where the library has changed, also by another process."""
        with self._lock:
            state = state_of(self._library)
            if state != self._state:
                self._coming = Listing()
                for paper in self._library.papers():
                    self._coming.add(paper)
                self._coming.settle()
                self._listing, self._state = self._coming, state
            return self._listing

    def so_far(self) -> Listing:
        """The last listing that was read whole; before there is one, what has been read of the first."""
        return self._listing if self._state else self._coming

    def reading(self) -> Iterator[int]:
        """Have `so_far` brought up to date: how many papers have been read, several times a second.

        Of a large library the first page comes at once; of one that is read at once, nothing is told."""
        if not self._state and not self._coming.lines and self._library.n_papers > LARGE:
            self._coming = Listing(islice(self._library.papers(), PAGE))
            yield len(self._coming.lines)
        for _ in watch(lambda _: self.listing(), self._threads):
            if self._coming is not self._listing or not self._state:
                yield len(self._coming.lines)


def plain(words: str) -> str:
    """Words as they are looked for."""
    return " ".join(strip_accents(words).split())


def state_of(library: Library) -> str:
    """`Library.state`, with what others have changed since."""
    library.refresh()
    return library.state


def _sort_key(value: str | int) -> str | int:
    if isinstance(value, str):
        return strip_accents(value) or _LAST
    return value or sys.maxsize


def _line(paper: Paper) -> ListedPaper:
    authors, sources = ", ".join(paper.authors), ", ".join(paper.sources)
    searched = strip_accents(f"{paper.title} {authors} {paper.year or ''} {paper.venue} {sources}")
    return ListedPaper(paper.paper_id, paper.title, authors, paper.year or 0, paper.venue, sources, searched)
