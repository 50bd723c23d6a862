"""An answer as server-sent events, as it comes about: retrieved, text, and last the checked answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.files import json_line
from rag.records import Delta, Done, Event, Retrieved
from rag.server.failures import failure_body
from rag.server.service import Caller, LibraryServer, Prompted

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.llm.limits import Cancellation

KEEP_ALIVE_S = 5.0
"""Between comments sent while nothing else is, so that no proxy thinks the line dead."""
COMMENT = ": still at it\n\n"


async def answer_events(
    service: LibraryServer, assistant: Assistant, asked: Prompted, caller: Caller
) -> AsyncIterator[str]:
    """The events, in order; an error is the last of them. Ending the iteration ends the work."""
    events = service_events(service, assistant, asked, caller)
    try:
        async for event in events:
            yield COMMENT if event is None else _sent(event)
    except RagError as error:
        yield _event("error", failure_body(error, service.paths))
    finally:
        await events.aclose()


async def service_events(
    service: LibraryServer, assistant: Assistant, asked: Prompted, caller: Caller
) -> Any:
    """The steps of an answer as they happen on a thread of the queue, and None whenever there was none for
    KEEP_ALIVE_S seconds. Raises what asking raises. Ending the iteration ends the work."""
    loop, steps = asyncio.get_running_loop(), asyncio.Queue[Event]()

    def work(cancellation: Cancellation) -> None:
        with closing(service.events(assistant, asked, caller, cancellation)) as events:
            for event in events:
                cancellation.check()
                loop.call_soon_threadsafe(steps.put_nowait, event)

    working = asyncio.ensure_future(service.asks.run(work))
    step: asyncio.Future[Event] | None = None
    try:
        while not working.done() or not steps.empty():
            step = asyncio.ensure_future(steps.get())
            await asyncio.wait({step, working}, timeout=KEEP_ALIVE_S, return_when=asyncio.FIRST_COMPLETED)
            if step.done():
                yield step.result()
                continue
            step.cancel()
            if not working.done():
                yield None
        await working
    finally:
        working.cancel()
        if step is not None:
            step.cancel()


def _sent(event: Event) -> str:
    if isinstance(event, Retrieved):
        papers = [each.to_dict() for each in event.papers]
        return _event("retrieved", {"papers": papers, "searched_for": list(event.searched_for)})
    if isinstance(event, Delta):
        return _event("text", {"text": event.text})
    assert isinstance(event, Done)
    return _event("answer", event.answer.to_dict())


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json_line(data)}\n"
