"""What request bodies may hold, as pydantic models: one source for what is checked and what is documented.

A value of another type is refused, not converted, and so is a field that does not exist: a typing error in a
program should be heard of.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from rag.errors import InputError
from rag.records import SearchMode

MOST_PAPERS = 1000
MOST_WORDS = 2000

Text = Annotated[str, StringConstraints(strict=True)]
Texts = Text | list[Text] | None


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class FilterBody(_Body):
    """Filters, spelled as on the command line."""

    year: Text | None = Field(None, examples=["2020..2024"])
    author: Texts = Field(None, examples=[["Khattab"]])
    venue: Text | None = None
    source: Text | None = None
    where: Texts = Field(None, examples=[["keywords=retrieval"]])

    def given(self) -> dict[str, Any]:
        """The filters that are set, as rag.papers.filters.parse_filters takes them."""
        return self.model_dump(exclude_none=True)


class AskBody(_Body):
    """A question."""

    question: Text = Field(examples=["What is late interaction?"])
    history: list[Annotated[list[Text], Field(min_length=2, max_length=2)]] = Field(default_factory=list)
    """Earlier turns, oldest first: ["user" | "assistant", text]."""
    filters: FilterBody | None = None
    words: int | None = Field(None, ge=1, le=MOST_WORDS)
    llm: bool | None = None
    top: int | None = Field(None, ge=1, le=MOST_PAPERS)


class SearchQuery(BaseModel):
    """The query string of a search; numbers come as text there."""

    model_config = ConfigDict(extra="forbid")

    q: str
    top: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")] = "10"
    mode: SearchMode = "hybrid"
    year: str | None = None
    author: list[str] | None = None
    venue: str | None = None
    source: str | None = None
    where: list[str] | None = None


class ChatMessage(BaseModel):
    """A turn in OpenAI's form; what else a message may carry (name, tool calls) is of no use here."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None


Kind = TypeVar("Kind", bound=BaseModel)


def read_body(kind: type[Kind], body: Any) -> Kind:
    """The body as `kind`. Raises InputError naming the first field that is wrong."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the body"
        raise InputError(f'"{field}": {first["msg"]}') from error
