"""OpenAI's protocol: models, chat completions, responses, embeddings. Forms are rag/server/openai_*.py's."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Annotated, Any, Protocol

import numpy as np
from fastapi import APIRouter, Body
from openai.types.chat import ChatCompletion
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rag.errors import RagError
from rag.llm.limits import Cancellation
from rag.records import Answer
from rag.retrieval.question import check_question
from rag.server import openai_api
from rag.server.answer_events import COMMENT, KEEP_ALIVE_S
from rag.server.bodies import ChatBody, EmbeddingsBody, ResponsesBody
from rag.server.failures import SafeJSON, failure_body
from rag.server.openai_api import Completion
from rag.server.openai_requests import (
    MODELS,
    OpenAIRequest,
    chat_request,
    named_library,
    responses_request,
)
from rag.server.openai_responses import ResponseObject, ResponseReply
from rag.server.openapi import CHAT_EXAMPLES, EVENT_STREAM, RESPONSES_EXAMPLES, errors
from rag.server.service import LibraryServer, Prompted

EMBEDDERS = ("rag", "text-embedding-3-small")
"""What a request for embeddings may name: us, and the name that clients have built in."""


class ReplyForm(Protocol):
    """One reply in the form of one protocol."""

    def whole(self, answer: Answer) -> dict[str, Any]: ...

    def opening(self) -> Iterator[str]: ...

    def rest(self, answer: Answer) -> Iterator[str]: ...

    def failed(self, fault: Mapping[str, Any]) -> str: ...


def openai_routes(service: LibraryServer) -> APIRouter:
    """The routes that a stock OpenAI client calls."""
    routes = APIRouter(tags=["OpenAI"])

    @routes.get(
        "/v1/models", summary="List models", responses={200: {"model": openai_api.ModelList}, **errors()}
    )
    async def models() -> Response:
        """`rag` has a language model write where one is configured, `rag-extractive` never; with `/NAME`
        behind it, either asks that library."""
        return SafeJSON(openai_api.model_list(list(service.libraries)))

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
        asked = chat_request(body.model_dump(exclude_unset=True))
        return await _answered(service, asked, Completion(asked.name, asked.include_usage), request)

    @routes.post(
        "/v1/responses",
        summary="Ask, in OpenAI's newer form",
        responses={
            200: {"model": ResponseObject, "content": EVENT_STREAM},
            **errors(404, 409, 429, 502, 503, 504),
        },
    )
    async def respond(
        request: Request, body: Annotated[ResponsesBody, Body(openapi_examples=RESPONSES_EXAMPLES)]
    ) -> Response:
        """The input, or its last user message, is the question. Nothing is stored: earlier turns are sent
        again, and `previous_response_id` is refused."""
        asked = responses_request(body.model_dump(exclude_unset=True))
        return await _answered(service, asked, ResponseReply(asked), request)

    @routes.post(
        "/v1/embeddings",
        summary="Embed texts",
        responses={200: {"model": openai_api.EmbeddingList}, **errors(404, 409, 503)},
    )
    async def embeddings(request: Request, body: EmbeddingsBody) -> Response:
        """The vectors of texts, as the library's encoder makes them of passages; unit length."""
        assistant = service.assistant(named_library(body.model, EMBEDDERS)[1])
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


async def _answered(
    service: LibraryServer, asked: OpenAIRequest, form: ReplyForm, request: Request
) -> Response:
    """The answer in a protocol's form, whole or as events."""
    check_question(asked.question)
    assistant = service.assistant(asked.library)
    prompted = Prompted(asked.question, asked.history, llm=MODELS[asked.model])
    service.may_ask(assistant, prompted, request.state.caller)
    work = service.ask(assistant, prompted, request.state.caller)
    if asked.stream:
        service.asks.check_room()
        return StreamingResponse(_events(service, work, form), media_type="text/event-stream")
    return SafeJSON(form.whole(await service.asks.run(work, request.is_disconnected)))


async def _events(
    service: LibraryServer, work: Callable[[Cancellation], Answer], form: ReplyForm
) -> AsyncIterator[str]:
    """Server-sent events: the opening at once, comments while we wait, then the checked answer: the protocols
    cannot take back a sentence that its evidence turns out not to support."""
    for piece in form.opening():
        yield piece
    answering = asyncio.ensure_future(service.asks.run(work))
    try:
        while not (await asyncio.wait({answering}, timeout=KEEP_ALIVE_S))[0]:
            yield COMMENT
        answer = answering.result()
    except RagError as error:
        yield form.failed(failure_body(error, service.paths)["error"])
        return
    finally:
        answering.cancel()  # a client that hung up is not answered; one that was, is done
    for piece in form.rest(answer):
        yield piece
