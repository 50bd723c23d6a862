"""The Library tab: files in, the table of papers, one paper in full. Owns the wiring only.

Rendering is ui/library/table_html.py's, the list is ui/library/catalogue.py's, reading files in is
ui/library/uploads.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.errors import RagError
from rag.export import SUFFIXES, export_papers
from rag.records import Progress
from rag.retrieval.question import MAX_CHARS
from ui.library import table_html, uploads
from ui.library.catalogue import SORTS, Catalogue, ListView
from ui.widgets.html_region import Updates, handed_over, region

if TYPE_CHECKING:
    from rag.assistant import Assistant

NEIGHBOURS = 6
MOST_EXPORTED = 5000
"""Papers in one export from the page; `rag export` writes any number."""


class LibraryTab:
    """Built inside a gr.Tab; one for all pages, so it keeps nothing of any of them."""

    def __init__(self, assistant: Assistant, catalogue: Catalogue, downloads: gr.JSON) -> None:
        self._assistant = assistant
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
                self.tools = region("tools", ["find", "export", "remove", "untick"])
                self.table = region("table", ["sort", "leaf", "open", "tick"])
            with gr.Column(elem_id="detail", elem_classes="other-side"):
                self.detail = region("paper", ["open", "about"], table_html.render_nothing())

    def _wire(self) -> list[Any]:
        view, listed = self.view, self.listing
        quick: dict[str, Any] = {"show_progress": "hidden", "queue": False}
        self.tools.find(self._find, view, listed, **quick)
        self.tools.untick(self._untick, view, listed, **quick)
        self.table.sort(self._sort, view, listed, **quick)
        self.table.leaf(self._leaf, view, listed, **quick)
        self.table.tick(self._tick, view, listed, **quick)
        for source in (self.table, self.detail):
            source.open(self._open, None, self.detail, **quick)
        self.tools.export(self._export, view, self._downloads, show_progress="hidden")
        incoming = [self.drop, self.results, view]
        shared: dict[str, Any] = {
            "show_progress": "hidden",
            "concurrency_limit": 1,
            "concurrency_id": "reading",
        }
        changes = [
            self.drop.upload(self._add, [self.drop, view], incoming, **shared),
            self.files.again(self._again, view, incoming, **shared),
            self.tools.remove(self._remove, view, [view, self.detail], show_progress="hidden"),
        ]
        for change in changes:
            self._have_listed(change.then)
        return changes

    def on_select(self, tab: gr.Tab) -> None:
        self._have_listed(tab.select)

    def _have_listed(self, event: Callable[..., Any]) -> None:
        """At this event bring the list up to date, then show it as it is looked at by then."""
        outputs = [self.note, self.files, *self.listing]
        read = event(self._read, self.view, outputs, show_progress="hidden")
        read.then(self._listed, self.view, self.listing, show_progress="hidden")

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
        view = replace(view, page=page.number)
        return {
            self.view: view,
            self.tools: table_html.render_tools(view, page),
            self.table: table_html.render_table(view, page),
        }

    def _find(self, view: ListView, event: gr.EventData) -> Updates:
        return self._listed(replace(view, words=str(event._data["words"]), page=0))

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

    def _untick(self, view: ListView) -> Updates:
        return self._listed(replace(view, ticked=frozenset()))

    def _open(self, event: gr.EventData) -> str:
        return self.paper(str(event._data["paper"]))

    def paper(self, paper_id: str) -> str:
        """One paper in full, with its neighbours, as HTML."""
        paper = self._assistant.library.paper(paper_id)
        if paper is None:
            return '<p class="hint pad">That paper is not in the library any more.</p>'
        text = f"{paper.title}\n{paper.abstract}"[:MAX_CHARS]
        near = self._assistant.search(text, top=NEIGHBOURS + 1, mode="dense")
        return table_html.render_detail(paper, [n for n in near if n.paper.paper_id != paper_id][:NEIGHBOURS])

    def _add(self, uploaded: Sequence[str], view: ListView) -> Iterator[Updates]:
        try:
            paths = uploads.keep_uploads(self._assistant.config.library, uploaded)
        except OSError as error:
            raise gr.Error(f"The files cannot be kept: {error.strerror}", print_exception=False) from error
        yield from self._read_in(paths, view)

    def _again(self, view: ListView, event: gr.EventData) -> Iterator[Updates]:
        path = uploads.kept_upload(self._assistant.config.library, str(event._data["name"]))
        yield from self._read_in([path], view)

    def _read_in(self, paths: Sequence[Path], view: ListView) -> Iterator[Updates]:
        results: list[table_html.FileResult] = []
        yield {self.drop: None}
        for path, step in uploads.read_in(self._assistant, paths):
            if isinstance(step, Progress):
                bar = table_html.render_progress(path.name, step)
                yield {self.results: table_html.render_results(results) + bar}
            else:
                results.append(step)
        yield {self.results: table_html.render_results(results), self.view: replace(view, page=0)}

    def _remove(self, view: ListView) -> Updates:
        try:
            self._assistant.library.remove(view.ticked)
        except RagError as error:
            gr.Warning(str(error))
            return {self.view: view}
        return {self.detail: table_html.render_nothing(), self.view: replace(view, ticked=frozenset())}

    def _export(self, view: ListView, event: gr.EventData) -> dict[str, Any] | None:
        form = event._data["format"]
        chosen = sorted(view.ticked) or [line.paper_id for line in self._catalogue.so_far().found(view)]
        if len(chosen) > MOST_EXPORTED:
            gr.Warning(
                f"{len(chosen):,} papers are more than a page can hand over; run: rag export --format {form}"
            )
            return None
        papers = (self._assistant.library.paper(paper_id) for paper_id in chosen)
        text = "".join(export_papers((paper for paper in papers if paper), form))
        return handed_over(f"papers.{SUFFIXES[form]}", text)

    def _files(self) -> str:
        return table_html.render_files(uploads.kept_uploads(self._assistant.config.library))
