"""The Ask tab: the conversation beside its evidence, and every control that changes either.

Owns the wiring only. What is shown is rendered by ui/chat.py, ui/evidence.py and ui/settings.py; what
asking does is ui/session.py's; what is kept is ui/conversations.py's and ui/feedback.py's.
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
from rag.records import Filters, Progress
from rag.stated import read_filters
from ui import session as steps
from ui.catalogue import Catalogue
from ui.chat import answer_status, render_bar, render_turn, render_turns, render_welcome
from ui.conversations import Conversation, Conversations, new_browser
from ui.evidence import render_evidence, render_found, render_nothing
from ui.examples import example_questions
from ui.feedback import save_feedback
from ui.ingesting import read_in
from ui.parts import Updates, handed_over, region
from ui.session import Session
from ui.settings import add_filter, merge_filters, remove_filter, render_settings
from ui.table import render_progress, render_results

if TYPE_CHECKING:
    from rag.assistant import Assistant


EXAMPLES_UP_TO = 5000
"""Papers; a larger library is not read through just to greet its reader."""


class AskTab:
    """Built inside a gr.Blocks; one for all pages, so it keeps nothing of any of them."""

    def __init__(self, assistant: Assistant, catalogue: Catalogue, downloads: gr.JSON) -> None:
        self._assistant = assistant
        self._catalogue = catalogue
        self._kept = Conversations(assistant.config.library)
        self._downloads = downloads
        self.session = gr.State(None)
        # The "secret" guards nothing: it only keeps the stored name readable after a restart.
        self._browser = gr.BrowserState(None, storage_key="rag-browser", secret="rag-browser")
        self._lay_out()
        self.counting = [self.live]
        """The regions that tell how many papers there are."""
        self.asking_about = [self.session, self.chips]
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
                    self.chips = region("chips", ["mode", "words", "filter", "unfilter"])
                self.status = region("status")
            with gr.Column(elem_id="evidence"):
                self.evidence = region("cards")

    def _wire(self) -> Any:
        state, everything = self.session, [self.session, *self._regions()]
        quick: dict[str, Any] = {"show_progress": "hidden", "queue": False}
        asking = gr.on(
            [self.box.submit, self.live.submit],
            self._ask,
            [self.box, state],
            everything,
            show_progress="hidden",
        )
        gr.on([self.box.stop], self._stop, state, everything, cancels=[asking], **quick)
        self.bar.new(self._new, state, everything, cancels=[asking], **quick)
        self.bar.reopen(self._reopen, state, everything, cancels=[asking], **quick)
        self.bar.forget(self._forget, state, everything, **quick)
        self.live.edit(self._edit, state, [state, self.box], **quick)
        for part in (self.live, self.turns):
            part.show(self._show, state, self.evidence, **quick)
            part.rate(self._rate, state, everything, **quick)
        for part in (self.bar, self.live, self.turns):
            part.export(self._export, state, self._downloads, **quick)
        self.chips.mode(self._set_mode, state, [state, self.chips], **quick)
        self.chips.words(self._set_words, state, [state, self.chips], **quick)
        self.chips.filter(self._add_filter, state, [state, self.chips], **quick)
        self.chips.unfilter(self._remove_filter, state, [state, self.chips], **quick)
        return self.live.demo(self._load_demo, state, self.live, show_progress="hidden")

    def _regions(self) -> list[Any]:
        return [self.bar, self.turns, self.live, self.box, self.chips, self.evidence, self.status]

    def on_load(self, blocks: gr.Blocks) -> None:
        """Greet a page: name its browser if it is new, and list its conversations."""
        outputs = [self._browser, self.session, *self._regions()]
        blocks.load(self._load, self._browser, outputs, show_progress="hidden", queue=False)

    # --- Events ---------------------------------------------------------------------------------

    def _load(self, browser: str | None) -> Updates:
        session = Session(browser=browser or new_browser())
        return {self._browser: session.browser, **self._whole(session)}

    def _ask(self, text: str, session: Session, event: gr.EventData) -> Iterator[Updates]:
        """A question from the box, an example, a query to run again, or the last question once more."""
        data = event._data if isinstance(event._data, dict) else {}
        try:
            session, question, at = self._asked(data, text, session)
        except InputError as error:
            gr.Warning(str(error))
            return
        for number, step in enumerate(steps.ask(session, question, self._assistant, at)):
            if not step.running:
                self._keep(step)
            yield self._running(step) if number and step.running else self._whole(step)

    def _asked(self, data: dict[str, Any], text: str, session: Session) -> tuple[Session, str, int | None]:
        """The session to ask in, the question, and the turn it replaces."""
        if data.get("kind") == "retry":
            return session, session.conversation.turns[session.last].question, session.last
        at = session.last if data.get("kind") == "research" else session.editing
        question = check_question(str(data["text"]) if "text" in data else text)
        bare, stated = read_filters(question)
        if stated and self._catalogue.listing().some_pass(stated):
            filters = merge_filters(session.settings.filters, stated)
            session = replace(session, settings=replace(session.settings, filters=filters))
            question = bare
        return session, question, at

    def _load_demo(self, session: Session) -> Iterator[str]:
        for path, step in read_in(self._assistant, [demo_papers_path()]):
            if isinstance(step, Progress):
                yield f'<section class="welcome">{render_progress(path.name, step)}</section>'
            else:
                yield f'<section class="welcome">{render_results([step])}</section>'

    def about(self, session: Session, event: gr.EventData) -> Updates:
        """Have the next question asked of one paper; for `asking_about`, from another tab."""
        paper = self._assistant.library.paper(str(event._data["paper"]))
        if paper is None:
            return {}
        return self._settings(session, filters=Filters(where=(("title", paper.title),)))

    def recounted(self, session: Session) -> Updates:
        """For `counting`, after papers came or went."""
        return {} if session.conversation.turns else {self.live: self._welcome()}

    def _stop(self, session: Session) -> Updates:
        session = session.stopped()
        self._keep(session)
        return self._whole(session)

    def _new(self, session: Session) -> Updates:
        return self._whole(replace(session, conversation=Conversation(), found=(), editing=None))

    def _reopen(self, session: Session, event: gr.EventData) -> Updates:
        try:
            kept = self._kept.load(session.browser, str(event._data["id"]))
        except InputError as error:
            gr.Warning(str(error))
            return {}
        return self._whole(replace(session, conversation=kept, found=(), editing=None))

    def _forget(self, session: Session, event: gr.EventData) -> Updates:
        self._kept.remove(session.browser, str(event._data["id"]))
        if event._data["id"] == session.conversation.conversation_id:
            return self._new(session)
        return {self.bar: self._bar(session)}

    def _edit(self, session: Session) -> Updates:
        question = session.conversation.turns[session.last].question
        return {self.session: replace(session, editing=session.last), self.box: question}

    def _show(self, session: Session, event: gr.EventData) -> Updates:
        return {self.evidence: self._evidence(session, int(event._data["turn"]))}

    def _rate(self, session: Session, event: gr.EventData) -> Updates:
        number, data = int(event._data["turn"]), event._data
        turn = session.conversation.turns[number]
        rated = replace(turn, thumb=data["thumb"], reason=str(data.get("reason", "")).strip())
        session = replace(session, conversation=session.conversation.changed(number, rated))
        try:
            save_feedback(self._assistant.config.library, session.conversation, number)
        except RagError as error:
            gr.Warning(str(error))
        self._keep(session)
        return {**self._thread(session), self.session: session}

    def _export(self, session: Session, event: gr.EventData) -> dict[str, Any]:
        """A file for the browser to save: its name and its text."""
        which, form = event._data["which"], event._data["format"]
        turns = session.conversation.turns if which == "all" else session.conversation.turns[int(which) :][:1]
        answers = [turn.answer for turn in turns if turn.answer]
        papers = [p for a in answers for p in steps.cited_papers(session, a, self._assistant).values()]
        name = "conversation" if which == "all" else "answer"
        return handed_over(f"{name}.{SUFFIXES[form]}", export_answers(answers, form, papers))

    def _set_mode(self, session: Session, event: gr.EventData) -> Updates:
        return self._settings(session, llm=None if event._data["value"] == "model" else False)

    def _set_words(self, session: Session, event: gr.EventData) -> Updates:
        return self._settings(session, words=int(event._data["value"]))

    def _add_filter(self, session: Session, event: gr.EventData) -> Updates:
        try:
            filters = add_filter(session.settings.filters, event._data["name"], str(event._data["text"]))
        except InputError as error:
            gr.Warning(str(error))
            return {}
        return self._settings(session, filters=filters)

    def _remove_filter(self, session: Session, event: gr.EventData) -> Updates:
        filters = remove_filter(session.settings.filters, event._data["name"], event._data["text"])
        return self._settings(session, filters=filters)

    # --- What an event changes on the page ---------------------------------------------------------

    def _settings(self, session: Session, **changes: Any) -> Updates:
        session = replace(session, settings=replace(session.settings, **changes))
        return {self.session: session, self.chips: self._chips(session)}

    def _whole(self, session: Session) -> Updates:
        """Every region, for a session that changed in more than its running text."""
        turn = session.conversation.turns[-1] if session.conversation.turns else None
        return {
            self.session: session,
            self.bar: self._bar(session),
            **self._thread(session),
            self.box: gr.Textbox(value="", submit_btn=not session.running, stop_btn=session.running),
            self.chips: self._chips(session),
            self.evidence: self._evidence(session, session.last),
            self.status: answer_status(turn.answer) if turn and turn.answer else "",
        }

    def _running(self, session: Session) -> Updates:
        """The regions that change while an answer is made."""
        return {
            self.session: session,
            self.live: render_turn(session.conversation.turns[-1], session.last),
            self.evidence: render_found(session.found, session.last),
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
        return render_bar(session.conversation, self._kept.entries(session.browser))

    def _chips(self, session: Session) -> str:
        config = self._assistant.config
        return render_settings(session.settings, config.has_model, config.words)

    def _keep(self, session: Session) -> None:
        if session.browser and session.conversation.turns:
            try:
                self._kept.save(session.browser, session.conversation)
            except RagError as error:
                gr.Warning(str(error))
