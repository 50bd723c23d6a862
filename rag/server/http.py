"""The library over HTTP: what is served under which path, and what every request passes on its way.

    POST /v1/ask             a question; JSON, or server-sent events
    GET  /v1/search          ranked papers
    POST /v1/check           a text, or claims with their evidence
         /v1/papers          list, read, add, remove
    GET  /v1/libraries       what is served here
    GET  /v1/models, POST /v1/chat/completions, /v1/responses, /v1/embeddings     OpenAI's protocol
         /mcp                the Model Context Protocol
    GET  /healthz, /readyz, /metrics, /v1/status
    GET  /docs, /openapi.json

/ask, /search, /papers/{id} and /status are aliases. Only JSON bodies are taken where JSON is meant, only
known Host names are served and only pages of known sites may ask, so that a web page open in a browser on the
same machine cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from rag import errors
from rag.errors import RagError
from rag.server import openapi
from rag.server.bodies import first_fault
from rag.server.body_rules import BodyRules
from rag.server.failures import failure, refusal
from rag.server.gatekeeper import Gatekeeper, Recorder
from rag.server.mcp_transports import McpEndpoint
from rag.server.routes_ask import ask_routes
from rag.server.routes_openai import openai_routes
from rag.server.routes_operator import operator_routes
from rag.server.routes_papers import paper_routes
from rag.server.service import LibraryServer
from rag.version import __version__

ASSETS = "/docs/assets"
UNREADABLE = "There was an error parsing the body"
"""What FastAPI says of JSON that is too deep or holds a number too long."""


def build_app(service: LibraryServer, on_stop: Callable[[], None] | None = None) -> FastAPI:
    """The ASGI application around a service; `on_stop` is called once it has ended."""
    mcp = McpEndpoint(service)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with mcp.running():
            yield
        if on_stop is not None:
            on_stop()

    app = FastAPI(
        title=openapi.TITLE,
        description=openapi.DESCRIPTION,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=_middleware(service),
        exception_handlers=_handlers(service),
        telemetry={"tracer_provider": service.tracing} if service.tracing else None,
    )
    for routes in (ask_routes, paper_routes, openai_routes, operator_routes):
        app.include_router(routes(service))
    app.router.routes += [
        Route("/mcp", mcp, methods=["GET", "POST", "DELETE"]),
        Route("/docs", _documentation),
        Mount(ASSETS, StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static")),
        Route("/", _front(service)),
    ]
    app.openapi = _described(app)  # type: ignore[method-assign]
    return app


def _middleware(service: LibraryServer) -> list[Middleware]:
    """The outermost first."""
    settings = service.settings
    browsers = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Mcp-Session-Id", "Mcp-Protocol-Version"],
        expose_headers=["Mcp-Session-Id", "Retry-After", "X-Request-Id"],
    )
    return [
        Middleware(Recorder, service=service),
        *([browsers] if settings.origins else []),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts), www_redirect=False),
        Middleware(Gatekeeper, service=service),
        Middleware(BodyRules, settings=settings),
    ]


def _handlers(service: LibraryServer) -> dict[Any, Any]:
    def failed(request: Request, error: RagError) -> Response:
        return failure(error, service.paths)

    def refused(request: Request, error: HTTPException) -> Response:
        if error.detail == UNREADABLE:
            return refusal(400, "the body is not JSON", kind=errors.InputError.__name__)
        return refusal(error.status_code, str(error.detail), error.headers)

    def invalid(request: Request, error: RequestValidationError) -> Response:
        return refusal(400, first_fault(error.errors()), kind=errors.InputError.__name__)

    def broken(request: Request, error: Exception) -> Response:
        return refusal(500, "something failed here; its request id is in the log")

    return {
        RagError: failed,
        HTTPException: refused,
        RequestValidationError: invalid,
        Exception: broken,
    }


def _documentation(request: Request) -> Response:
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=openapi.TITLE,
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
    )


def _front(service: LibraryServer) -> Any:
    def front(request: Request) -> Response:
        return RedirectResponse(f"{service.settings.page}/" if service.settings.page else "/docs")

    return front


def _described(app: FastAPI) -> Any:
    """OpenAPI as FastAPI makes it, tidied once, with the key's scheme."""
    make = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = openapi.tidy(make())
            schema["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{}, {"key": []}]
            app.openapi_schema = schema
        return app.openapi_schema

    return described
