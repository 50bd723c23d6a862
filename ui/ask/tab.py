"""The Ask tab: the conversation beside its evidence, and every control that changes either.

Owns the wiring only. What is shown where is ui/ask/layout.py's; what asking does is ui/ask/session.py's, how,
ui/ask/settings_chips.py's; what is kept, ui/ask/conversations.py's and ui/ask/feedback.py's.

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
from rag.records import Progress
from rag.retrieval.question import check_question
from ui.ask import session as steps
from ui.ask.conversations import Conversation, Conversations, new_browser
from ui.ask.feedback import save_feedback
from ui.ask.layout import Regions
from ui.ask.session import Session
from ui.ask.settings import Settings
from ui.ask.toolbar_html import render_bar
from ui.library.catalogue import Catalogue
from ui.library.table_html import render_progress, render_results
from ui.library.uploads import read_in
from ui.widgets.html_region import Updates, handed_over

if TYPE_CHECKING:
    from rag.assistant import Assistant


class AskTab:
    """Built inside a gr.Tab; one for all pages, so of each it keeps only whom to stop."""

    def __init__(self, assistant: Assistant, catalogue: Catalogue, downloads: gr.JSON) -> None:
        self._assistant = assistant
        self._kept = Conversations(assistant.config.library)
        self._downloads = downloads
        self._stop_asked: set[str] = set()
        """Conversations whose running answer is to end."""
        # The "secret" guards nothing: it only keeps the stored name readable after a restart.
        self._browser = gr.BrowserState(None, storage_key="rag-browser", secret="rag-browser")
        self.regions = Regions(assistant, catalogue)
        self.demo_read = self._wire()
        """The event after which the library holds the demo papers."""

    def _wire(self) -> Any:
        page, state = self.regions, self.regions.session
        queued: dict[str, Any] = {"show_progress": "hidden"}
        quick = {**queued, "queue": False}  # at once, but what goes wrong cannot be told
        settings = page.choosing.settings
        gr.on(
            [page.box.submit, page.live.submit],
            self._ask,
            [page.box, state, settings],
            [*page.shown, settings],
            postprocess=False,  # HTML is shown as it is
            **queued,
        )
        page.box.stop(self._stop, state, None, **quick)
        page.bar.new(self._new, state, [page.box, *page.shown], **quick)
        page.bar.reopen(self._reopen, state, [page.box, *page.shown], **queued)
        page.bar.forget(self._forget, state, [page.box, *page.shown], **quick)
        page.live.edit(self._edit, state, [state, page.box], **quick)
        for part in (page.live, page.turns):
            part.show(self._show, state, page.evidence, **quick)
            part.rate(self._rate, state, [state, page.turns, page.live], **queued)
        for part in (page.bar, page.live, page.turns):
            part.export(self._export, state, self._downloads, **quick)
        return page.live.demo(self._load_demo, None, page.live, **queued)

    def on_load(self, blocks: gr.Blocks) -> None:
        """Greet a page: name its browser if it is new, and list its conversations."""
        blocks.load(
            self._load,
            self._browser,
            [self._browser, *self.regions.shown],
            show_progress="hidden",
            queue=False,
        )

    # --- Events ---------------------------------------------------------------------------------

    def _load(self, browser: str | None) -> Updates:
        browser = browser or new_browser()
        session = Session(browser, past=self._kept.entries(browser))
        return {self._browser: browser, **self.regions.whole(session)}

    def _ask(self, text: str, session: Session, settings: Settings, event: gr.EventData) -> Iterator[Updates]:
        """A question from the box, an example, a query to run again, or the last question once more."""
        data = event._data if isinstance(event._data, dict) else {}
        is_retry = data.get("kind") == "retry"
        try:
            typed = session.conversation.turns[-1].question if is_retry else str(data.get("text", text))
            question = check_question(typed)
        except InputError as error:
            gr.Warning(str(error))
            yield {self.regions.session: session}
            return
        at = session.last if is_retry or data.get("kind") == "research" else session.editing
        settings = self.regions.choosing.with_stated(settings, question)
        self._stop_asked.discard(session.conversation.conversation_id)
        shown: Updates = {}
        for number, step in enumerate(steps.ask(session, question, settings, self._assistant, at)):
            if step.conversation.conversation_id in self._stop_asked:
                step = step.stopped()
            if step is session:
                continue  # nothing new to show
            session = step if step.running else self._keep(step)
            whole = number == 0 or not step.running
            shown = {**shown, **(self.regions.whole(session) if whole else self.regions.running(session))}
            # The settings once only: they may be changed while an answer is made.
            yield {**shown, self.regions.choosing.settings: settings} if number == 0 else shown
            if not session.running:
                return

    def _stop(self, session: Session) -> None:
        if session.running:
            self._stop_asked.add(session.conversation.conversation_id)

    def _new(self, session: Session) -> Updates:
        return self._opened(session, Conversation())

    def _opened(self, session: Session, conversation: Conversation) -> Updates:
        session = replace(session, conversation=conversation, found=(), editing=None)
        return {self.regions.box: "", **self.regions.whole(session)}

    def _reopen(self, session: Session, event: gr.EventData) -> Updates:
        try:
            kept = self._kept.load(session.browser, str(event._data["id"]))
        except InputError as error:
            gr.Warning(str(error))
            return {self.regions.session: session}
        return self._opened(session, kept)

    def _forget(self, session: Session, event: gr.EventData) -> Updates:
        self._kept.remove(session.browser, str(event._data["id"]))
        session = replace(session, past=self._kept.entries(session.browser))
        if event._data["id"] == session.conversation.conversation_id:
            return self._new(session)
        return {
            self.regions.session: session,
            self.regions.bar: render_bar(session.conversation, session.past),
        }

    def _edit(self, session: Session) -> Updates:
        question = session.conversation.turns[session.last].question
        return {self.regions.session: replace(session, editing=session.last), self.regions.box: question}

    def _show(self, session: Session, event: gr.EventData) -> str:
        return self.regions.cards(session, int(event._data["turn"]))

    def _rate(self, session: Session, event: gr.EventData) -> Updates:
        number, data = int(event._data["turn"]), event._data
        turn = session.conversation.turns[number]
        rated = replace(turn, thumb=data["thumb"], reason=str(data.get("reason", "")).strip())
        session = replace(session, conversation=session.conversation.changed(number, rated))
        try:
            save_feedback(self._assistant.config.library, session.conversation, number)
        except RagError as error:
            gr.Warning(str(error))
        return {self.regions.session: self._keep(session), **self.regions.thread(session)}

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
        has_turns = bool(session.conversation.turns)
        return {self.regions.live: gr.skip() if has_turns else self.regions.welcome()}

    def _keep(self, session: Session) -> Session:
        """Save the conversation; it then leads the list of past ones."""
        try:
            self._kept.save(session.browser, session.conversation)
        except RagError as error:
            gr.Warning(str(error))
            return session
        return session.listed()
