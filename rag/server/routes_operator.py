"""For who runs the server: is it alive, is it ready, what does it count."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from rag.errors import RagError
from rag.server.bodies import LibraryName
from rag.server.failures import SafeJSON
from rag.server.metrics import CONTENT_TYPE
from rag.server.openapi import errors
from rag.server.replies import ServerState
from rag.server.service import LibraryServer

PRIVATE = ("library", "writer")
"""What a library says of itself that names this machine."""


def operator_routes(service: LibraryServer) -> APIRouter:
    """The routes that ask about the server, not about papers."""
    routes = APIRouter(tags=["operation"])

    @routes.get("/healthz", summary="Is it alive?", responses={200: {"model": ServerState}, **errors()})
    async def healthz() -> Response:
        """Answers while the process does; needs no key."""
        return SafeJSON({"status": "ok", "reasons": []})

    @routes.get(
        "/readyz",
        summary="Is it ready?",
        responses={200: {"model": ServerState}, 503: {"model": ServerState}, **errors()},
    )
    async def readyz() -> Response:
        """Whether every library can be asked; 503 with the reasons where not. Needs no key."""
        reasons = await run_in_threadpool(unready, service)
        return SafeJSON(
            {"status": "not ready" if reasons else "ok", "reasons": reasons}, 503 if reasons else 200
        )

    @routes.get(
        "/metrics",
        summary="Counts, for Prometheus",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **errors()},
        response_class=Response,
    )
    async def metrics() -> Response:
        """Requests, stages, questions by intent, support, tokens, cost and the queue."""
        return Response(service.metrics.render(), media_type=CONTENT_TYPE)

    @routes.get("/status", include_in_schema=False)
    @routes.get("/v1/status", summary="What a library holds", responses={200: {}, **errors(404)})
    async def status(library: LibraryName = None) -> Response:
        """Counts, sizes and state of a library, without a path of this machine."""
        told = await run_in_threadpool(lambda: service.library(library).status())
        name = library or next(iter(service.libraries))
        shown: dict[str, Any] = {key: value for key, value in told.items() if key not in PRIVATE}
        return SafeJSON({**shown, "library": name, "writer": told["writer"] is not None})

    return routes


def unready(service: LibraryServer) -> list[str]:
    """Why the server cannot answer questions now, library by library."""
    reasons = []
    for name, assistant in service.libraries.items():
        try:
            assistant.library.refresh()
        except RagError as error:
            reasons.append(f"{name}: {type(error).__name__}")
            continue
        if not assistant.library.n_papers:
            reasons.append(f"{name}: no papers")
        elif not assistant.library.is_encoded:
            reasons.append(f"{name}: needs repair")
    return reasons
