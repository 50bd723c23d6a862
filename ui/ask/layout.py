"""The regions of the Ask tab: where they stand, and what of a Session each one shows.

What happens in them is ui/ask/tab.py's; the HTML is ui/ask/conversation_html.py's, ui/ask/toolbar_html.py's
and ui/ask/evidence_html.py's.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import gradio as gr

from ui.ask.conversation_html import render_editing, render_status, render_turn, render_turns
from ui.ask.evidence_html import render_evidence, render_found, render_nothing
from ui.ask.examples import Examples
from ui.ask.session import Session, cited_papers
from ui.ask.settings_chips import Choosing
from ui.ask.toolbar_html import render_bar, render_forgotten, render_welcome
from ui.library.catalogue import Catalogue
from ui.library.reading_list import ReadingLists
from ui.widgets.html_region import Updates, region

if TYPE_CHECKING:
    from rag.assistant import Assistant

EXAMPLES_WAIT_S = 1.0
"""How long a greeting waits for its examples. Asked as the page is built, they are mostly there."""
EXAMPLES_UP_TO = 5000
"""Papers; a larger library is not read through just to greet its reader."""


class Regions:
    """Built inside a gr.Tab.

    A step of an answer names all of `shown`, and with plain values: for each output that is left out or
    given as a component, Gradio builds a new component and its configuration, which costs more than all else.
    """

    def __init__(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        reading: ReadingLists,
        left: Callable[[Session], None],
        closing: ExitStack,
    ) -> None:
        """`left` is told the session of a page that was closed; `closing` ends what runs beside the page."""
        self._assistant = assistant
        self._reading = reading
        self._examples = Examples(assistant, catalogue)
        closing.callback(self._examples.close)
        if 0 < assistant.library.n_papers <= EXAMPLES_UP_TO:
            self._examples.ready()
        self.session = gr.State(Session(), delete_callback=left)
        with gr.Row(elem_id="ask"):
            with gr.Column(elem_id="talk"):
                self.bar = region("bar", ["new", "reopen", "older", "forget", "undo", "export"])
                with gr.Column(elem_id="thread"):
                    turn = ["submit", "edit", "version", "show", "rate", "export", "table"]
                    self.turns = region("turns", turn)
                    self.live = region("live", [*turn, "follow", "sync", "demo"])
                with gr.Column(elem_id="composer"):
                    self.editing = region("editing", ["cancel"])
                    self.box = gr.Textbox(
                        elem_id="box",
                        label="Question",
                        show_label=False,
                        container=False,
                        placeholder="Ask the papers",
                        lines=1,
                        max_lines=7,
                        max_length=10_000,
                        submit_btn=True,
                        stop_btn=True,
                        autofocus=True,
                    )
                    self.choosing = Choosing(assistant.config, assistant.library)
                self.status = region("status")
            with gr.Column(elem_id="evidence"):
                self.evidence = region("cards", ["star"])
        self.shown = [self.session, self.bar, self.turns, self.live, self.evidence, self.status]
        self.shown.append(self.editing)
        """All that follows from the session."""

    def whole(self, session: Session) -> Updates:
        """For `shown`: a session that changed in more than its running text. Of a page that this server
        does not know (any more) nothing is shown anew: it is loaded again."""
        if not session.browser:
            return {**dict.fromkeys(self.shown, gr.skip()), self.bar: render_forgotten()}
        turn = session.conversation.turns[-1] if session.conversation.turns else None
        return {
            self.session: session,
            self.bar: render_bar(session.conversation, session.past, session.removed, session.n_older),
            **self.thread(session),
            self.evidence: self.cards(session, session.last),
            self.status: render_status(turn),
            self.editing: render_editing(session.edited),
        }

    def running(self, session: Session) -> Updates:
        """Those of `shown` that change while an answer is made."""
        return {
            self.session: session,
            self.live: render_turn(session.conversation.turns[-1], session.last),
            self.evidence: self.cards(session, session.last),
        }

    def newest(self, session: Session) -> Updates:
        """For `shown`: of a session only the newest turn changed; what is looked at besides stays as it
        is."""
        turn = session.conversation.turns[-1]
        return {
            **dict.fromkeys(self.shown, gr.skip()),
            self.session: session,
            self.live: render_turn(turn, session.last),
        }

    def thread(self, session: Session) -> Updates:
        """For `turns` and `live`."""
        turns = session.conversation.turns
        if turns:
            return {self.turns: render_turns(turns[:-1]), self.live: render_turn(turns[-1], session.last)}
        return {self.turns: "", self.live: self.welcome()}

    def welcome(self) -> str:
        """For `live`, before the first question."""
        n_papers = self._assistant.library.n_papers
        if n_papers > EXAMPLES_UP_TO:
            return render_welcome(n_papers, ())
        return render_welcome(n_papers, self._examples.ready(EXAMPLES_WAIT_S))

    def cards(self, session: Session, number: int) -> str:
        """For `evidence`: what turn `number` rests on, or as long as that is not known, what was found."""
        turn = session.turn(number)
        answer = turn.answer if turn else None
        if answer is None:
            return render_found(session.found, number) if session.found else render_nothing()
        starred = self._reading.load(session.browser)
        return render_evidence(answer, cited_papers(session, answer, self._assistant), number, starred)
