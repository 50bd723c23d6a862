"""What a question may be: its limits, and the error for one that is outside them."""

from __future__ import annotations

from rag.errors import InputError

MAX_CHARS = 10_000
"""Several abstracts long: what is longer is a file pasted by mistake."""


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
