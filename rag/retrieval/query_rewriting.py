"""Searches as a model words them: a follow-up restated, a comparison split, a question put in papers' words.

Improves on the plan made by rule (rag/retrieval/question_plan.py) where `config.rewrite` asks for it, at the
price of one more call; a reply that cannot be used leaves the plan as it was.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from rag.errors import ModelError
from rag.llm.client import LanguageModel, Message
from rag.llm.prompts import load_prompt, quoted
from rag.records import History
from rag.retrieval.question_plan import MAX_SIDES, Plan
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
    plan: Plan, asked: str, history: History, llm: LanguageModel, prompts: Path | None = None
) -> Plan:
    """`plan` with the model's wording of what to search for `asked`, as it was typed after `history`.

    The plan's own first query stays the first, so a bad rewording can add noise but lose nothing; only a
    restated follow-up takes its place.
    """
    if plan.follows:
        filled = load_prompt("condense", prompts).fill(conversation=_turns(history), question=quoted(asked))
        if len(restated := _lines(llm, filled)) == 1:
            return replace(plan, question=restated[0], queries=(restated[0],))
    elif plan.kind == "compare" or len(plan.queries) > 1 or may_expand(asked):
        filled = load_prompt("decompose", prompts).fill(question=quoted(asked), most=str(MAX_SIDES))
        if 1 <= len(searches := _lines(llm, filled)) <= MAX_SIDES:
            return replace(plan, queries=tuple(dict.fromkeys([plan.queries[0], *searches])))
    return plan


def _lines(llm: LanguageModel, prompt: str) -> list[str]:
    """The reply's lines without list marks; none where the model fails or a line is no search."""
    try:
        text = llm.complete([Message("user", prompt)], max_tokens=MAX_TOKENS).text
    except ModelError:
        return []
    lines = [_BULLET.sub("", line).strip(" \"'") for line in text.splitlines() if line.strip()]
    return lines if all(0 < len(line) <= LONGEST_QUERY for line in lines) else []


def _turns(history: History) -> str:
    return "\n".join(f"{role}: {quoted(text)}" for role, text in history[-TURNS_SHOWN:])
