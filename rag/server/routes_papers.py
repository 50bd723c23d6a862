"""Papers and libraries: list, read, add, remove. What changes a library needs a read-write key."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Query
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from rag.errors import InputError
from rag.library.lookup import page_of
from rag.readers import read_paths
from rag.readers.json_records import entry_of
from rag.readers.raw_record import to_paper
from rag.records import IngestReport, Paper, Progress, Skip
from rag.server.bodies import AddBody, FileQuery, LibraryName, ListQuery
from rag.server.failures import SafeJSON
from rag.server.openapi import ADD_EXAMPLES, errors
from rag.server.replies import AddReport, LibraryList, PaperPage, RemoveReport
from rag.server.service import LibraryServer

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.llm.limits import Cancellation

SOURCE = "POST /v1/papers"
"""Where papers come from that were sent as JSON."""
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def paper_routes(service: LibraryServer) -> APIRouter:
    """The routes that show and change what libraries hold."""
    routes = APIRouter(tags=["papers"])

    @routes.get(
        "/v1/libraries",
        summary="List the libraries",
        responses={200: {"model": LibraryList}, **errors(503)},
    )
    async def libraries() -> Response:
        """The libraries of this server; the first is asked where none is named."""

        def work() -> list[dict[str, Any]]:
            there = [(name, service.library(name)) for name in service.libraries]
            return [
                {"name": name, "papers": library.n_papers, "passages": library.n_passages}
                for name, library in there
            ]

        return SafeJSON({"libraries": await run_in_threadpool(work)})

    @routes.get("/v1/papers", summary="List papers", responses={200: {"model": PaperPage}, **errors(404)})
    async def papers(query: Annotated[ListQuery, Query()]) -> Response:
        """A page of a library's papers, in the order of their ids."""

        def work() -> dict[str, Any]:
            library = service.library(query.library)
            page, after = page_of(library, query.after, query.limit)
            return {
                "total": library.n_papers,
                "papers": [paper.to_dict() for paper in page],
                "next": after,
            }

        return SafeJSON(await run_in_threadpool(work))

    @routes.get("/papers/{paper_id:path}", include_in_schema=False)
    @routes.get(
        "/v1/papers/{paper_id:path}",
        summary="Read a paper",
        responses={200: {"model": Paper}, **errors(404)},
    )
    async def paper(paper_id: str, library: LibraryName = None) -> Response:
        """A paper with its abstract, by the id that answers and searches give."""
        found = await run_in_threadpool(lambda: service.library(library).paper(paper_id))
        if found is None:
            raise HTTPException(404, f"no paper {paper_id!r} in this library")
        return SafeJSON(found.to_dict())

    @routes.post(
        "/v1/papers",
        summary="Add papers",
        responses={200: {"model": AddReport}, **errors(404, 409, 415, 503)},
    )
    async def add(
        request: Request, body: Annotated[AddBody, Body(openapi_examples=ADD_EXAMPLES)]
    ) -> Response:
        """Add papers; one that is there already is replaced where its text is new."""
        assistant = writable(service, request, body.library)
        records = [
            to_paper(entry_of(new.model_dump(exclude_none=True), n), SOURCE, SOURCE)
            for n, new in enumerate(body.papers, start=1)
        ]
        report = await service.write(adding(assistant, records), request.is_disconnected)
        return SafeJSON(report.to_dict())

    @routes.post(
        "/v1/papers/file",
        summary="Add a file of papers",
        responses={200: {"model": AddReport}, **errors(404, 409, 503)},
        openapi_extra=FILE_BODY,
    )
    async def add_file(request: Request, query: Annotated[FileQuery, Query()]) -> Response:
        """Add the papers of a file (BibTeX, RIS, CSV, a saved page, ...), sent as the body as it is."""
        assistant = writable(service, request, query.library)
        with tempfile.TemporaryDirectory(prefix="rag-upload-") as folder:
            path = Path(folder) / query.name
            with path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
            try:
                records = read_paths([path], format=query.format)
                report = await service.write(adding(assistant, records), request.is_disconnected)
            except InputError as error:
                raise InputError(str(error).replace(f"{folder}/", "")) from error
        told = report.to_dict()
        return SafeJSON({**told, "reasons": [each.replace(f"{folder}/", "") for each in told["reasons"]]})

    @routes.delete(
        "/v1/papers/{paper_id:path}",
        summary="Remove a paper",
        responses={200: {"model": RemoveReport}, **errors(404, 409, 503)},
    )
    async def remove(request: Request, paper_id: str, library: LibraryName = None) -> Response:
        """Take a paper out of the library."""
        assistant = writable(service, request, library)
        n_removed = await service.write(lambda cancellation: assistant.library.remove([paper_id]))
        if not n_removed:
            raise HTTPException(404, f"no paper {paper_id!r} in this library")
        return SafeJSON({"removed": n_removed})

    return routes


def writable(service: LibraryServer, request: Request, name: str | None) -> Assistant:
    """The library of that name, for who may change it. Raises HTTPException (403, 404)."""
    key = request.state.caller.key
    if key is None or not key.can_write:
        raise HTTPException(
            403,
            "papers are added and removed with a read-write key; make one: rag keys make NAME --write",
        )
    return service.assistant(name)


def adding(assistant: Assistant, records: Iterable[Paper | Skip]) -> Callable[[Cancellation], IngestReport]:
    """Adding papers, as work for the queue. A caller that hangs up ends it after the batch under way."""

    def work(cancellation: Cancellation) -> IngestReport:
        def go_on(_: Progress) -> None:
            cancellation.check()

        return assistant.add(records, progress=go_on)

    return work
