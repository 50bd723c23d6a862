"""Searches as a model words them: a follow-up restated, a comparison split, a question put in papers' words.

Improves on the question as rag/retrieval/understanding.py reads it where `config.rewrite` asks for it, at the
price of one more call; a reply that cannot be used leaves the question as it was.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from rag.errors import ModelError
from rag.llm.client import LanguageModel, Message
from rag.llm.limits import Cancellation
from rag.llm.prompts import load_prompt, quoted
from rag.records import History
from rag.retrieval.followups import QueryEncoder
from rag.retrieval.question import Question
from rag.retrieval.sides import MAX_SIDES
from rag.text.words import names

MAX_TOKENS = 200
LONGEST_QUERY = 400
"""Characters; a longer line is an answer or a remark, not a search."""
TURNS_SHOWN = 6
_BULLET = re.compile(r"^\s*(?:[-*\u2022]|\d{1,2}[.):])\s*")


def may_expand(question: str) -> bool:
    """Whether other words may be searched beside the question's own: not where it names things.

    Models reword names they do not know into ones they do. On questions_dev the 40 questions with names
    are answered at nDCG@10 .98 as they are, so there is next to nothing to gain there either.
    """
    return not names(question)


def rewrite(
    question: Question,
    history: History,
    llm: LanguageModel,
    encoder: QueryEncoder,
    prompts: Path | None = None,
    cancellation: Cancellation | None = None,
) -> Question:
    """`question`, asked after `history`, with the model's wording of what to search.

    Its own search text stays the first search, so a bad rewording can add noise but lose nothing; only a
    restated follow-up takes its place. Raises Cancelled.
    """
    asked = question.text
    if question.follows:
        filled = load_prompt("condense", prompts).fill(conversation=_turns(history), question=quoted(asked))
        if len(restated := _lines(llm, filled, cancellation)) == 1:
            (text,) = restated
            encoded = encoder.encode_query(text)
            return replace(question, standalone=text, search_text=text, encoded=encoded, sides=())
    elif question.sides or question.parts or may_expand(asked):
        filled = load_prompt("decompose", prompts).fill(question=quoted(asked), most=str(MAX_SIDES))
        if 1 <= len(searches := _lines(llm, filled, cancellation)) <= MAX_SIDES:
            return replace(question, rewordings=tuple(searches))
    return question


def _lines(llm: LanguageModel, prompt: str, cancellation: Cancellation | None) -> list[str]:
    """The reply's lines without list marks; none where the model fails or a line is no search."""
    try:
        reply = llm.complete([Message("user", prompt)], max_tokens=MAX_TOKENS, cancellation=cancellation)
    except ModelError:
        return []
    lines = [_BULLET.sub("", line).strip(" \"'") for line in reply.text.splitlines() if line.strip()]
    return lines if all(0 < len(line) <= LONGEST_QUERY for line in lines) else []


def _turns(history: History) -> str:
    return "\n".join(f"{role}: {quoted(text)}" for role, text in history[-TURNS_SHOWN:])
