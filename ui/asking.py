"""The Ask tab: the conversation beside its evidence, and every control that changes either.

Owns the wiring only. What is shown is rendered by ui/chat.py, ui/bar.py and ui/evidence.py; what asking
does is ui/session.py's, how, ui/choosing.py's; what is kept, ui/conversations.py's and ui/feedback.py's.

While an answer is made its generator alone writes the session: controls that would write it as well
are out of reach until it is done, and a stop is a word to the generator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.demo import demo_papers_path
from rag.errors import InputError, RagError
from rag.export import SUFFIXES, export_answers
from rag.questions import check_question
from rag.records import Progress
from ui import session as steps
from ui.bar import render_bar, render_welcome
from ui.catalogue import Catalogue
from ui.chat import render_status, render_turn, render_turns
from ui.choosing import Choosing
from ui.conversations import Conversation, Conversations, new_browser
from ui.evidence import render_evidence, render_found, render_nothing
from ui.examples import example_questions
from ui.feedback import save_feedback
from ui.ingesting import read_in
from ui.parts import Updates, handed_over, region
from ui.session import Session
from ui.settings import Settings
from ui.table import render_progress, render_results

if TYPE_CHECKING:
    from rag.assistant import Assistant

EXAMPLES_UP_TO = 5000
"""Papers; a larger library is not read through just to greet its reader."""


class AskTab:
    """Built inside a gr.Tab; one for all pages, so of each it keeps only whom to stop."""

    def __init__(self, assistant: Assistant, catalogue: Catalogue, downloads: gr.JSON) -> None:
        self._assistant = assistant
        self._catalogue = catalogue
        self._kept = Conversations(assistant.config.library)
        self._downloads = downloads
        self._stop_asked: set[str] = set()
        """Conversations whose running answer is to end."""
        self.session = gr.State(None)
        # The "secret" guards nothing: it only keeps the stored name readable after a restart.
        self._browser = gr.BrowserState(None, storage_key="rag-browser", secret="rag-browser")
        self._lay_out()
        self.demo_read = self._wire()
        """The event after which the library holds the demo papers."""

    def _lay_out(self) -> None:
        with gr.Row(elem_id="ask"):
            with gr.Column(elem_id="talk"):
                self.bar = region("bar", ["new", "reopen", "forget", "export"])
                with gr.Column(elem_id="thread"):
                    self.turns = region("turns", ["show", "rate", "export"])
                    self.live = region("live", ["submit", "edit", "show", "rate", "export", "demo"])
                with gr.Column(elem_id="composer"):
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
                        autofocus=True,
                    )
                    self.choosing = Choosing(self._assistant.config, self._assistant.library)
                self.status = region("status")
            with gr.Column(elem_id="evidence"):
                self.evidence = region("cards")

    def _wire(self) -> Any:
        state, settings = self.session, self.choosing.settings
        everything = [state, self.bar, self.turns, self.live, self.box, self.evidence, self.status]
        queued: dict[str, Any] = {"show_progress": "hidden"}
        quick = {**queued, "queue": False}  # at once, but what goes wrong cannot be told
        asked = [self.box, state, settings]
        gr.on(
            [self.box.submit, self.live.submit],
            self._ask,
            asked,
            [*everything, *self.choosing.regions],
            **queued,
        )
        self.box.stop(self._stop, state, None, **quick)
        self.bar.new(self._new, state, everything, **quick)
        self.bar.reopen(self._reopen, state, everything, **queued)
        self.bar.forget(self._forget, state, everything, **quick)
        self.live.edit(self._edit, state, [state, self.box], **quick)
        for part in (self.live, self.turns):
            part.show(self._show, state, self.evidence, **quick)
            part.rate(self._rate, state, [state, self.turns, self.live], **queued)
        for part in (self.bar, self.live, self.turns):
            part.export(self._export, state, self._downloads, **quick)
        return self.live.demo(self._load_demo, None, self.live, **queued)

    def on_load(self, blocks: gr.Blocks) -> None:
        """Greet a page: name its browser if it is new, and list its conversations."""
        regions = [self.bar, self.turns, self.live, self.box, self.evidence, self.status]
        outputs = [self._browser, self.session, *regions, *self.choosing.regions]
        blocks.load(self._load, self._browser, outputs, show_progress="hidden", queue=False)

    # --- Events ---------------------------------------------------------------------------------

    def _load(self, browser: str | None) -> Updates:
        browser = browser or new_browser()
        session = Session(browser, past=self._kept.entries(browser))
        return {self._browser: session.browser, **self._whole(session), **self.choosing.shown(Settings())}

    def _ask(self, text: str, session: Session, settings: Settings, event: gr.EventData) -> Iterator[Updates]:
        """A question from the box, an example, a query to run again, or the last question once more."""
        data = event._data if isinstance(event._data, dict) else {}
        is_retry = data.get("kind") == "retry"
        try:
            typed = session.conversation.turns[-1].question if is_retry else str(data.get("text", text))
            question = check_question(typed)
        except InputError as error:
            gr.Warning(str(error))
            yield {self.session: session}
            return
        at = session.last if is_retry or data.get("kind") == "research" else session.editing
        settings = self.choosing.with_stated(settings, question)
        self._stop_asked.discard(session.conversation.conversation_id)
        for number, step in enumerate(steps.ask(session, question, settings, self._assistant, at)):
            if step.conversation.conversation_id in self._stop_asked:
                step = step.stopped()
            if not step.running:
                step = self._keep(step)
            yield self._whole(step) if number == 0 or not step.running else self._running(step)
            if number == 0:
                yield self.choosing.shown(settings)
            if not step.running:
                return

    def _stop(self, session: Session) -> None:
        if session.running:
            self._stop_asked.add(session.conversation.conversation_id)

    def _new(self, session: Session) -> Updates:
        return self._whole(replace(session, conversation=Conversation(), found=(), editing=None))

    def _reopen(self, session: Session, event: gr.EventData) -> Updates:
        try:
            kept = self._kept.load(session.browser, str(event._data["id"]))
        except InputError as error:
            gr.Warning(str(error))
            return {self.session: session}
        return self._whole(replace(session, conversation=kept, found=(), editing=None))

    def _forget(self, session: Session, event: gr.EventData) -> Updates:
        self._kept.remove(session.browser, str(event._data["id"]))
        session = replace(session, past=self._kept.entries(session.browser))
        if event._data["id"] == session.conversation.conversation_id:
            return self._new(session)
        return {self.session: session, self.bar: self._bar(session)}

    def _edit(self, session: Session) -> Updates:
        question = session.conversation.turns[session.last].question
        return {self.session: replace(session, editing=session.last), self.box: question}

    def _show(self, session: Session, event: gr.EventData) -> str:
        return self._evidence(session, int(event._data["turn"]))

    def _rate(self, session: Session, event: gr.EventData) -> Updates:
        number, data = int(event._data["turn"]), event._data
        turn = session.conversation.turns[number]
        rated = replace(turn, thumb=data["thumb"], reason=str(data.get("reason", "")).strip())
        session = replace(session, conversation=session.conversation.changed(number, rated))
        try:
            save_feedback(self._assistant.config.library, session.conversation, number)
        except RagError as error:
            gr.Warning(str(error))
        return {self.session: self._keep(session), **self._thread(session)}

    def _export(self, session: Session, event: gr.EventData) -> dict[str, Any]:
        which, form = event._data["which"], event._data["format"]
        turns = session.conversation.turns if which == "all" else session.conversation.turns[int(which) :][:1]
        answers = [turn.answer for turn in turns if turn.answer]
        papers = [p for a in answers for p in steps.cited_papers(session, a, self._assistant).values()]
        name = "conversation" if which == "all" else "answer"
        return handed_over(f"{name}.{SUFFIXES[form]}", export_answers(answers, form, papers))

    def _load_demo(self) -> Iterator[str]:
        for path, step in read_in(self._assistant, [demo_papers_path()]):
            told = render_progress(path.name, step) if isinstance(step, Progress) else render_results([step])
            yield f'<section class="welcome">{told}</section>'

    def recounted(self, session: Session) -> Updates:
        """For `live`, after papers came or went."""
        return {self.live: gr.skip() if session.conversation.turns else self._welcome()}

    # --- What an event changes on the page --------------------------------------------------------

    def _whole(self, session: Session) -> Updates:
        """Every region, for a session that changed in more than its running text."""
        turn = session.conversation.turns[-1] if session.conversation.turns else None
        return {
            self.session: session,
            self.bar: self._bar(session),
            **self._thread(session),
            self.box: gr.Textbox(value="", submit_btn=not session.running, stop_btn=session.running),
            self.evidence: self._evidence(session, session.last),
            self.status: render_status(turn.answer if turn else None),
        }

    def _running(self, session: Session) -> Updates:
        """The regions that change while an answer is made."""
        return {
            self.session: session,
            self.live: render_turn(session.conversation.turns[-1], session.last),
            self.evidence: self._evidence(session, session.last),
        }

    def _thread(self, session: Session) -> Updates:
        turns = session.conversation.turns
        if turns:
            return {self.turns: render_turns(turns[:-1]), self.live: render_turn(turns[-1], session.last)}
        return {self.turns: "", self.live: self._welcome()}

    def _welcome(self) -> str:
        n_papers = self._assistant.library.n_papers
        if n_papers > EXAMPLES_UP_TO:
            return render_welcome(n_papers, ())
        titles = {line.title for line in self._catalogue.listing().lines}
        return render_welcome(n_papers, example_questions(titles))

    def _evidence(self, session: Session, number: int) -> str:
        answer = session.conversation.turns[number].answer if number >= 0 else None
        if answer is None:
            return render_found(session.found, number) if session.found else render_nothing()
        return render_evidence(answer, steps.cited_papers(session, answer, self._assistant), number)

    def _bar(self, session: Session) -> str:
        return render_bar(session.conversation, session.past, session.running)

    def _keep(self, session: Session) -> Session:
        """Save the conversation; it then leads the list of past ones."""
        try:
            self._kept.save(session.browser, session.conversation)
        except RagError as error:
            gr.Warning(str(error))
            return session
        return session.listed()
