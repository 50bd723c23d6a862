"""OpenAI's protocol: models, chat completions, embeddings. The forms are rag/server/openai_api.py's."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Body
from openai.types.chat import ChatCompletion
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rag.errors import RagError
from rag.retrieval.question import check_question
from rag.server import openai_api
from rag.server.answer_events import COMMENT, KEEP_ALIVE_S
from rag.server.bodies import ChatBody, EmbeddingsBody
from rag.server.failures import SafeJSON, failure_body
from rag.server.openai_api import Completion
from rag.server.openapi import CHAT_EXAMPLES, EVENT_STREAM, errors
from rag.server.service import LibraryServer, Prompted

if TYPE_CHECKING:
    from rag.assistant import Assistant

EMBEDDERS = ("rag", "text-embedding-3-small")
"""What a request for embeddings may name: us, and the name that clients have built in."""


def openai_routes(service: LibraryServer) -> APIRouter:
    """The routes that a stock OpenAI client calls."""
    routes = APIRouter(tags=["OpenAI"])

    @routes.get(
        "/v1/models", summary="List models", responses={200: {"model": openai_api.ModelList}, **errors()}
    )
    async def models() -> Response:
        """`rag` has a language model write where one is configured, `rag-extractive` never; with `/NAME`
        behind it, either asks that library."""
        return SafeJSON(openai_api.models(list(service.libraries)))

    @routes.post(
        "/v1/chat/completions",
        summary="Ask, in OpenAI's form",
        responses={
            200: {"model": ChatCompletion, "content": EVENT_STREAM},
            **errors(404, 409, 429, 502, 503, 504),
        },
    )
    async def chat(
        request: Request, body: Annotated[ChatBody, Body(openapi_examples=CHAT_EXAMPLES)]
    ) -> Response:
        """The last user message is the question. The text has numbered citations and the cited sentences; the
        whole answer is beside it as `rag`. Fields that a library cannot honour are refused by name."""
        asked = openai_api.chat_request(body.model_dump(exclude_unset=True))
        check_question(asked.question)
        assistant = service.assistant(asked.library)
        prompted = Prompted(asked.question, asked.history, llm=openai_api.MODELS[asked.model])
        service.may_ask(assistant, prompted, request.state.caller)
        if asked.stream:
            events = _events(service, assistant, asked, prompted, request)
            return StreamingResponse(events, media_type="text/event-stream")
        work = service.ask(assistant, prompted, request.state.caller)
        answer = await service.asks.run(work, request.is_disconnected)
        return SafeJSON(Completion(asked.name).whole(answer))

    @routes.post(
        "/v1/embeddings",
        summary="Embed texts",
        responses={200: {"model": openai_api.EmbeddingList}, **errors(404, 409, 503)},
    )
    async def embeddings(request: Request, body: EmbeddingsBody) -> Response:
        """The vectors of texts, as the library's encoder makes them of passages; unit length."""
        assistant = service.assistant(openai_api.named_library(body.model, EMBEDDERS)[1])
        texts = [body.input] if isinstance(body.input, str) else body.input
        if not texts or len(texts) > openai_api.MOST_EMBEDDED or not all(map(str.strip, texts)):
            raise HTTPException(
                400, f'"input" must be 1 to {openai_api.MOST_EMBEDDED} texts that are not empty'
            )
        if body.dimensions not in (None, assistant.encoder.dimensions):
            raise HTTPException(400, f'"dimensions" can only be {assistant.encoder.dimensions}')
        encoded = await service.asks.run(
            lambda cancellation: list(assistant.encoder.encode_passages(texts)), request.is_disconnected
        )
        rows = [np.asarray(each.vector, np.float32) for each in encoded]
        data: list[dict[str, Any]] = [
            {
                "object": "embedding",
                "index": n,
                "embedding": base64.b64encode(row.tobytes()).decode()
                if body.encoding_format == "base64"
                else row.tolist(),
            }
            for n, row in enumerate(rows)
        ]
        n_tokens = await run_in_threadpool(lambda: sum(map(assistant.encoder.n_tokens, texts)))
        return SafeJSON(openai_api.embedding_list(body.model, data, n_tokens))

    return routes


async def _events(
    service: LibraryServer,
    assistant: Assistant,
    asked: openai_api.ChatRequest,
    prompted: Prompted,
    request: Request,
) -> AsyncIterator[str]:
    """Server-sent events: the opening at once, comments while we wait, then the checked answer: the protocol
    cannot take back a sentence that its evidence turns out not to support."""
    reply = Completion(asked.name)
    yield reply.opening()
    work = service.ask(assistant, prompted, request.state.caller)
    answering = asyncio.ensure_future(service.asks.run(work))
    try:
        while not (await asyncio.wait({answering}, timeout=KEEP_ALIVE_S))[0]:
            yield COMMENT
        answer = answering.result()
    except RagError as error:
        yield openai_api.event(failure_body(error, service.paths))
        return
    finally:
        answering.cancel()  # a client that hung up is not answered; one that was, is done
    for piece in reply.rest(answer, include_usage=asked.include_usage):
        yield piece
