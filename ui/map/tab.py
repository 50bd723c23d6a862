"""The Map tab: the library as a picture beside its groups, its years, and the paper pointed at.

Owns the wiring only. Places and names are ui/map/paper_map.py's, the legend is ui/map/charts_svg.py's, and
the canvas is drawn by ui/map.js, which lights the papers of the answer that the Ask tab shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from rag.errors import RagError
from rag.records import Paper
from ui.library.catalogue import Catalogue, state_of
from ui.map.charts_svg import MappedPaper, render_group, render_legend, render_years
from ui.map.paper_map import PaperMap, draw_map, grown_map, keep_map, kept_map, middle_first, sample
from ui.widgets.faults import guarded, reader_line
from ui.widgets.html_region import Updates, region
from ui.widgets.markup import button, esc, icon, plural
from ui.widgets.worker import JobFinished, Threads, newest, watch

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.library.library import Library

AT_A_TIME = 500
"""Papers read at once: their token vectors come with them."""
BACK = button(f"{icon('left')}All groups", "quiet overview", event="overview")


class MapTab:
    """Built inside a gr.Tab. Keeps the one map that all pages show."""

    def __init__(self, assistant: Assistant, catalogue: Catalogue, threads: Threads) -> None:
        self._assistant = assistant
        self._threads = threads
        self._catalogue = catalogue
        self._lock = Lock()
        self._map: PaperMap | None = None
        self._shown = gr.State("")
        with gr.Row(elem_id="map", elem_classes="split"):
            with gr.Column(elem_id="picture", elem_classes="main-side"):
                self.note = region("map-note")
                self.canvas = gr.HTML(
                    elem_id="canvas",
                    html_template='<canvas tabindex="0" role="application" aria-label="Map of the papers: '
                    'arrow keys move between papers, Enter opens one"></canvas>',
                    js_on_load="rag.map(element, props, watch, trigger, 'open')",
                    apply_default_css=False,
                )
            with gr.Column(elem_id="map-side", elem_classes="other-side"):
                self.side = region(
                    "groups",
                    [
                        "group",
                        "open",
                        "overview",
                        "about",
                        "note",
                        "picked",
                        "scope",
                        "survey",
                        "table",
                        "star",
                    ],
                )
        quick: dict[str, Any] = {"show_progress": "hidden"}
        self.side.group(guarded(self._group), None, self.side, **quick)
        self.side.picked(guarded(self._picked), None, self.side, **quick)
        self.side.overview(guarded(self._overview), None, self.side, **quick)

    def on_select(self, tab: gr.Tab) -> None:
        outputs = [self._shown, self.note, self.canvas, self.side]
        tab.select(guarded(self._show), self._shown, outputs, show_progress="hidden")

    def _show(self, shown: str) -> Iterator[Updates]:
        """Draw the map if this page does not show the library's present state."""
        state = state_of(self._assistant.library)
        if shown == state:
            yield {self.note: ""}
            return
        try:
            work: Callable[[Callable[[float], None]], None] = partial(self._draw, state)
            for step in newest(watch(work, self._threads)):
                if not isinstance(step, JobFinished):
                    yield {self.note: f'<p class="hint pad" role="status">Drawing the map: {step:.0%}</p>'}
        except RagError as error:
            yield {self.note: f'<p class="hint pad" role="alert">{esc(reader_line(error))}</p>'}
            return
        drawn = self._map
        yield {
            self._shown: state,
            self.note: "" if drawn and drawn.paper_ids else '<p class="hint pad">No papers to draw yet.</p>',
            self.canvas: drawn.to_json() if drawn else "",
            self.side: self._overview(),
        }

    def _draw(self, state: str, tell: Callable[[float], None]) -> None:
        """Have the map of this state: the one at hand, the one in the library's folder, or a new one."""
        folder = self._assistant.config.library
        with self._lock:
            old = self._map or kept_map(folder)
            if old is None or old.state != state:
                tell(0.0)
                ids = [line.paper_id for line in self._catalogue.listing().lines]
                papers, vectors = _read([ids[i] for i in sample(len(ids))], self._assistant.library)
                grown = grown_map(old, papers, vectors, state, len(ids)) if old else None
                old = grown or draw_map(papers, vectors, state, len(ids), tell)
                keep_map(folder, old)
            self._map = old

    def _group(self, event: gr.EventData) -> str:
        g = int(event._data["group"])
        if self._map is None or not 0 <= g < len(self._map.names):
            return self._overview()
        inside = middle_first(self._map, g)
        return BACK + render_group(self._map.names[g], self._papers_at(inside))

    def _picked(self, event: gr.EventData) -> str:
        """The papers inside the frame that was drawn on the map."""
        if self._map is None:
            return ""
        place_of = {paper_id: i for i, paper_id in enumerate(self._map.paper_ids)}
        inside = [place_of[name] for name in map(str, event._data["papers"]) if name in place_of]
        return BACK + render_group(f"{plural(len(inside), 'paper')} framed", self._papers_at(inside))

    def _papers_at(self, places: Sequence[int]) -> list[MappedPaper]:
        drawn = self._map
        assert drawn is not None
        return [MappedPaper(drawn.paper_ids[i], drawn.titles[i], drawn.years[i]) for i in places]

    def _overview(self) -> str:
        if self._map is None:
            return ""
        sizes = Counter(self._map.groups)
        legend = render_legend(
            self._map.names,
            [sizes[g] for g in range(len(self._map.names))],
            len(self._map.paper_ids),
            self._map.n_papers,
        )
        return legend + render_years(self._catalogue.so_far().years())


def _read(paper_ids: list[str], library: Library) -> tuple[list[Paper], NDArray[np.float32]]:
    """The papers that are (still) there, and the unit vector of each one's first passage: float32[n, 384]."""
    papers, vectors = [], []
    for start in range(0, len(paper_ids), AT_A_TIME):
        for found in library.candidates([f"{name}#0" for name in paper_ids[start : start + AT_A_TIME]]):
            papers.append(found.paper)
            vectors.append(found.block.vector)
    return papers, np.array(vectors, np.float32).reshape(len(papers), len(vectors[0]) if vectors else 0)
