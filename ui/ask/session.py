"""What one open page holds between two events, and how asking changes it. No Gradio, no HTML.

A Session is a value: each step of an answer makes the next one. Two pages never share one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.records import Answer, Delta, Done, Event, Paper, RankedPaper
from ui.ask.conversations import Conversation, ConversationSummary, Turn
from ui.ask.settings import Settings
from ui.widgets.worker import JobFinished, watch

if TYPE_CHECKING:
    from rag.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Session:
    """One page: whose it is, and its conversation."""

    browser: str = ""
    conversation: Conversation = field(default_factory=Conversation)
    found: tuple[RankedPaper, ...] = ()
    """What the running question's search found."""
    papers: Mapping[str, Paper] = field(default_factory=dict)
    """Records already met, so that showing evidence again reads nothing."""
    editing: int | None = None
    """The turn that the next question replaces."""
    past: tuple[ConversationSummary, ...] = ()
    """The browser's conversations, newest first."""

    @property
    def last(self) -> int:
        """The number of the newest turn, -1 before the first."""
        return len(self.conversation.turns) - 1

    @property
    def running(self) -> bool:
        return self.last >= 0 and self.conversation.turns[-1].state == "running"

    def with_last(self, turn: Turn) -> Session:
        return replace(self, conversation=self.conversation.changed(self.last, turn))

    def listed(self) -> Session:
        """With its own conversation first among the past ones, as it is when it was just saved."""
        here = self.conversation
        others = (entry for entry in self.past if entry.conversation_id != here.conversation_id)
        return replace(self, past=(ConversationSummary.of(here), *others))

    def stopped(self) -> Session:
        """The running turn, if any, ended where it is."""
        if not self.running:
            return self
        return self.with_last(replace(self.conversation.turns[-1], state="stopped"))


def ask(
    session: Session, question: str, settings: Settings, assistant: Assistant, at: int | None = None
) -> Iterator[Session]:
    """Ask `question` (in place of turn `at` and all after it, if given), one Session a step.

    The first holds the question, the next what was found, then the text as it grows; the last is done.
    What comes at once is one step. A step comes several times a second even if nothing is new (it is then
    the very same Session), so that it can be stopped there. An error the package raises ends the turn as
    "failed" with its message.
    """
    history = session.conversation.history(before=at)
    asked = session.conversation.with_turn(Turn(question), at)
    session = replace(session, conversation=asked, found=(), editing=None)
    yield session

    def work(tell: Callable[[Event], None]) -> None:
        for event in assistant.stream(
            question, history=history, filters=settings.filters, words=settings.words, llm=settings.llm
        ):
            tell(event)

    try:
        for events in watch(work, stop_alone=True):
            if isinstance(events, JobFinished):
                return
            for event in events:
                session = _after(session, event)
            yield session
    except RagError as error:
        yield session.with_last(Turn(question, "failed", text=str(error)))


def _after(session: Session, event: Event) -> Session:
    turn = session.conversation.turns[-1]
    if isinstance(event, Delta):
        return session.with_last(replace(turn, text=turn.text + event.text))
    if isinstance(event, Done):
        return session.with_last(replace(turn, state="done", text="", answer=event.answer))
    met = {found.paper.paper_id: found.paper for found in event.papers}
    return replace(session, found=event.papers, papers={**session.papers, **met})


def cited_papers(session: Session, answer: Answer, assistant: Assistant) -> dict[str, Paper]:
    """The full records of what an answer cites and found, by paper_id; one removed since is left out."""
    wanted = [c.paper_id for c in answer.citations] + [found.paper_id for found in answer.retrieved]
    papers = {
        name: session.papers.get(name) or assistant.library.paper(name) for name in dict.fromkeys(wanted)
    }
    return {name: paper for name, paper in papers.items() if paper is not None}
