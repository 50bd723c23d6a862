"""Asking: questions, searches, checks. Bodies are rag/server/bodies.py's, replies rag/server/replies.py's."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from rag.errors import InputError
from rag.records import Answer, SupportStatus
from rag.retrieval.question import check_question
from rag.server.answer_events import answer_events
from rag.server.bodies import AskBody, CheckBody, PairBody, SearchQuery
from rag.server.failures import SafeJSON
from rag.server.openapi import ASK_EXAMPLES, CHECK_EXAMPLES, EVENT_STREAM, errors
from rag.server.replies import CheckedPairs, CheckedText, FoundPaper
from rag.server.service import LibraryServer, Prompted

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.llm.limits import Cancellation

STATUSES: tuple[SupportStatus, ...] = ("supported", "weak", "unsupported")


def ask_routes(service: LibraryServer) -> APIRouter:
    """The routes that read a library to say something about it."""
    routes = APIRouter(tags=["ask"])

    @routes.post("/ask", include_in_schema=False)
    @routes.post(
        "/v1/ask",
        summary="Ask a question",
        responses={200: {"model": Answer, "content": EVENT_STREAM}, **errors(404, 409, 429, 502, 503, 504)},
    )
    async def ask(
        request: Request, body: Annotated[AskBody, Body(openapi_examples=ASK_EXAMPLES)]
    ) -> Response:
        """A short answer in which every sentence cites a sentence of a paper, or an honest abstention.

        With `"stream": true` (or `Accept: text/event-stream`) it comes as server-sent events: `retrieved`
        with the papers that were found, `text` with more of the text while it is written and not yet checked,
        and last `answer` with the whole checked answer, or `error`."""
        assistant, asked = service.assistant(body.library), Prompted.of(body)
        caller = request.state.caller
        service.may_ask(assistant, asked, caller)
        if body.stream or "text/event-stream" in request.headers.get("accept", ""):
            service.asks.check_room()
            events = answer_events(service, assistant, asked, caller)
            return StreamingResponse(events, media_type="text/event-stream")
        answer = await service.asks.run(service.ask(assistant, asked, caller), request.is_disconnected)
        return SafeJSON(answer.to_dict())

    @routes.get("/search", include_in_schema=False)
    @routes.get(
        "/v1/search",
        summary="Search papers",
        responses={200: {"model": list[FoundPaper]}, **errors(404, 409, 429, 503)},
    )
    async def search(query: Annotated[SearchQuery, Query()]) -> Response:
        """The papers that match a query, best first, each with its best sentences."""
        found = await run_in_threadpool(
            service.assistant(query.library).search,
            check_question(query.q),
            top=query.top,
            mode=query.mode,
            filters=query.parsed(),
            llm=False,  # cheap, and as often as anybody likes
        )
        return SafeJSON([each.to_dict() for each in found])

    @routes.post(
        "/v1/check",
        summary="Check claims",
        responses={200: {"model": CheckedText | CheckedPairs}, **errors(404, 409, 429, 503)},
    )
    async def check(
        request: Request, body: Annotated[CheckBody, Body(openapi_examples=CHECK_EXAMPLES)]
    ) -> Response:
        """What the library says of each sentence of a text; or whether given evidence supports a claim."""
        assistant = service.assistant(body.library)
        if (body.text is None) == (body.pairs is None):
            raise InputError('give one of "text" and "pairs"')

        def work(cancellation: Cancellation) -> dict[str, Any]:
            if body.pairs is not None:
                return check_pairs(assistant, body.pairs, cancellation)
            return check_text(assistant, body.text or "", cancellation)

        return SafeJSON(await service.asks.run(work, request.is_disconnected))

    return routes


def check_text(assistant: Assistant, text: str, cancellation: Cancellation) -> dict[str, Any]:
    """As `rag check --json` prints it: the sentences, and how many there are of each status."""
    sentences = []
    for each in assistant.check(text):
        cancellation.check()
        sentences.append(each)
    counts = Counter(each.status for each in sentences)
    return {"sentences": [each.to_dict() for each in sentences], **{name: counts[name] for name in STATUSES}}


def check_pairs(
    assistant: Assistant, pairs: list[PairBody], cancellation: Cancellation
) -> dict[str, list[dict[str, Any]]]:
    """A verdict for each pair, in order."""
    from rag.support.gate import CheckRequest

    cancellation.check()
    verdicts = assistant.gate.check_all([CheckRequest(pair.claim, _evidence(pair)) for pair in pairs])
    return {
        "pairs": [
            {
                "id": pair.id,
                "support": verdict.support,
                "status": verdict.status,
                "label": verdict.label,
                "reasons": list(verdict.reasons),
            }
            for pair, verdict in zip(pairs, verdicts, strict=True)
        ]
    }


def _evidence(pair: PairBody) -> tuple[str, ...]:
    return (pair.evidence,) if isinstance(pair.evidence, str) else tuple(pair.evidence)
