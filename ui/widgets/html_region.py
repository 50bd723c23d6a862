"""What every tab is made of: regions of rendered HTML that raise events, and files handed to the browser."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import gradio as gr

Updates = dict[Any, Any]
"""New values by component; what is not named stays as it is."""


def region(elem_id: str, events: Sequence[str] = (), html: str = "") -> gr.HTML:
    """Shows `html`, later what it is given, and raises `events` from the controls in it that name one.

    Each event is an attribute of the region: `region("bar", ["new"]).new(handler, ...)`.
    """
    names = ", ".join(f"'{event}'" for event in events)
    script = f"rag.bind(element, trigger, '{elem_id}', [{names}])" if events else None
    return gr.HTML(html, elem_id=elem_id, js_on_load=script, apply_default_css=False)


def handed_over(name: str, text: str) -> dict[str, Any]:
    """A file for the browser to save; `at` tells two hand-overs of the same text apart."""
    mark = "\ufeff" if name.endswith(".csv") else ""  # or Excel takes it for something else than UTF-8
    return {"name": name, "text": mark + text, "at": time.monotonic_ns()}
