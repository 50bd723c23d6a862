"""What leaves the page with an answer: files to keep, and the papers it is about. No Gradio, no HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.export import SUFFIXES, export_answers, export_papers
from ui.ask.conversations import Turn
from ui.ask.session import Session, cited_papers

if TYPE_CHECKING:
    from rag.assistant import Assistant


def answer_file(session: Session, which: int | str, form: str, assistant: Assistant) -> tuple[str, str]:
    """The name and the text of a file: the answer of turn `which`, or of "all", in the format `form`."""
    turns = session.conversation.turns if which == "all" else session.conversation.turns[int(which) :][:1]
    answers = [turn.answer for turn in turns if turn.answer]
    papers = [paper for answer in answers for paper in cited_papers(session, answer, assistant).values()]
    name = "conversation" if which == "all" else "answer"
    text = export_answers(answers, form, papers) + _rest_of_lists(turns, form, assistant)
    return f"{name}.{SUFFIXES[form]}", text


def papers_of(session: Session, number: int) -> tuple[list[str], str]:
    """The papers that turn `number` cites or found, those of its list whole, and what to call them.

    Raises InputError where there is no such answer."""
    turn = session.turn(number)
    if turn is None or turn.answer is None:
        raise InputError("that answer is not here any more")
    cited = [citation.paper_id for citation in turn.answer.citations]
    found = turn.listed or tuple(paper.paper_id for paper in turn.answer.retrieved)
    return list(dict.fromkeys([*cited, *found])), f"papers found for “{turn.question}”"


def _rest_of_lists(turns: Sequence[Turn], form: str, assistant: Assistant) -> str:
    """The papers of whole lists that their answers do not cite, in a format that holds papers."""
    if form not in ("bibtex", "ris", "markdown"):
        return ""
    cited = {c.paper_id for turn in turns if turn.answer for c in turn.answer.citations}
    rest = dict.fromkeys(name for turn in turns for name in turn.listed if name not in cited)
    papers = list(filter(None, map(assistant.library.paper, rest)))
    if not papers:
        return ""
    head = "\n## Further papers on the list\n\n" if form == "markdown" else "\n"
    return head + "".join(export_papers(papers, form))
