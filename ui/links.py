"""What leads from one tab to another: ask about these papers, show them as a table, keep them for reading.

Owns the wiring between tabs only; what each of them then shows is its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import gradio as gr

from rag.errors import InputError
from ui.ask.answer_files import papers_of
from ui.ask.session import Session
from ui.ask.settings import Settings, with_scope
from ui.ask.tab import AskTab
from ui.library.catalogue import ListView
from ui.library.reading_list import READING
from ui.library.tab import LibraryTab
from ui.map.tab import BACK, MapTab
from ui.widgets.faults import guarded
from ui.widgets.html_region import Updates
from ui.widgets.readable import readable_line

SURVEY = "Give an overview of what these papers are about."
"""What is asked of a group of the map for its overview."""


class TabLinks:
    """Wires the tabs of one page together. Made once, when all of them are there."""

    def __init__(self, tabs: gr.Tabs, asking: AskTab, library: LibraryTab, drawn: MapTab) -> None:
        self._tabs, self._asking, self._library, self._drawn = tabs, asking, library, drawn
        self._settings = asking.regions.choosing.settings
        self._wire()

    def _wire(self) -> None:
        page, library, drawn = self._asking.regions, self._library, self._drawn
        hidden: dict[str, Any] = {"show_progress": "hidden"}
        scoped = [self._tabs, self._settings]
        listed = [self._tabs, *library.listing]
        for side in (library.detail, drawn.side):
            side.about(guarded(self._ask_about), self._settings, scoped, **hidden)
            side.note(guarded(self._note), page.session, side, **hidden)
        library.tools.scope(guarded(self._ask_listed), [self._settings, library.view], scoped, **hidden)
        drawn.side.scope(guarded(self._ask_group), self._settings, scoped, **hidden)
        for part in (page.live, page.turns):
            part.table(guarded(self._tabulate), [page.session, library.view], listed, **hidden)
        drawn.side.table(guarded(self._tabulate_group), library.view, listed, **hidden)
        library.tools.reading(guarded(self._reading), [page.session, library.view], listed, **hidden)
        for source, panel in (
            (library.table, library.detail),
            (library.detail, library.detail),
            (drawn.canvas, drawn.side),
            (drawn.side, drawn.side),
        ):
            # The one opened last is shown, however quickly another is opened before it.
            source.open(guarded(self._open), page.session, panel, trigger_mode="always_last", **hidden)
        each: dict[str, Any] = {**hidden, "trigger_mode": "multiple"}  # also of those clicked in a row
        for source in (page.evidence, library.table):
            source.star(guarded(self._star), page.session, None, **each)
        for panel in (library.detail, drawn.side):
            panel.star(guarded(self._star_shown), page.session, panel, **each)
        survey = drawn.side.survey(guarded(self._survey), self._settings, [*scoped, page.box], **hidden)
        self._asking.ask_after(survey)

    # --- Asking of some papers only ---------------------------------------------------------------

    def _ask_about(self, settings: Settings, event: gr.EventData) -> Updates:
        name = f"“{readable_line(event._data['title'])}”"
        return self._scoped(settings, [str(event._data["paper"])], name)

    def _ask_listed(self, settings: Settings, view: ListView) -> Updates:
        ids = sorted(view.ticked) or list(view.only)
        first = readable_line(self._library.title(ids[0])) if len(ids) == 1 else ""
        name = f"“{first}”" if first else "ticked in the library" if view.ticked else view.only_name
        return self._scoped(settings, ids, name)

    def _ask_group(self, settings: Settings, event: gr.EventData) -> Updates:
        return self._scoped(settings, *_group_of(event))

    def _survey(self, settings: Settings, event: gr.EventData) -> Updates:
        return {**self._scoped(settings, *_group_of(event)), self._asking.regions.box: SURVEY}

    def _scoped(self, settings: Settings, paper_ids: Iterable[str], name: str) -> Updates:
        return {
            self._tabs: gr.Tabs(selected="ask"),
            self._settings: with_scope(settings, paper_ids, name),
        }

    # --- Papers as a table ------------------------------------------------------------------------

    def _tabulate(self, session: Session, view: ListView, event: gr.EventData) -> Updates:
        return self._listed(view, *papers_of(session, int(event._data["turn"])))

    def _tabulate_group(self, view: ListView, event: gr.EventData) -> Updates:
        return self._listed(view, *_group_of(event))

    def _reading(self, session: Session, view: ListView) -> Updates:
        kept = self._asking.reading.load(session.browser)
        if not kept.notes:
            raise InputError("your reading list is empty; the star of a paper puts it there")
        return self._listed(view, kept.notes, READING)

    def _listed(self, view: ListView, paper_ids: Iterable[str], name: str) -> Updates:
        shown = self._library.listed_only(view, paper_ids, name)
        return {self._tabs: gr.Tabs(selected="library"), **shown}

    # --- One paper, and the reading list ------------------------------------------------------------

    def _open(self, session: Session, event: gr.EventData) -> str:
        data = event._data
        part = (int(data["start"]), int(data["end"])) if "start" in data else None
        return self._paper(session, str(data["paper"]), part, on_map=data.get("region") == "groups")

    def _paper(
        self, session: Session, paper_id: str, part: tuple[int, int] | None = None, *, on_map: bool = False
    ) -> str:
        note = self._asking.reading.load(session.browser).notes.get(paper_id)
        return (BACK if on_map else "") + self._library.paper(paper_id, part, note)

    def _note(self, session: Session, event: gr.EventData) -> str:
        paper_id = str(event._data["paper"])
        self._asking.reading.note(session.browser, paper_id, str(event._data.get("text", "")))
        gr.Info("The note is kept.", duration=3)
        return self._paper(session, paper_id, on_map=event._data.get("region") == "groups")

    def _star(self, session: Session, event: gr.EventData) -> None:
        """Put papers on the list, or take one off: as the star says, which the page has turned already."""
        data, lists = event._data, self._asking.reading
        if "papers" in data:
            kept, words = lists.add(session.browser, _group_of(event)[0]), "All of them are on"
        elif data.get("on"):
            kept, words = lists.add(session.browser, [str(data["paper"])]), "Put on"
        else:
            kept, words = lists.take_off(session.browser, str(data["paper"])), "Taken off"
        gr.Info(f"{words} your reading list, which now has {len(kept):,}.", duration=3)

    def _star_shown(self, session: Session, event: gr.EventData) -> Any:
        """The same from the paper's own panel, which then has room for a note, or none any more."""
        self._star(session, event)
        data = event._data
        if "papers" in data:
            return gr.skip()
        return self._paper(session, str(data["paper"]), on_map=data.get("region") == "groups")


def _group_of(event: gr.EventData) -> tuple[list[str], str]:
    """The papers and the name of the group that a control of the map stands for."""
    return [str(name) for name in json.loads(event._data["papers"])], str(event._data["name"])
