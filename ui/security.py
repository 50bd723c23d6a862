"""What the page's server lets in and out, around all that Gradio answers.

Only this machine's own names are served, so that no web site can make its own name point here and ask
in its reader's stead, unless people sign in (ui/sign_in.py); and whatever a page holds, the browser may
fetch nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.sign_in import Keys, SignIn

HOSTS = ["127.0.0.1", "localhost", "[::1]"]
# Gradio writes styles and small scripts into the page, and compiles its templates in the browser.
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'self'; base-uri 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class Headers:
    """Adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def guards(keys: Keys | None = None, *, is_local: bool = True) -> list[Middleware]:
    """The outermost first. `keys`: who may sign in, where one has to.

    A server for other machines goes by any name: what a web site's name that points here can do is nothing
    without the sign-in, whose cookie belongs to the page's own name."""
    if not is_local and keys is None:
        raise ValueError("a page that other machines reach needs keys")
    guards = [Middleware(Headers)]
    if is_local:
        guards.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS))
    return [*guards, Middleware(SignIn, keys=keys)] if keys else guards
