"""What one open page holds between two events. No Gradio, no HTML.

A Session is a value, and only a view: conversations are kept by ui/ask/conversation_files.py, and running
answers by ui/ask/jobs.py, so nothing is lost with a page. Two pages never share one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag.records import Answer, Paper, RankedPaper
from ui.ask.conversations import Conversation, ConversationSummary, Turn
from ui.ask.jobs import Snapshot

if TYPE_CHECKING:
    from rag.assistant import Assistant

MOST_PAPERS = 300
"""Records a page holds in memory; more than three long conversations cite."""


@dataclass(frozen=True, slots=True)
class Session:
    """One page: whose it is, and its conversation."""

    browser: str = ""
    conversation: Conversation = field(default_factory=Conversation)
    found: tuple[RankedPaper, ...] = ()
    """What the running question's search found."""
    papers: Mapping[str, Paper] = field(default_factory=dict)
    """Records already met, so that showing evidence again reads nothing."""
    editing: str = ""
    """The turn_id of the question that the next one replaces."""
    past: tuple[ConversationSummary, ...] = ()
    """The browser's conversations, newest first."""
    n_older: int = 0
    """How many more there are than `past` lists."""
    removed: ConversationSummary | None = None
    """The conversation removed last, as long as the page offers to bring it back."""
    page: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def last(self) -> int:
        """The number of the newest turn, -1 before the first."""
        return len(self.conversation.turns) - 1

    @property
    def edited(self) -> int | None:
        """The number of the turn being edited."""
        return self.conversation.place_of(self.editing) if self.editing else None

    def turn(self, number: int) -> Turn | None:
        """Turn `number`; None where there is none: a control of the page may be older than its session."""
        turns = self.conversation.turns
        return turns[number] if 0 <= number < len(turns) else None

    def at(self, snapshot: Snapshot) -> Session:
        """The page showing this moment of its conversation."""
        met = {found.paper.paper_id: found.paper for found in snapshot.found}
        papers = {**(self.papers if len(self.papers) < MOST_PAPERS else {}), **met}
        return replace(self, conversation=snapshot.conversation, found=snapshot.found, papers=papers)

    def listed(self) -> Session:
        """With its own conversation first among the past ones, as it is when it was just saved."""
        here = self.conversation
        others = (entry for entry in self.past if entry.conversation_id != here.conversation_id)
        return replace(self, past=(ConversationSummary.of(here), *others))


def cited_papers(session: Session, answer: Answer, assistant: Assistant) -> dict[str, Paper]:
    """The full records of what an answer cites and found, by paper_id; one removed since is left out."""
    wanted = [c.paper_id for c in answer.citations] + [found.paper_id for found in answer.retrieved]
    papers = {
        name: session.papers.get(name) or assistant.library.paper(name) for name in dict.fromkeys(wanted)
    }
    return {name: paper for name, paper in papers.items() if paper is not None}
