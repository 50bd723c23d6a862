"""All papers that belong on a list, where the answer shows the first few. No Gradio, no HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.records import Answer
from rag.retrieval.question import MAX_CHARS
from ui.ask.settings import Settings

if TYPE_CHECKING:
    from rag.assistant import Assistant

MOST = 200
"""Papers asked of the search; it ranks fewer."""
LEAST_CONFIDENCE = 0.5
SHARE_OF_BEST = 0.4
"""A paper belongs whose own confidence is this at least, and whose score does not fall under this share of
the best. The share is the one that the answers' own lists end at; the confidence is by hand: likelier than
not."""


def whole_list(assistant: Assistant, answer: Answer, settings: Settings) -> tuple[str, ...]:
    """Ids of the papers on the list that `answer` begins, those it shows first; () where it is no list."""
    if answer.abstained or answer.intent != "list" or not answer.citations:
        return ()
    query = (answer.searched_for or (answer.question,))[0][:MAX_CHARS]
    ranked = assistant.search(query, top=MOST, filters=settings.filters, llm=False)
    best = ranked[0].score if ranked else 0.0
    least = best - (1 - SHARE_OF_BEST) * abs(best)
    belonging = (r.paper.paper_id for r in ranked if r.confidence >= LEAST_CONFIDENCE and r.score >= least)
    return tuple(dict.fromkeys([*(citation.paper_id for citation in answer.citations), *belonging]))
