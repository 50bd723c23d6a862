"""What a body may be before anything reads it: its size, and that JSON is called JSON."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.server.failures import refusal
from rag.server.service import ServerSettings

UPLOADS = "/v1/papers/file"
"""The one route whose body is a file."""


class BodyRules:
    """Refuses bodies that are too large (413), as soon as that shows, or of another type (415). The chat page
    and its uploads are Gradio's to limit."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_page(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = scope["path"] == UPLOADS
        largest = self._settings.largest_upload if is_upload else self._settings.largest_body
        if scope["method"] == "POST" and not is_upload and _has_body(headers) and not _is_json(headers):
            await refusal(415, "send the body as application/json")(scope, receive, send)
            return
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length[:20]) > largest:
            await refusal(413, _too_large(largest))(scope, receive, send)
            return
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > largest:
                raise HTTPException(413, _too_large(largest))
            return message

        await self._app(scope, counted, send)

    def _is_page(self, path: str) -> bool:
        page = self._settings.page
        return page is not None and (path == page or path.startswith(f"{page}/"))


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _too_large(largest: int) -> str:
    return f"the body is larger than {largest:,} bytes"


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
