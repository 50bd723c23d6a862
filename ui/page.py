"""The page: its tabs around one Assistant, its look, and the local server that shows it.

Owns the frame and what Gradio is told; each tab is its own module. Nothing is fetched from outside:
system fonts, no analytics, no link previews.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict

# Read by Gradio when it is imported and when it starts: no telemetry, no version check.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from ui.ask.session import Session
from ui.ask.tab import AskTab
from ui.evaluate.tab import EvaluateTab
from ui.library.catalogue import Catalogue
from ui.library.tab import LibraryTab
from ui.links import TabLinks
from ui.map.tab import MapTab
from ui.security import guards
from ui.sign_in import Keys
from ui.widgets.faults import guarded
from ui.widgets.html_region import Updates
from ui.widgets.markup import button, icon, plural
from ui.widgets.worker import Threads

if TYPE_CHECKING:
    from rag.assistant import Assistant

TITLE = "Ask the abstracts"
SCRIPTS = ("widgets/focus.js", "page.js", "ask/address.js", "map/map.js")
UPLOADS_S = (3600, 3600)
"""How often Gradio's own copies of uploaded files are looked through, and how old they get."""
MOST_PAGES = 300
"""Pages of which the server keeps what they show; of more, the one longest untouched starts anew. Gradio
keeps 10,000 and lets go of none: a server that runs for months would fill its memory with pages long
closed."""
SANS = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "Liberation Mono", "monospace")


class PageLook(TypedDict):
    """Theme and head of the page."""

    theme: gr.themes.Base
    head: str


def build_page(
    assistant: Assistant, closing: ExitStack | None = None, *, signs_in: bool = False
) -> gr.Blocks:
    """The whole page around `assistant`; show it with `serve_page`. Close `closing` before the assistant: it
    ends what is asked beside the page. `signs_in`: readers sign in, and can sign out."""
    _header = partial(render_header, signs_in=signs_in)
    closing, threads = closing or ExitStack(), Threads()
    closing.callback(threads.close)  # the last: what is asked in them is told to end before
    catalogue = Catalogue(assistant.library, threads)
    blocks = gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=UPLOADS_S)
    with blocks:
        header = gr.HTML(_header(assistant.library.n_papers), elem_id="header", apply_default_css=False)
        downloads = gr.JSON(visible="hidden", elem_id="downloads")
        downloads.change(None, downloads, js="(file) => rag.download(file)")
        with gr.Tabs(elem_id="tabs", selected="ask") as tabs:
            with gr.Tab("Ask", id="ask"):
                asking = AskTab(assistant, catalogue, downloads, closing, threads)
            with gr.Tab("Library", id="library") as library_tab:
                library = LibraryTab(assistant, catalogue, asking.reading, downloads, threads)
            with gr.Tab("Map", id="map") as map_tab:
                drawn = MapTab(assistant, catalogue, threads)
            with gr.Tab("Evaluate", id="evaluate") as evaluate_tab:
                measured = EvaluateTab(assistant, threads)
        greeted = asking.on_load(blocks)
        greeted.then(
            guarded(lambda session, view: replace(view, browser=session.browser)),
            [asking.regions.session, library.view],
            library.view,
            show_progress="hidden",
        )
        blocks.load(
            guarded(lambda: _header(assistant.library.n_papers)), None, header, show_progress="hidden"
        )
        library.on_select(library_tab)
        drawn.on_select(map_tab)
        measured.on_select(evaluate_tab)

        def recount(session: Session) -> Updates:
            return {header: _header(assistant.library.n_papers), **asking.recounted(session)}

        page = asking.regions
        for change in (*library.changes, asking.demo_read):
            change.then(guarded(recount), page.session, [header, page.live], show_progress="hidden")
        TabLinks(tabs, asking, library, drawn)
    return blocks


def serve_page(
    blocks: gr.Blocks, port: int, host: str = "127.0.0.1", keys: Keys | None = None, *, is_local: bool = True
) -> str:
    """Serve on `host`, in a thread that `blocks.close()` ends, and return the address.

    Raises ValueError where other machines reach it and there are no `keys` to sign in with."""
    blocks.queue(default_concurrency_limit=None, api_open=False)
    _, address, _ = blocks.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        show_error=True,
        footer_links=[],
        favicon_path=str(files("ui").joinpath("icon.svg")),
        app_kwargs={"middleware": guards(keys, is_local=is_local)},
        run_history=False,
        state_session_capacity=MOST_PAGES,
        max_threads=200,  # a question holds one as long as its model is silent
        **page_look(),
    )
    return str(address)


def page_look() -> PageLook:
    """What Gradio is given for the page's look, however the page is served."""
    # Not as `css`: Gradio would scope each rule to its own container, and so lose :root and .dark.
    return PageLook(theme=_theme(), head=_head())


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        font=[gr.themes.Font(name) for name in SANS], font_mono=[gr.themes.Font(name) for name in MONO]
    )


def render_header(n_papers: int, *, signs_in: bool = False) -> str:
    toggle = button(icon("theme"), "tool", "Light or dark", theme_toggle="")
    count = f'<span id="count">{plural(n_papers, "paper")}</span>'
    out = '<form method="post" action="sign-out"><button class="quiet">Sign out</button></form>'
    return f'<h1>{TITLE}</h1><div class="right">{count}{toggle}{out if signs_in else ""}</div>'


def _head() -> str:
    scripts = "".join(f"<script>{_packaged(name)}</script>" for name in SCRIPTS)
    return f"<style>{_packaged('theme.css')}</style>{scripts}"


def _packaged(name: str) -> str:
    return files("ui").joinpath(name).read_text(encoding="utf-8")
