"""What replies hold, as pydantic models: what OpenAPI and the tools' output schemas say of them.

An answer, a paper and the report of an ingest are the records of rag/records.py themselves. Replies are sent
as their `to_dict` gives them; tests hold every one against these."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, TypeAdapter

from rag.answering.check import CheckedStatement
from rag.records import Paper, SupportLabel, SupportStatus


class FoundSentence(BaseModel):
    """A sentence of a found paper; start and end are offsets into its abstract."""

    text: str
    start: int
    end: int
    score: float


class FoundPaper(BaseModel):
    """A search result."""

    paper_id: str
    title: str
    score: float
    authors: list[str]
    year: int | None
    venue: str
    url: str
    evidence: list[FoundSentence]


class FoundPapers(BaseModel):
    """Search results where an object is needed, best first."""

    papers: list[FoundPaper]


class PaperPage(BaseModel):
    """Some of a library's papers, in the order of their ids."""

    total: int
    papers: list[Paper]
    next: str | None = Field(description='What to give as "after" for the next page; null on the last.')


class AddReport(BaseModel):
    """What adding papers did; every record is counted once."""

    added: int
    updated: int
    unchanged: int
    skipped: int
    reasons: list[str] = Field(description="Why records were skipped.")


class RemoveReport(BaseModel):
    """How many papers were removed."""

    removed: int


class CheckedText(BaseModel):
    """The sentences of a text that claim something, and how many are supported, weak and unsupported."""

    sentences: list[CheckedStatement]
    supported: int
    weak: int
    unsupported: int


class CheckedPair(BaseModel):
    """What the evidence says of a claim."""

    id: str | None
    support: float
    status: SupportStatus
    label: SupportLabel
    reasons: list[str]


class CheckedPairs(BaseModel):
    """A verdict for each pair, in order."""

    pairs: list[CheckedPair]


class LibraryLine(BaseModel):
    """A library that is served."""

    name: str
    papers: int
    passages: int


class LibraryList(BaseModel):
    """The libraries of this server; the first is asked where none is named."""

    libraries: list[LibraryLine]


class ServerState(BaseModel):
    """Whether the server is there, or ready to answer."""

    status: str
    reasons: list[str] = Field(default_factory=list)


class Fault(BaseModel):
    """What went wrong, in the form that OpenAI's clients read an error from."""

    message: str
    type: str
    code: str | None = None
    param: str | None = None


class ErrorReply(BaseModel):
    """Every error has this form."""

    error: Fault


def schema_of(kind: Any) -> dict[str, Any]:
    """JSON Schema of a reply, with its parts inside."""
    return TypeAdapter(kind).json_schema(mode="serialization")
