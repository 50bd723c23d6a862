"""The line under the question box: how the next question is asked, as chips. Owns the wiring only.

What the chips mean and look like is ui/ask/settings.py's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import gradio as gr

from rag.config import Config
from rag.records import Filters
from rag.retrieval.stated_filters import read_filters
from ui.ask.settings import (
    Settings,
    add_filter,
    remove_filter,
    render_settings,
    with_filters,
    with_scope,
    with_stated,
)
from ui.widgets.faults import guarded
from ui.widgets.html_region import region

if TYPE_CHECKING:
    from rag.library.library import Library


class Choosing:
    """Built inside the Ask tab. Its settings are a page's own, and apart from its conversation: both can
    change at once."""

    def __init__(self, config: Config, library: Library) -> None:
        self._config = config
        self._library = library
        self.settings = gr.State(Settings())
        """Whoever sets it has the chips follow."""
        events = ["mode", "words", "filter", "unfilter", "unscope", "weigh"]
        self.chips = chips = region("chips", events, self._shown(Settings()))
        """Raises "weigh" where what is in the box is to be weighed as a claim."""
        # All queued: Gradio tells of no change by an event that is not.
        self.settings.change(guarded(self._shown), self.settings, chips, show_progress="hidden")
        for event, handler in (
            (chips.mode, self._set_mode),
            (chips.words, self._set_words),
            (chips.filter, self._add_filter),
            (chips.unfilter, self._remove_filter),
            (chips.unscope, self._remove_scope),
        ):
            event(guarded(handler), self.settings, self.settings, show_progress="hidden")

    def asked_with(self, settings: Settings, question: str, follows: Callable[[], bool]) -> Settings:
        """With the filters that the question states, if a paper can pass them; `follows` tells whether it
        follows the one before, whose own filters it then keeps."""
        _, stated = read_filters(question)
        if stated and not self._library.n_passing(stated):
            stated = Filters()
        return with_stated(settings, stated, settings.own is not None and follows())

    def _shown(self, settings: Settings) -> str:
        return render_settings(settings, self._config.has_model, self._config.words)

    def _set_mode(self, settings: Settings, event: gr.EventData) -> Settings:
        return replace(settings, llm=None if event._data["value"] == "model" else False)

    def _set_words(self, settings: Settings, event: gr.EventData) -> Settings:
        return replace(settings, words=int(event._data["value"]) or None)

    def _add_filter(self, settings: Settings, event: gr.EventData) -> Settings:
        filters = add_filter(settings.filters, event._data["name"], str(event._data["text"]))
        return with_filters(settings, filters)

    def _remove_scope(self, settings: Settings) -> Settings:
        return with_scope(settings, (), "")

    def _remove_filter(self, settings: Settings, event: gr.EventData) -> Settings:
        filters = remove_filter(settings.filters, event._data["name"], event._data["text"])
        return with_filters(settings, filters)
