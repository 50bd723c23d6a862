"""The tools of the Model Context Protocol: what each takes, what it gives, and how it is called.

A tool gives the same twice: as text, in which nothing from a paper is live where it is rendered, and as data
in the form that its output schema names. What is asked wrongly, and what fails, is told to the model as the
tool's result, so that it can ask better. Protocol and transport are the official SDK's
(rag/server/mcp_server.py)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from rag.errors import InputError
from rag.library.lookup import named_paper, page_of
from rag.records import Answer, Delta, Done, Paper, RankedPaper, Retrieved, SearchMode
from rag.retrieval.question import check_question
from rag.server.answer_events import service_events
from rag.server.bodies import (
    LONGEST_CHECKED,
    MOST_PAPERS,
    AskArguments,
    FilterBody,
    LibraryName,
    StrictBody,
    Text,
)
from rag.server.openai_api import text_of
from rag.server.replies import CheckedText, FoundPapers, PaperPage, schema_of
from rag.server.routes_ask import check_text
from rag.server.service import Caller, LibraryServer, Prompted
from rag.text.escaping import for_markdown

Json = dict[str, Any]
Report = Callable[[str], Awaitable[None]]
"""Tells the client how far the work is, in words."""


class SearchArguments(StrictBody):
    """What to search."""

    query: Text
    top: int = Field(10, ge=1, le=MOST_PAPERS)
    mode: SearchMode = "hybrid"
    filters: FilterBody | None = None
    library: LibraryName = None


class PaperArguments(StrictBody):
    """Which paper to read."""

    paper_id: Text = Field(description="As ask, search and list give it.")
    library: LibraryName = None


class CheckArguments(StrictBody):
    """A text whose claims are checked."""

    text: Text = Field(max_length=LONGEST_CHECKED)
    library: LibraryName = None


class ListArguments(StrictBody):
    """Which page of the list of papers."""

    after: Text | None = Field(None, description='The "next" of the page before.')
    limit: int = Field(50, ge=1, le=MOST_PAPERS)
    library: LibraryName = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a tool is called with, beside its arguments."""

    server: LibraryServer
    caller: Caller
    report: Report


@dataclass(frozen=True, slots=True)
class McpTool:
    """A tool. `call` gives what the model reads, and the same as data."""

    title: str
    description: str
    arguments: type[StrictBody]
    output: Any
    call: Callable[[ToolCall, Any], Awaitable[tuple[str, Json]]]

    @property
    def input_schema(self) -> Json:
        return self.arguments.model_json_schema()

    @property
    def output_schema(self) -> Json:
        return schema_of(self.output)


async def _ask(asked: ToolCall, given: AskArguments) -> tuple[str, Json]:
    assistant = asked.server.assistant(given.library)
    question = Prompted.of(given)
    asked.server.may_ask(assistant, question, asked.caller)
    answer: Answer | None = None
    writes = False
    events = service_events(asked.server, assistant, question, asked.caller)
    try:
        async for event in events:
            if isinstance(event, Retrieved):
                await asked.report(f"{len(event.papers)} papers found")
            elif event is None or (isinstance(event, Delta) and not writes):
                writes = True
                await asked.report("writing")
            elif isinstance(event, Done):
                answer = event.answer
    finally:
        await events.aclose()
    assert answer is not None
    return text_of(answer), answer.to_dict()


async def _search(asked: ToolCall, given: SearchArguments) -> tuple[str, Json]:
    assistant = asked.server.assistant(given.library)
    query, filters = check_question(given.query), given.filters.parsed() if given.filters else None

    def work() -> list[RankedPaper]:
        return assistant.search(query, top=given.top, mode=given.mode, filters=filters, llm=False)

    found = [each.to_dict() for each in await run_in_threadpool(work)]
    lines = (f"{each['paper_id']}: {each['title']} ({each['year']})" for each in found)
    return for_markdown("\n".join(lines)), {"papers": found}


async def _paper(asked: ToolCall, given: PaperArguments) -> tuple[str, Json]:
    def work() -> Paper:
        return named_paper(asked.server.library(given.library), given.paper_id)

    paper = await run_in_threadpool(work)
    return paper_text(paper), paper.to_dict()


async def _check(asked: ToolCall, given: CheckArguments) -> tuple[str, Json]:
    assistant = asked.server.assistant(given.library)
    checked = await asked.server.asks.run(
        lambda cancellation: check_text(assistant, given.text, cancellation)
    )
    lines = (f"{each['status']} ({each['support']:.2f}): {each['text']}" for each in checked["sentences"])
    return for_markdown("\n".join(lines)), checked


async def _list(asked: ToolCall, given: ListArguments) -> tuple[str, Json]:
    def work() -> tuple[list[Paper], str | None, int]:
        library = asked.server.library(given.library)
        return *page_of(library, given.after, given.limit), library.n_papers

    papers, after, n_papers = await run_in_threadpool(work)
    page = {"total": n_papers, "papers": [each.to_dict() for each in papers], "next": after}
    lines = (f"{each.paper_id}: {each.title} ({each.year})" for each in papers)
    return for_markdown("\n".join(lines)), page


def paper_text(paper: Paper) -> str:
    """A paper for a model to read."""
    about = ", ".join(filter(None, ["; ".join(paper.authors), str(paper.year or ""), paper.venue, paper.url]))
    return for_markdown("\n\n".join(filter(None, [paper.title, about, paper.abstract])))


TOOLS = {
    "ask": McpTool(
        "Ask the library",
        "A short answer; each sentence cites a sentence of a paper.",
        AskArguments,
        Answer,
        _ask,
    ),
    "search": McpTool(
        "Search papers", "The papers that match a query, best first.", SearchArguments, FoundPapers, _search
    ),
    "paper": McpTool("Read a paper", "A paper's abstract and details.", PaperArguments, Paper, _paper),
    "check": McpTool(
        "Check a text",
        "Whether the library supports or contradicts each sentence of a text.",
        CheckArguments,
        CheckedText,
        _check,
    ),
    "list": McpTool(
        "List papers", "The library's papers, a page at a time.", ListArguments, PaperPage, _list
    ),
}


def no_tool(name: str) -> InputError:
    """What to say of a tool that does not exist."""
    return InputError(f"there is no tool {name!r}; the tools are {', '.join(TOOLS)}")
