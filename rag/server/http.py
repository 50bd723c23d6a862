"""The library over HTTP: REST, an OpenAI-compatible route, and the Model Context Protocol.

    POST /ask                  {"question", "history"?, "filters"?, "words"?, "llm"?, "top"?} -> Answer
    GET  /search?q=...         &top= &mode= &year= &author= &venue= &source= &where=   -> ranked papers
    GET  /papers/{paper_id}    a paper's record
    GET  /status               what the library holds
    GET  /v1/models, POST /v1/chat/completions
    POST /mcp                  a message of the Model Context Protocol -> its reply

Filters are spelled as on the command line. Only JSON bodies are taken and only known Host names served,
so that a web page open in a browser on the same machine cannot ask (its request is not "simple", and a
name it makes point here is not known). Answers are streamed only once they are checked: the protocol
cannot take back a sentence that its evidence turns out not to bear.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from rag import errors
from rag.errors import InputError, RagError
from rag.papers.filters import LISTS, NAMES, parse_filters
from rag.records import Answer, History, as_history
from rag.retrieval.question import check_question
from rag.server import mcp, openai_api
from rag.server.ask_queue import AskQueue
from rag.server.bodies import AskBody, SearchQuery, read_body

if TYPE_CHECKING:
    from rag.assistant import Assistant

Handler = Callable[[Request], Awaitable[Response]]

LARGEST_BODY = 2**20
KEEP_ALIVE_S = 5.0
"""Between comments sent while an answer is being written, so that no proxy thinks the line dead."""
LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
STATUS = {
    errors.InputError: 400,
    errors.ConfigError: 400,
    errors.Cancelled: 499,
    errors.ServerBusy: 503,
    errors.LibraryEmpty: 409,
    errors.LibraryLocked: 409,
    errors.ModelTimeout: 504,
    errors.ModelUnavailable: 503,
    errors.BudgetExceeded: 429,
    errors.ModelError: 502,
    errors.RagError: 500,
}
"""HTTP status of an error: that of its nearest ancestor here."""
RETRY_S = "2"
"""Seconds after which a client that was refused for want of room should try again."""


class Server:
    """The routes around one open Assistant."""

    def __init__(self, assistant: Assistant, key: str | None = None) -> None:
        self.assistant = assistant
        self._key = key
        self._hosts: Sequence[str] = LOOPBACK
        self._asks = AskQueue()

    def app(self, hosts: Sequence[str] = LOOPBACK) -> Starlette:
        """The ASGI application; `hosts` are the names it may be called by ("*": any)."""
        self._hosts = hosts
        routes = [
            Route("/ask", self._guarded(self.ask), methods=["POST"]),
            Route("/search", self._guarded(self.search)),
            Route("/papers/{paper_id:path}", self._guarded(self.paper)),
            Route("/status", self._guarded(self.status)),
            Route("/v1/models", self._guarded(self.models)),
            Route("/v1/chat/completions", self._guarded(self.chat), methods=["POST"]),
            Route("/mcp", self._guarded(self.mcp), methods=["POST"]),
        ]
        return Starlette(
            routes=routes,
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
            exception_handlers={RagError: self._failed, HTTPException: _refused},
        )

    async def ask(self, request: Request) -> Response:
        body = read_body(AskBody, await _json(request))
        if body.llm and not self.assistant.config.has_model:
            raise InputError('"llm" is true, but this server has no language model; leave it out')
        ask = partial(
            self.assistant.ask,
            check_question(body.question),
            history=_history(body.history),
            filters=parse_filters(body.filters.given()) if body.filters else None,
            words=body.words,
            llm=body.llm,
            top=body.top,
        )
        answer = await self._asks.run(ask, request.is_disconnected)
        return JSONResponse(answer.to_dict())

    async def search(self, request: Request) -> Response:
        query = read_body(SearchQuery, _by_name(request.query_params))
        if int(query.top) < 1:
            raise InputError('"top" is 0; it must be a number from 1')
        ranked = await run_in_threadpool(
            self.assistant.search,
            check_question(query.q),
            top=int(query.top),
            mode=query.mode,
            filters=parse_filters(query.model_dump(include=set(NAMES), exclude_none=True)),
        )
        return JSONResponse([each.to_dict() for each in ranked])

    async def paper(self, request: Request) -> Response:
        paper_id = request.path_params["paper_id"]
        paper = await run_in_threadpool(self.assistant.library.paper, paper_id)
        if paper is None:
            raise HTTPException(404, f"no paper {paper_id!r} in this library")
        return JSONResponse(paper.to_dict())

    async def status(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.assistant.library.status))

    async def models(self, request: Request) -> Response:
        return JSONResponse(openai_api.models())

    async def chat(self, request: Request) -> Response:
        asked = openai_api.chat_request(await _json(request))
        check_question(asked.question)
        if asked.stream:
            return StreamingResponse(self._events(asked, request), media_type="text/event-stream")
        return JSONResponse(openai_api.Completion(asked.model).whole(await self._answer(asked, request)))

    async def mcp(self, request: Request) -> Response:
        revision = request.headers.get("mcp-protocol-version")
        if revision is not None and revision not in mcp.REVISIONS:
            raise HTTPException(400, f"MCP-Protocol-Version is {revision!r}; use {mcp.REVISIONS[0]}")
        message = await _json(request)
        reply = await self._asks.run(partial(mcp.reply, self.assistant, message), request.is_disconnected)
        return Response(status_code=202) if reply is None else JSONResponse(reply)

    async def _events(self, asked: openai_api.ChatRequest, request: Request) -> AsyncIterator[str]:
        """Server-sent events: the opening at once, comments while we wait, then the checked answer."""
        reply = openai_api.Completion(asked.model)
        yield reply.opening()
        answering = asyncio.ensure_future(self._answer(asked, request))
        try:
            while not (await asyncio.wait({answering}, timeout=KEEP_ALIVE_S))[0]:
                yield ": still at it\n\n"
            answer = answering.result()
        except RagError as error:
            yield openai_api.event(self._as_json(error))
            return
        finally:
            answering.cancel()  # a client that hung up is not answered; one that was, is done
        for piece in reply.rest(answer, include_usage=asked.include_usage):
            yield piece

    async def _answer(self, asked: openai_api.ChatRequest, request: Request) -> Answer:
        llm = openai_api.MODELS[asked.model]
        ask = partial(self.assistant.ask, asked.question, history=asked.history, llm=llm)
        return await self._asks.run(ask, request.is_disconnected)

    def close(self) -> None:
        """End the questions under way."""
        self._asks.close()

    def _failed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RagError)
        headers = {"Retry-After": RETRY_S} if isinstance(error, errors.ServerBusy) else None
        return JSONResponse(self._as_json(error), status_of(type(error)), headers)

    def _as_json(self, error: RagError) -> dict[str, Any]:
        """In the form that OpenAI's clients read an error from; without the path of the library."""
        message = str(error).replace(str(self.assistant.config.library), "this library")
        return {"error": {"message": message, "type": type(error).__name__, "code": None, "param": None}}

    def _guarded(self, handler: Handler) -> Handler:
        """The handler, asked only by who knows the key, where there is one, and by no other site's page."""

        async def guarded(request: Request) -> Response:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            # Headers come as Latin-1; the key was typed as UTF-8.
            matches = hmac.compare_digest(given.strip().encode("latin-1"), (self._key or "").encode())
            if self._key and not (matches and scheme.lower() == "bearer"):
                raise HTTPException(401, "give the server's key, as Authorization: Bearer KEY")
            origin = urlsplit(request.headers.get("origin", "")).hostname
            if origin is not None and origin not in self._hosts and "*" not in self._hosts:
                raise HTTPException(403, "a page of another site may not ask here")
            return await handler(request)

        return guarded


async def _json(request: Request) -> dict[str, Any]:
    """The body, a JSON object. Raises HTTPException (413, 415) and InputError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send the body as application/json")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            raise HTTPException(413, f"the body is larger than {LARGEST_BODY:,} bytes")
    try:
        body = json.loads(bytes(content))
    except (ValueError, RecursionError) as error:
        raise InputError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise InputError("the body must be a JSON object")
    return body


def _by_name(given: QueryParams) -> dict[str, str | list[str]]:
    """The query string's values; those of LISTS as lists, of the others the last."""
    return {name: given.getlist(name) if name in LISTS else given[name] for name in given}


def _history(turns: list[list[str]]) -> History:
    try:
        return as_history(turns)
    except (ValueError, TypeError) as error:
        raise InputError(f'"history": {error}') from error


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": {"message": error.detail, "type": "HTTPError"}}, error.status_code)


def status_of(kind: type[RagError]) -> int:
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)
