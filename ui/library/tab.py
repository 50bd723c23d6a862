"""The Library tab: files in, the table of papers, one paper in full. Owns the wiring only.

Rendering is ui/library/table_html.py's, the list is ui/library/catalogue.py's, reading files in is
ui/library/uploads.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.errors import InputError, StorageError
from rag.export import SUFFIXES, export_papers
from rag.records import Progress
from rag.retrieval.question import MAX_CHARS
from rag.retrieval.sentence_scoring import read_sentences
from ui.library import table_html, uploads
from ui.library.catalogue import PAGE, SORTS, Catalogue, ListView
from ui.library.cells import COLUMNS, DEFAULT, PaperRow, read_row, write_csv, write_markdown
from ui.library.cells_html import render_cells
from ui.library.reading_list import READING, ReadingLists
from ui.widgets.faults import guarded
from ui.widgets.html_region import Updates, handed_over, region
from ui.widgets.worker import Threads

if TYPE_CHECKING:
    from rag.assistant import Assistant

NEIGHBOURS = 6
MOST_EXPORTED = 5000
"""Papers in one export from the page; `rag export` writes any number."""


class LibraryTab:
    """Built inside a gr.Tab; one for all pages, so it keeps nothing of any of them."""

    def __init__(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        reading: ReadingLists,
        downloads: gr.JSON,
        threads: Threads,
    ) -> None:
        self._assistant = assistant
        self._threads = threads
        self._reading = reading
        self._catalogue = catalogue
        self._downloads = downloads
        self.view = gr.State(ListView())
        self._lay_out()
        self.listing = [self.view, self.tools, self.table]
        self.changes = self._wire()
        """The events after which the library may hold other papers."""

    def _lay_out(self) -> None:
        with gr.Row(elem_id="library", elem_classes="split"):
            with gr.Column(elem_id="list", elem_classes="main-side"):
                self.drop = gr.File(
                    elem_id="drop",
                    label="Add papers",
                    file_count="multiple",
                    height=56,
                )
                with gr.Row(elem_id="incoming"):
                    self.results = region("results")
                    self.files = region("files", ["again"])
                self.note = region("list-note")
                self.tools = region(
                    "tools",
                    ["find", "export", "remove", "undo", "untick", "scope", "shape", "all", "reading"],
                )
                self.table = region("table", ["sort", "leaf", "open", "tick", "tickall", "column", "star"])
            with gr.Column(elem_id="detail", elem_classes="other-side"):
                self.detail = region("paper", ["open", "about", "star", "note"], table_html.render_nothing())

    def _wire(self) -> list[Any]:
        view, listed = self.view, self.listing
        quiet: dict[str, Any] = {"show_progress": "hidden"}
        # One after the other, or of two that change a view at the same time one would be lost.
        turn: dict[str, Any] = {**quiet, "concurrency_limit": 1, "concurrency_id": "view"}
        again = self._listed
        for event, handler in (
            (self.tools.untick, self._untick),
            (self.table.sort, self._sort),
            (self.table.leaf, self._leaf),
            (self.table.tick, self._tick),
            (self.table.tickall, self._tick_all),
            (self.table.column, self._column),
            (self.tools.shape, self._shape),
            (self.tools.all, self._all),
        ):
            event(guarded(handler, again), view, listed, **turn)
        # Not the tools: the words are still being typed there. What was typed last is what is found.
        found = [view, self.table]
        self.tools.find(guarded(self._find), view, found, trigger_mode="always_last", **turn)
        self.tools.export(guarded(self._export), view, self._downloads, **quiet)
        incoming = [self.drop, self.results, view]
        shared: dict[str, Any] = {
            "show_progress": "hidden",
            "concurrency_limit": 1,
            "concurrency_id": "reading",
        }
        changes = [
            self.drop.upload(guarded(self._add), [self.drop, view], incoming, **shared),
            self.files.again(guarded(self._again), view, incoming, **shared),
            self.tools.remove(guarded(self._remove), view, [view, self.detail], **quiet),
            self.tools.undo(guarded(self._undo), view, view, **quiet),
        ]
        for change in changes:
            self._have_listed(change.then)
        return changes

    def on_select(self, tab: gr.Tab) -> None:
        self._have_listed(tab.select)

    def _have_listed(self, event: Callable[..., Any]) -> None:
        """At this event bring the list up to date, then show it as it is looked at by then."""
        outputs = [self.note, self.files, *self.listing]
        read = event(guarded(self._read), self.view, outputs, show_progress="hidden")
        read.then(guarded(self._listed), self.view, self.listing, show_progress="hidden")

    # --- Events ---------------------------------------------------------------------------------

    def _read(self, view: ListView) -> Iterator[Updates]:
        """Bring the list up to date. Meanwhile what there is of it can be looked at."""
        is_shown = False
        for n_read in self._catalogue.reading():
            step = Progress(n_read, self._assistant.library.n_papers, 0.0)
            listed = self._listed(view) if n_read and not is_shown else {}
            is_shown = is_shown or n_read > 0
            yield {self.note: table_html.render_progress("Reading the list", step), **listed}
        yield {self.note: "", self.files: self._files()}

    def _listed(self, view: ListView) -> Updates:
        """The table and its tools, as `view` has them."""
        page = self._catalogue.so_far().page(view)
        view = replace(view, page=page.number, starred=frozenset(self._reading.load(view.browser).notes))
        if view.columns and page.n_found:
            table = render_cells(view, page, list(self._rows(line.paper_id for line in page.lines)))
        else:
            table = table_html.render_table(view, page)
        return {self.view: view, self.tools: table_html.render_tools(view, page), self.table: table}

    def _rows(self, paper_ids: Iterable[str]) -> Iterator[PaperRow]:
        first_passages = [f"{paper_id}#0" for paper_id in paper_ids]
        for start in range(0, len(first_passages), PAGE):
            for passages in self._assistant.library.passages_of(first_passages[start : start + PAGE]):
                yield read_row(passages[0].paper, read_sentences(passages))

    def listed_only(self, view: ListView, paper_ids: Iterable[str], name: str) -> Updates:
        """For `listing`: these papers, called `name`, as a table of what they say."""
        only = tuple(dict.fromkeys(paper_ids))
        return self._listed(
            ListView(only=only, only_name=name, columns=view.columns or DEFAULT, browser=view.browser)
        )

    def _shape(self, view: ListView) -> Updates:
        return self._listed(replace(view, columns=() if view.columns else DEFAULT))

    def _column(self, view: ListView, event: gr.EventData) -> Updates:
        named = {*view.columns, event._data["column"]} - (
            set() if event._data["checked"] else {event._data["column"]}
        )
        return self._listed(replace(view, columns=tuple(name for name in COLUMNS if name in named)))

    def _all(self, view: ListView) -> Updates:
        return self._listed(replace(view, only=(), only_name="", page=0))

    def _find(self, view: ListView, event: gr.EventData) -> Updates:
        listed = self._listed(replace(view, words=str(event._data["words"]), page=0))
        return {self.view: listed[self.view], self.table: listed[self.table]}

    def _sort(self, view: ListView, event: gr.EventData) -> Updates:
        column = event._data["column"] if event._data["column"] in SORTS else ""
        return self._listed(
            replace(view, sort=column, descending=view.sort == column and not view.descending, page=0)
        )

    def _leaf(self, view: ListView, event: gr.EventData) -> Updates:
        return self._listed(replace(view, page=int(event._data["number"])))

    def _tick(self, view: ListView, event: gr.EventData) -> Updates:
        paper = {str(event._data["paper"])}
        return self._listed(
            replace(view, ticked=view.ticked | paper if event._data["checked"] else view.ticked - paper)
        )

    def _tick_all(self, view: ListView, event: gr.EventData) -> Updates:
        """All that are found, on every page of the list."""
        found = frozenset(line.paper_id for line in self._catalogue.so_far().found(view))
        ticked = view.ticked | found if event._data["checked"] else view.ticked - found
        return self._listed(replace(view, ticked=ticked))

    def _untick(self, view: ListView) -> Updates:
        return self._listed(replace(view, ticked=frozenset()))

    def title(self, paper_id: str) -> str:
        """A paper's title, "" where it is not there any more."""
        paper = self._assistant.library.paper(paper_id)
        return paper.title if paper else ""

    def paper(self, paper_id: str, part: tuple[int, int] | None = None, note: str | None = None) -> str:
        """One paper in full with its neighbours, as HTML: `part` of its abstract lit, and the note on it."""
        paper = self._assistant.library.paper(paper_id)
        if paper is None:
            return '<p class="hint pad">That paper is not in the library any more.</p>'
        text = f"{paper.title}\n{paper.abstract}"[:MAX_CHARS]
        near = self._assistant.search(text, top=NEIGHBOURS + 1, mode="dense")
        others = [n for n in near if n.paper.paper_id != paper_id][:NEIGHBOURS]
        return table_html.render_detail(paper, others, part, note)

    def _add(self, uploaded: Sequence[str], view: ListView) -> Iterator[Updates]:
        try:
            paths = uploads.keep_uploads(self._assistant.config.library, uploaded)
        except OSError as error:
            raise StorageError(f"the files cannot be kept: {error.strerror}") from error
        yield from self._read_in(paths, view)

    def _again(self, view: ListView, event: gr.EventData) -> Iterator[Updates]:
        path = uploads.kept_upload(self._assistant.config.library, str(event._data["name"]))
        yield from self._read_in([path], view)

    def _read_in(self, paths: Sequence[Path], view: ListView) -> Iterator[Updates]:
        results: list[table_html.FileResult] = []
        yield {self.drop: None}
        for path, step in uploads.read_in(self._assistant, paths, self._threads):
            if isinstance(step, Progress):
                bar = table_html.render_progress(path.name, step)
                yield {self.results: table_html.render_results(results) + bar}
            else:
                results.append(step)
        yield {self.results: table_html.render_results(results), self.view: replace(view, page=0)}

    def _remove(self, view: ListView) -> Updates:
        library = self._assistant.library
        removed = tuple(filter(None, map(library.paper, sorted(view.ticked))))
        library.remove(view.ticked)
        view = replace(view, ticked=frozenset(), removed=removed)
        return {self.detail: table_html.render_nothing(), self.view: view}

    def _undo(self, view: ListView) -> ListView:
        """Add the papers removed last again, as they were."""
        self._assistant.library.add(view.removed, self._assistant.encoder)
        return replace(view, removed=())

    def _export(self, view: ListView, event: gr.EventData) -> dict[str, Any] | None:
        form = event._data["format"]
        found = [line.paper_id for line in self._catalogue.so_far().found(view)]
        ticked = [name for name in found if name in view.ticked]
        chosen = [*ticked, *sorted(view.ticked - set(ticked))] or found
        if len(chosen) > MOST_EXPORTED:
            raise InputError(
                f"{len(chosen):,} papers are more than a page can hand over: {MOST_EXPORTED:,} at once; "
                "tick or find fewer"
            )
        # A note is a reader's own: it leaves with their reading list, not with any list that has the paper.
        kept = self._reading.load(view.browser).notes if view.only_name == READING else {}
        notes = {name: note for name, note in kept.items() if note}
        if form.startswith("table-"):
            write = write_csv if form == "table-csv" else write_markdown
            return handed_over(f"table.{form[6:]}", write(self._rows(chosen), view.columns, notes))
        papers = (self._assistant.library.paper(paper_id) for paper_id in chosen)
        text = "".join(export_papers((paper for paper in papers if paper), form, notes))
        return handed_over(f"papers.{SUFFIXES[form]}", text)

    def _files(self) -> str:
        return table_html.render_files(uploads.kept_uploads(self._assistant.config.library))
