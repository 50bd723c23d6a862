"""What every request passes: it is named, counted and logged; then let in, or refused.

Two ASGI middlewares. `Recorder` gives each request an id, its reply the security headers, and the log and the
metrics a line. `Gatekeeper` knows hosts, sites of browsers, keys and rates. What a key may do beyond asking
is the routes' to say."""

from __future__ import annotations

import base64
import binascii
import logging
import re
import time
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.server.failures import refusal
from rag.server.keys import ServerKey
from rag.server.logs import FIELDS, REQUESTS
from rag.server.service import Caller, LibraryServer

LOG = logging.getLogger(REQUESTS)
OPEN = ("/", "/healthz", "/readyz", "/docs", "/openapi.json")
"""Answered without a key: whether the server lives, and what it offers and where."""
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""Those that counts and logs name: a stranger may send any word for one."""
ASSETS = "/docs/"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""Content policy of data: a browser that shows it runs and fetches nothing."""
DOCUMENTATION = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)
QUIET = ("/healthz", "/readyz", "/metrics")
"""Routes that monitors ask every few seconds: counted, not logged. So is what the chat page is made of."""


class Recorder:
    """Names, counts and logs requests, and adds the security headers."""

    def __init__(self, app: ASGIApp, service: LibraryServer) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        caller = Caller()
        scope.setdefault("state", {}).update(caller=caller, request_id=request_id)

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in self._headers(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        finally:
            self._record(scope, caller, status, time.perf_counter() - began)

    def _headers(self, path: str) -> Mapping[str, str]:
        page = self._service.settings.page
        if page and _is_under(path, page):
            return {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
        policy = DOCUMENTATION if path == "/docs" or path.startswith(ASSETS) else NOTHING
        return {**SECURITY, "content-security-policy": policy}

    def _record(self, scope: Scope, caller: Caller, status: int, took_s: float) -> None:
        page = self._service.settings.page
        in_page = page is not None and _is_under(scope["path"], page)
        route = str(page) if in_page else _route(scope)
        metrics = self._service.metrics
        method = scope["method"] if scope["method"] in METHODS else "other"
        metrics.requests.labels(route, method, str(status)).inc()
        metrics.request_seconds.labels(route).observe(took_s)
        if (in_page or route in QUIET) and status < 400:
            return
        line = {
            "request_id": scope["state"]["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * took_s, 1),
            "key": caller.key.name if caller.key else None,
            **caller.fields,
        }
        LOG.info("request", extra={FIELDS: line})


class Gatekeeper:
    """Refuses who may not ask: another host's name, another site's page, an unknown key, one too often."""

    def __init__(self, app: ASGIApp, service: LibraryServer) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http" and (refused := self._refusal(scope)):
            status, message, headers = refused
            await refusal(status, message, headers)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str, Mapping[str, str]] | None:
        headers = Headers(scope=scope)
        if not self._is_our_site(headers.get("origin", ""), headers.get("host", "")):
            return self._refused("origin", 403, "a page of another site may not ask here")
        path = scope["path"]
        if path in OPEN or path.startswith(ASSETS):
            return None
        page = self._service.settings.page
        in_page = page is not None and _is_under(path, page)
        keys = self._service.keys
        if not (keys.needed or self._service.settings.needs_key):
            return None
        key = keys.find(given) if (given := _given_key(headers, with_password=in_page)) else None
        if key is None:
            scheme = 'Basic realm="rag", charset="UTF-8"' if in_page else "Bearer"
            message = "give the server's key, as Authorization: Bearer KEY"
            return self._refused("key", 401, message, {"WWW-Authenticate": scheme})
        if in_page and not key.can_write:
            return self._refused("key", 403, "the page adds and removes papers: it needs a read-write key")
        return self._admit(scope, key, in_page)

    def _admit(
        self, scope: Scope, key: ServerKey, in_page: bool
    ) -> tuple[int, str, Mapping[str, str]] | None:
        scope["state"]["caller"].key = key
        if in_page:  # one look at it is a hundred requests
            return None
        refused = self._service.allowances.take_request(key)
        if refused is None:
            return None
        return self._refused("rate", 429, refused.message, {"Retry-After": str(refused.retry_after_s)})

    def _refused(
        self, reason: str, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str, Mapping[str, str]]:
        self._service.metrics.refused.labels(reason).inc()
        return status, message, headers or {}

    def _is_our_site(self, origin: str, host: str) -> bool:
        """Whether a request comes from no page, from a page of ours, or of a site that was named."""
        settings = self._service.settings
        if not origin or origin in settings.origins:
            return True
        try:
            site = urlsplit(origin)
            return site.netloc == host or (site.hostname or "") in settings.hosts
        except ValueError:
            return False


def _given_key(headers: Headers, *, with_password: bool) -> str | None:
    """The key of a request: a bearer's, or where a browser asks for one a password."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    # Headers come as Latin-1; the key was typed as UTF-8.
    text = given.strip().encode("latin-1").decode("utf-8", "surrogateescape")
    if scheme.lower() == "bearer":
        return text
    if with_password and scheme.lower() == "basic":
        try:
            return base64.b64decode(text, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            return None
    return None


def _is_under(path: str, page: str) -> bool:
    return path == page or path.startswith(f"{page}/")


def _route(scope: Scope) -> str:
    """The route's pattern, never the path: a path holds ids, and what strangers make up."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/mcp" if scope["path"] == "/mcp" else "other"
