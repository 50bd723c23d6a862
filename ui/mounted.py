"""The page beside the routes of `rag serve`, in one process: `rag serve --ui`.

Who may open it, and under which names, is the server's to check (rag/server/gatekeeper.py).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ui.page import build_page, page_look

import gradio as gr  # isort: skip  # ui.page sets what Gradio reads when it is imported
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ui.security import Headers

if TYPE_CHECKING:
    from fastapi import FastAPI

    from rag.assistant import Assistant

AT_ROOT = ("manifest.json", "favicon.ico")


def mount_page(app: FastAPI, assistant: Assistant, path: str, closing: ExitStack) -> None:
    """Serve the page around `assistant` under `path`. Close `closing` once the server has stopped, and before
    the assistant."""
    blocks = build_page(assistant, closing)
    blocks.queue(default_concurrency_limit=None, api_open=False)
    gr.mount_gradio_app(
        app,
        blocks,
        path=path,
        app_kwargs={"middleware": [Middleware(Headers)]},
        ssr_mode=False,
        show_error=True,
        footer_links=[],
        run_history=False,
        **page_look(),
    )
    # Gradio's page and browsers ask for these two at the root, wherever the page is.
    app.router.routes += [Route(f"/{name}", _moved(f"{path}/{name}")) for name in AT_ROOT]


def _moved(path: str) -> Callable[[Request], Response]:
    return lambda request: RedirectResponse(path)
