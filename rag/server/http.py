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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from rag import errors
from rag.errors import InputError, RagError
from rag.papers.filters import NAMES, parse_filters
from rag.records import Answer, History, SearchMode, as_history
from rag.retrieval.question import check_question
from rag.server import mcp, openai_api

if TYPE_CHECKING:
    from rag.assistant import Assistant

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]

LARGEST_BODY = 2**20
KEEP_ALIVE_S = 5.0
"""Between comments sent while an answer is being written, so that no proxy thinks the line dead."""
LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
STATUS = {
    errors.InputError: 400,
    errors.LibraryEmpty: 409,
    errors.LibraryLocked: 409,
    errors.ModelTimeout: 504,
    errors.ModelUnavailable: 503,
    errors.BudgetExceeded: 429,
    errors.ModelError: 502,
    errors.RagError: 500,
}
"""HTTP status of an error: that of its nearest ancestor here."""
_KINDS = {str: "text", int: "a whole number from 1", bool: "true or false", list: "a list", dict: "an object"}


class Server:
    """The routes around one open Assistant."""

    def __init__(self, assistant: Assistant, key: str | None = None) -> None:
        self.assistant = assistant
        self._key = key

    def app(self, hosts: Sequence[str] = LOOPBACK) -> Starlette:
        """The ASGI application; `hosts` are the names it may be called by ("*": any)."""
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
            exception_handlers={RagError: _failed, HTTPException: _refused},
        )

    async def ask(self, request: Request) -> Response:
        body = await _json(request)
        answer = await run_in_threadpool(
            self.assistant.ask,
            check_question(_get(body, "question", str) or ""),
            history=_history(body),
            filters=parse_filters(_get(body, "filters", dict) or {}),
            words=_get(body, "words", int),
            llm=_get(body, "llm", bool),
            top=_get(body, "top", int),
        )
        return JSONResponse(answer.to_dict())

    async def search(self, request: Request) -> Response:
        asked = request.query_params
        mode, top = asked.get("mode", "hybrid"), asked.get("top", "10")
        if mode not in get_args(SearchMode) or not top.isdigit() or int(top) < 1:
            raise InputError(f"mode is one of {', '.join(get_args(SearchMode))}, and top a number from 1")
        given = {
            name: asked.getlist(name) if name in ("author", "where") else asked[name]
            for name in NAMES
            if name in asked
        }
        ranked = await run_in_threadpool(
            self.assistant.search,
            check_question(asked.get("q", "")),
            top=int(top),
            mode=cast(SearchMode, mode),
            filters=parse_filters(given),
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
            return StreamingResponse(self._events(asked), media_type="text/event-stream")
        return JSONResponse(openai_api.Completion(asked.model).whole(await self._answer(asked)))

    async def mcp(self, request: Request) -> Response:
        said = await run_in_threadpool(mcp.reply, self.assistant, await _json(request))
        return Response(status_code=202) if said is None else JSONResponse(said)

    async def _events(self, asked: openai_api.ChatRequest) -> AsyncIterator[str]:
        """Server-sent events: the opening at once, comments while we wait, then the checked answer."""
        reply = openai_api.Completion(asked.model)
        yield reply.opening()
        answering = asyncio.ensure_future(self._answer(asked))
        while not (await asyncio.wait({answering}, timeout=KEEP_ALIVE_S))[0]:
            yield ": still at it\n\n"
        try:
            answer = answering.result()
        except RagError as error:
            yield openai_api.event(_as_json(error))
            return
        for piece in reply.rest(answer, include_usage=asked.include_usage):
            yield piece

    async def _answer(self, asked: openai_api.ChatRequest) -> Answer:
        llm = openai_api.MODELS[asked.model]
        return await run_in_threadpool(self.assistant.ask, asked.question, history=asked.history, llm=llm)

    def _guarded(self, handler: Handler) -> Handler:
        """The handler, asked only by who knows the key, where there is one."""

        async def guarded(request: Request) -> Response:
            given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
            if self._key and not hmac.compare_digest(given, self._key.encode()):
                raise HTTPException(401, "give the server's key, as Authorization: Bearer KEY")
            return await handler(request)

        return guarded


async def _json(request: Request) -> dict[str, Any]:
    """The body, a JSON object. Raises HTTPException (413, 415) and InputError."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
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


def _get(body: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """The value, or None where it is absent or null. Raises InputError where it is of another kind."""
    value = body.get(name)
    if value is None:
        return None
    if type(value) is not kind or (isinstance(value, int) and kind is int and value < 1):
        raise InputError(f'"{name}" is {value!r}; it must be {_KINDS[kind]}')
    return value


def _history(body: Mapping[str, Any]) -> History:
    try:
        return as_history(_get(body, "history", list))
    except (ValueError, TypeError) as error:
        raise InputError(f'"history": {error}') from error


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RagError)
    return JSONResponse(_as_json(error), status_of(type(error)))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": {"message": error.detail, "type": "HTTPError"}}, error.status_code)


def _as_json(error: RagError) -> dict[str, Any]:
    """In the form that OpenAI's clients read an error from."""
    return {"error": {"message": str(error), "type": type(error).__name__, "code": None, "param": None}}


def status_of(kind: type[RagError]) -> int:
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)
