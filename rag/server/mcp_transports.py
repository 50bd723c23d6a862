"""How messages of the Model Context Protocol travel: over HTTP beside the other routes, or over a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from rag.server.mcp_server import build_mcp
from rag.server.service import LibraryServer

MOST_SESSIONS = 1000
IDLE_S = 600.0
"""Seconds after which a session that asks nothing is closed."""


class McpEndpoint:
    """Streamable HTTP, as an ASGI application; serves while `running()` does. Hosts, sites and keys are
    checked before it."""

    def __init__(self, service: LibraryServer) -> None:
        holds_sessions = service.settings.shared is None
        """Where several processes answer, the next request of a session would come to another."""
        self._manager = StreamableHTTPSessionManager(
            build_mcp(service),
            stateless=not holds_sessions,
            session_idle_timeout=IDLE_S if holds_sessions else None,
            max_sessions=MOST_SESSIONS,
            max_request_body_size=service.settings.largest_body,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Holds the sessions; may be entered once."""
        async with self._manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)


def serve_pipe(service: LibraryServer) -> None:
    """Speak on stdin and stdout until the client closes our stdin; what it asked for then ends."""

    async def serve() -> None:
        server = build_mcp(service)
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    try:
        asyncio.run(serve())
    finally:
        service.close()
