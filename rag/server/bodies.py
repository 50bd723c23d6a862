"""What requests may hold, as pydantic models: one source for what is checked and what is documented.

A value of another type is refused, not converted, and so is a field that does not exist: a typing error in a
program should be heard of.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from rag.errors import InputError
from rag.papers.filters import NAMES, parse_filters
from rag.records import Filters, SearchMode

MOST_PAPERS = 1000
"""Papers in one reply."""
MOST_WORDS = 2000
MOST_TURNS = 200
MOST_ADDED = 500
"""Papers in one POST; more belong into a file."""
LONGEST_CHECKED = 50_000
"""Characters of a text to be checked: some fifteen pages."""

Text = Annotated[str, StringConstraints(strict=True)]
Texts = Text | list[Text] | None
Turn = Annotated[list[Text], Field(min_length=2, max_length=2)]
LibraryName = Annotated[
    str | None, Field(description="One of /v1/libraries; without, the first.", examples=["default"])
]


class StrictBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class FilterBody(StrictBody):
    """Filters, spelled as on the command line."""

    year: Text | None = Field(None, examples=["2020..2024"])
    author: Texts = Field(None, examples=[["Khattab"]])
    venue: Text | None = None
    source: Text | None = None
    where: Texts = Field(None, examples=[["keywords=retrieval"]])

    def parsed(self) -> Filters | None:
        """The filters that are set. Raises InputError."""
        return parse_filters(self.model_dump(exclude_none=True))


class AskArguments(StrictBody):
    """A question to a library."""

    question: Text = Field(examples=["What is late interaction?"])
    history: list[Turn] = Field(
        default_factory=list,
        max_length=MOST_TURNS,
        description='Earlier turns, oldest first: ["user" or "assistant", text].',
    )
    filters: FilterBody | None = None
    words: int | None = Field(
        None, ge=1, le=MOST_WORDS, description="Length of an answer without a language model."
    )
    llm: bool | None = Field(
        None, description="Whether a language model writes; without, where one is configured."
    )
    top: int | None = Field(None, ge=1, le=MOST_PAPERS, description='Papers listed under "retrieved".')
    library: LibraryName = None


class AskBody(AskArguments):
    """A question, and how its answer is to be sent."""

    stream: bool = Field(False, description="Answer as server-sent events: retrieved, text, answer.")


class SearchQuery(BaseModel):
    """The query string of a search."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(examples=["late interaction"])
    top: int = Field(10, ge=1, le=MOST_PAPERS)
    mode: SearchMode = "hybrid"
    year: str | None = Field(None, examples=["2020..2024"])
    author: list[str] | None = None
    venue: str | None = None
    source: str | None = None
    where: list[str] | None = None
    library: LibraryName = None

    def parsed(self) -> Filters | None:
        """The filters that are set. Raises InputError."""
        return parse_filters(self.model_dump(include=set(NAMES), exclude_none=True))


class ListQuery(BaseModel):
    """The query string of a list of papers."""

    model_config = ConfigDict(extra="forbid")

    after: str | None = Field(None, description='The "next" of the page before.')
    limit: int = Field(50, ge=1, le=MOST_PAPERS)
    library: LibraryName = None


class NewPaper(StrictBody):
    """A paper to be added. Without an id, its DOI, its arXiv id or its title makes one."""

    id: Text | None = None
    title: Text = Field(min_length=1, examples=["Late interaction at scale"])
    abstract: Text = Field(min_length=1, examples=["We keep one vector a word piece. It helps."])
    authors: list[Text] = Field(default_factory=list)
    year: int | None = Field(None, ge=1500, le=2100)
    venue: Text | None = None
    doi: Text | None = None
    url: Text | None = None
    keywords: list[Text] = Field(default_factory=list)


class AddBody(StrictBody):
    """Papers to be added to a library, or replaced where their text is new."""

    papers: list[NewPaper] = Field(min_length=1, max_length=MOST_ADDED)
    library: LibraryName = None


class FileQuery(BaseModel):
    """The query string of an uploaded file of papers."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        "upload", pattern=r"^\w[\w.() -]{0,59}$", description="What the papers' sources call the file."
    )
    format: str | None = Field(None, description="bibtex, ris, csv, ...; without, as its content says.")
    library: LibraryName = None


class PairBody(StrictBody):
    """A claim and the evidence it is held against."""

    id: Text | None = None
    claim: Text
    evidence: Text | list[Text]


class CheckBody(StrictBody):
    """A text to be held against the library, or claims against the evidence given with them."""

    text: Text | None = Field(None, max_length=LONGEST_CHECKED, examples=["Dropout prevents overfitting."])
    pairs: list[PairBody] | None = Field(None, max_length=MOST_PAPERS)
    library: LibraryName = None


class ChatMessage(BaseModel):
    """A turn in OpenAI's form; what else a message may carry (name, tool calls) is of no use here."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None


class ChatBody(BaseModel):
    """A request for a chat completion. Other fields of OpenAI's are taken where they change nothing, and
    refused by name where they ask for what a library cannot do."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field("rag", examples=["rag"])
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_TURNS)
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None


class ResponsesBody(BaseModel):
    """A request for a response. Other fields are taken, or refused by name, as for a chat completion."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: str = Field("rag", examples=["rag"])
    input: str | list[dict[str, Any]] = Field(examples=["What is late interaction?"])
    instructions: str | None = None
    metadata: dict[str, str] | None = None
    stream: bool | None = None
    text: dict[str, Any] | None = None


class EmbeddingsBody(BaseModel):
    """A request for embeddings."""

    model_config = ConfigDict(extra="forbid", strict=True)

    input: str | list[str] = Field(examples=["late interaction"])
    model: str = "rag"
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    user: str | None = None


Kind = TypeVar("Kind", bound=BaseModel)


def read_body(kind: type[Kind], body: Any) -> Kind:
    """The body as `kind`. Raises InputError naming the first field that is wrong."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise InputError(first_fault(error.errors(include_url=False, include_input=False))) from error


def first_fault(faults: Any) -> str:
    """What is wrong first, by the field's name, without the value."""
    first = faults[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    if first["type"] == "json_invalid":
        return f"the body is not JSON: {first.get('ctx', {}).get('error', '')}"
    return f'"{".".join(where) or "the body"}": {first["msg"]}'
