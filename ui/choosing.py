"""The line under the question box: how the next question is asked, as chips. Owns the wiring only.

What the chips mean and look like is ui/settings.py's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.config import Config
from rag.errors import InputError
from rag.records import Filters
from rag.stated import read_filters
from ui.parts import Updates, region
from ui.settings import Settings, add_filter, merge_filters, remove_filter, render_settings

if TYPE_CHECKING:
    from rag.library import Library


class Choosing:
    """Built inside the Ask tab. Its settings are a page's own, and apart from its conversation: both can
    change at once."""

    def __init__(self, config: Config, library: Library) -> None:
        self._config = config
        self._library = library
        self.settings = gr.State(None)
        self._chips = region("chips", ["mode", "words", "filter", "unfilter"])
        self.regions = [self.settings, self._chips]
        queued: dict[str, Any] = {"show_progress": "hidden"}
        quick = {**queued, "queue": False}
        self._chips.mode(self._set_mode, self.settings, self.regions, **quick)
        self._chips.words(self._set_words, self.settings, self.regions, **quick)
        self._chips.filter(self._add_filter, self.settings, self.regions, **queued)
        self._chips.unfilter(self._remove_filter, self.settings, self.regions, **quick)

    def shown(self, settings: Settings) -> Updates:
        """For `regions`."""
        chips = render_settings(settings, self._config.has_model, self._config.words)
        return {self.settings: settings, self._chips: chips}

    def with_stated(self, settings: Settings, question: str) -> Settings:
        """With the filters that the question states, if a paper can pass them."""
        _, stated = read_filters(question)
        if not stated or not self._library.allowed(stated):
            return settings
        return replace(settings, filters=merge_filters(settings.filters, stated))

    def only(self, settings: Settings, title: str) -> Updates:
        """For `regions`: have the next questions asked of the paper of that title alone."""
        return self.shown(replace(settings, filters=Filters(where=(("title", title),))))

    def _set_mode(self, settings: Settings, event: gr.EventData) -> Updates:
        return self.shown(replace(settings, llm=None if event._data["value"] == "model" else False))

    def _set_words(self, settings: Settings, event: gr.EventData) -> Updates:
        return self.shown(replace(settings, words=int(event._data["value"])))

    def _add_filter(self, settings: Settings, event: gr.EventData) -> Updates:
        try:
            filters = add_filter(settings.filters, event._data["name"], str(event._data["text"]))
        except InputError as error:
            gr.Warning(str(error))
            return {self.settings: settings}
        return self.shown(replace(settings, filters=filters))

    def _remove_filter(self, settings: Settings, event: gr.EventData) -> Updates:
        filters = remove_filter(settings.filters, event._data["name"], event._data["text"])
        return self.shown(replace(settings, filters=filters))
