"""A question as it is understood: one record, made once (rag/retrieval/understanding.py) and passed on.

Also what a question may be: its limits, and the error for one that is outside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rag.errors import InputError
from rag.records import Filters, Intent

if TYPE_CHECKING:  # NumPy is not for `rag ask --help` to import
    from rag.encoder.minilm import Encoded

MAX_CHARS = 10_000
"""Several abstracts long: what is longer is a file pasted by mistake."""

Kind = Literal["single", "compare", "list"]
RefersTo = Literal["question", "answer", "item", "list"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What a follow-up refers to in the turn before it."""

    to: RefersTo
    """The last question, something in its answer, one item of the answer, or all of its items."""
    text: str
    """The words carried over, which the stand-alone question holds in brackets."""
    item: int | None = None
    """The item's number, from 1."""
    titles: tuple[str, ...] = ()
    """The lines of the last answer that are meant, as they were shown: a list's titles, mostly."""
    others_wanted: bool = False
    """Asks for papers beside those of the last answer ("who else", "any others")."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What was asked and everything that was read from it. Nothing after this decides any of it again."""

    text: str
    """As typed, without the space around it."""
    standalone: str
    """With what a follow-up leaves unsaid added in brackets; else as typed."""
    search_text: str
    """`standalone` without the words that became filters: what is searched."""
    encoded: Encoded
    """`search_text` as the encoder sees it."""
    intent: Intent
    intent_probabilities: Mapping[Intent, float]
    """They sum to 1."""
    filters: Filters
    """Those given, completed by those stated in the question."""
    stated: Filters
    """Those stated in the question alone; no paper may pass them."""
    names: tuple[str, ...] = ()
    """Named things: coined names, acronyms, quoted phrases."""
    sides: tuple[str, ...] = ()
    """The sides of a comparison, each searchable alone."""
    parts: tuple[str, ...] = ()
    """The parts of a question in several parts, each searchable alone."""
    excluded: tuple[str, ...] = ()
    """What the answer should not be about: the words after "but not", "other than", "except"."""
    unexcluded: str = ""
    """As typed, without what is excluded and without people in general as its subject; "" where it has
    neither."""
    constraints: tuple[str, ...] = ()
    """Conditions as read: "no GPU", "10k documents", "without training"."""
    reference: Reference | None = None
    """None where the question stands alone."""
    language: str = "en"
    """ISO 639-1 code of the language it is asked in."""
    linked: str | None = None
    """Id of the paper found at a question's second link: one that speaks of the first paper by its name."""
    rewordings: tuple[str, ...] = ()
    """Further searches, as a model words them."""

    @property
    def follows(self) -> bool:
        """Whether earlier turns were carried into it."""
        return self.reference is not None

    @property
    def kind(self) -> Kind:
        """Whether one paper should answer, several set side by side, or a list of papers."""
        if self.intent == "list":
            return "list"
        return "compare" if self.intent == "compare" else "single"

    @property
    def queries(self) -> tuple[str, ...]:
        """What to search, the whole question first. Searching the parts of a question in several parts did
        not help on questions_dev and questions_train; searching the sides of a comparison did."""
        return tuple(dict.fromkeys((self.search_text, *(self.rewordings or self.sides))))


def check_question(text: str) -> str:
    """The question without the space around it. Raises InputError where there is nothing to ask."""
    question = text.strip()
    if not question:
        raise InputError('the question is empty; write one, like rag ask "What is late interaction?"')
    if len(question) > MAX_CHARS:
        raise InputError(
            f"the question has {len(question):,} characters, more than the limit of {MAX_CHARS:,}; shorten it"
        )
    if any("\ud800" <= char <= "\udfff" for char in question):
        raise InputError("the question is not valid UTF-8; retype it, or check the terminal's encoding")
    return question
