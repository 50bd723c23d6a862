"""The Ask tab: the conversation beside its evidence, and every control that changes either.

Owns the wiring only. What is shown where is ui/ask/layout.py's; answers are made by ui/ask/jobs.py, how they
are asked for is ui/ask/settings_chips.py's; what is kept, ui/ask/conversation_files.py's and
ui/ask/feedback.py's.

A page only looks at an answer being made: whatever it does meanwhile, the answer goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from rag.demo import demo_papers_path
from rag.errors import InputError, RagError
from rag.records import Filters, History, Progress
from rag.retrieval.question import check_question
from rag.retrieval.understanding import understand
from ui.ask.answer_files import answer_file
from ui.ask.conversation_files import Conversations, is_browser, new_browser, settings_from_dict
from ui.ask.conversations import Conversation, ConversationSummary, Thumb, Turn
from ui.ask.feedback import save_feedback
from ui.ask.jobs import Job, Jobs
from ui.ask.layout import Regions
from ui.ask.session import Session
from ui.ask.settings import Settings, with_filters
from ui.library.catalogue import Catalogue
from ui.library.reading_list import ReadingLists
from ui.library.table_html import render_progress, render_results
from ui.library.uploads import read_in
from ui.readers import Readers
from ui.sign_in import READER
from ui.widgets.faults import guarded, reader_line, warn
from ui.widgets.html_region import Updates, handed_over
from ui.widgets.worker import Threads

if TYPE_CHECKING:
    from rag.assistant import Assistant


class AskTab:
    """Built inside a gr.Tab; one for all pages, so of each it keeps only what it looks at."""

    def __init__(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        downloads: gr.JSON,
        closing: ExitStack,
        threads: Threads,
    ) -> None:
        """`closing` ends what is asked beside the page, in `threads` and otherwise."""
        self._assistant = assistant
        self._kept = Conversations(assistant.config.library)
        self._jobs = Jobs(assistant, self._kept, threads)
        self._threads = threads
        closing.callback(self._jobs.close)
        self._downloads = downloads
        self._looking: dict[str, object] = {}
        """For each page, a mark of the handler that may show it a running answer: the newest one."""
        # The "secret" guards nothing: it only keeps the stored name readable after a restart.
        self._browser = gr.BrowserState(None, storage_key="rag-browser", secret="rag-browser")
        self._arrival = gr.JSON(visible="hidden")
        self.reading = ReadingLists(assistant.config.library)
        self._readers = Readers(assistant.config.library)
        self.regions = Regions(assistant, catalogue, self.reading, self._forget_page, closing)
        self.demo_read = self._wire()
        """The event after which the library holds the demo papers."""

    def _wire(self) -> Any:
        page, state, settings = self.regions, self.regions.session, self.regions.choosing.settings
        hidden: dict[str, Any] = {"show_progress": "hidden"}
        plain = {**hidden, "postprocess": False}  # HTML is shown as it is
        again = self._shown_again
        asked = guarded(self._ask, lambda _, session, *__: again(session))
        asking, answered = [page.box, state, settings], [*page.shown, settings]
        gr.on([page.box.submit, page.live.submit, page.turns.submit], asked, asking, answered, **plain)
        page.choosing.chips.weigh(asked, asking, answered, **plain)
        opened = [page.box, *page.shown, settings]
        page.live.follow(guarded(self._follow, again), state, page.shown, **plain)
        page.live.sync(guarded(self._sync, again), state, page.shown, **plain)
        page.box.stop(guarded(self._stop), state, None, **hidden)
        page.bar.new(guarded(self._new, again), [state, settings], opened, **plain)
        page.bar.reopen(guarded(self._reopen, again), [state, settings], opened, **plain)
        page.bar.older(guarded(self._older, again), state, page.shown, **plain)
        page.bar.forget(guarded(self._forget, again), [state, settings], opened, **plain)
        page.bar.undo(guarded(self._undo, again), [state, settings], opened, **plain)
        page.editing.cancel(guarded(self._cancel, again), state, [page.box, *page.shown], **plain)
        for part in (page.live, page.turns):
            part.edit(guarded(self._edit, again), state, [page.box, *page.shown], **plain)
            part.version(guarded(self._version, again), state, page.shown, **plain)
            part.show(guarded(self._show), state, page.evidence, **plain)
            part.rate(guarded(self._rate, again), state, page.shown, **plain)
        for part in (page.bar, page.live, page.turns):
            part.export(guarded(self._export), state, self._downloads, **hidden)
        return page.live.demo(guarded(self._load_demo), None, page.live, **hidden)

    def ask_after(self, event: Any) -> None:
        """Ask what the box then holds, after another event."""
        page, settings = self.regions, self.regions.choosing.settings
        event.then(
            guarded(self._ask, lambda _, session, *__: self._shown_again(session)),
            [page.box, page.session, settings],
            [*page.shown, settings],
            show_progress="hidden",
            postprocess=False,
        )

    def on_load(self, blocks: gr.Blocks) -> Any:
        """Greet a page: name its browser if it is new, list its conversations, and open the one it is at.
        Returns the event."""
        page = self.regions
        return blocks.load(
            guarded(self._load),
            [self._browser, self._arrival],
            [self._browser, *page.shown, page.choosing.settings],
            js="(browser) => [browser, rag.arrival()]",
            show_progress="hidden",
        )

    # --- A page and its conversation ------------------------------------------------------------

    def _load(
        self, browser: str | None, arrival: dict[str, Any] | None, request: gr.Request | None = None
    ) -> Updates:
        arrival, browser = arrival or {}, self._reader(request) or browser or ""
        browser = browser if is_browser(browser) else new_browser()
        session = self._with_past(Session(browser))
        settings = None
        if wanted := str(arrival.get("c") or ""):
            try:
                session = self._opened(session, self._kept.load(browser, wanted))
                settings = session.conversation.settings
            except InputError:
                warn("The conversation at this address is not one of this browser's, or was removed.")
        if arrival.get("settings"):
            # A window may have kept them from another version of this page.
            with suppress(TypeError, ValueError, AttributeError):
                settings = settings_from_dict(arrival["settings"])
        return {
            self._browser: browser,
            **self.regions.whole(session),
            self.regions.choosing.settings: settings or Settings(),
        }

    def _reader(self, request: gr.Request | None) -> str:
        """The secret name of who signed in by name; "" where a browser is its own reader."""
        person = str(request.request.scope.get(READER, "")) if request and request.request else ""
        return self._readers.secret_name(person) if person else ""

    def _opened(self, session: Session, conversation: Conversation) -> Session:
        """The page with another conversation; who showed it the last one no longer does."""
        self._take_over(session)
        session = replace(session, editing="", found=(), removed=None)
        return session.at(self._jobs.now(session.browser, conversation))

    def _take_over(self, session: Session) -> object:
        """From now on another handler shows the page its answers: the mark of the new one."""
        mine = self._looking[session.page] = object()
        self._jobs.look_up()
        return mine

    def _new(self, session: Session, settings: Settings) -> Updates:
        box = box_after(session)
        session = self._opened(session, Conversation())
        anew = with_filters(settings, Filters())  # a new question is asked of all papers
        return {self.regions.box: box, **self.regions.whole(session), self.regions.choosing.settings: anew}

    def _reopen(self, session: Session, settings: Settings, event: gr.EventData) -> Updates:
        conversation, box = self._kept.load(session.browser, str(event._data["id"])), box_after(session)
        session = self._opened(session, conversation)
        return {
            self.regions.box: box,
            **self.regions.whole(session),
            self.regions.choosing.settings: conversation.settings if conversation.turns else settings,
        }

    def _forget(self, session: Session, settings: Settings, event: gr.EventData) -> Updates:
        name = str(event._data["id"])
        removed = ConversationSummary.of(self._kept.load(session.browser, name))
        self._kept.remove(session.browser, name)
        session = replace(self._with_past(session), removed=removed)
        if name == session.conversation.conversation_id:
            session = replace(self._opened(session, Conversation()), removed=removed)
            settings = with_filters(settings, Filters())
        return {
            self.regions.box: gr.skip(),
            **self.regions.whole(session),
            self.regions.choosing.settings: settings,
        }

    def _undo(self, session: Session, settings: Settings) -> Updates:
        """Bring the conversation removed last back, and open it."""
        if session.removed is None:
            raise InputError("there is nothing to undo here any more")
        kept = self._kept.bring_back(session.browser, session.removed.conversation_id)
        session = self._opened(self._with_past(session), kept)
        return {
            self.regions.box: gr.skip(),
            **self.regions.whole(session),
            self.regions.choosing.settings: kept.settings,
        }

    def _with_past(self, session: Session) -> Session:
        kept, name = self._kept, session.browser
        return replace(session, past=kept.entries(name), n_older=kept.n_older(name))

    def _older(self, session: Session) -> Updates:
        """List all past conversations."""
        past = self._kept.entries(session.browser, at_most=None)
        return self.regions.whole(replace(self._fresh(session), past=past, n_older=0))

    def _shown_again(self, session: Session, *_: object) -> Updates:
        """The page as its conversation is kept now: what it shows after an error."""
        return {**self.regions.whole(self._fresh(session))}

    def _fresh(self, session: Session) -> Session:
        return session.at(self._jobs.now(session.browser, session.conversation))

    def _forget_page(self, session: Session) -> None:
        self._looking.pop(session.page, None)

    # --- Asking ---------------------------------------------------------------------------------

    def _ask(self, text: str, session: Session, settings: Settings, event: gr.EventData) -> Iterator[Updates]:
        """A question from the box, an example, or a turn: once more, alone, with its search corrected, or
        as a claim to be weighed."""
        if not session.browser:
            yield self.regions.whole(session)
            return
        data = event._data if isinstance(event._data, dict) else {}
        kind = data.get("kind", "weigh" if data.get("region") == "chips" else "")
        old = session.turn(int(data.get("turn", -1)))
        again = old is not None and kind in ("retry", "alone")
        question = check_question(old.question if old and again else str(data.get("text", text)))
        alone = kind in ("alone", "research") or bool(old and kind == "retry" and old.alone)
        edited = session.turn(session.edited) if session.edited is not None else None
        weighs = kind == "weigh" or bool(old and kind == "retry" and old.weighs)
        weighs = weighs or bool(edited and edited.weighs and not kind)
        at = old.turn_id if old and kind in ("retry", "alone", "research") else session.editing
        history = session.conversation.history(session.conversation.place_of(at) if at else None)
        settings = self.regions.choosing.asked_with(
            settings, question, lambda: not alone and self._follows(question, history)
        )
        turn = Turn(question, alone=alone, weighs=weighs, settings=settings)

        def added(kept: Conversation) -> Conversation:
            return kept.with_turn(turn, kept.place_of(at) if at else None)

        try:
            conversation = self._kept.change(session.browser, session.conversation, added)
        except RagError as error:
            warn(reader_line(error))
            conversation = self._kept.newest(session.browser, session.conversation)
        self._jobs.start(Job(session.browser, conversation, turn, fresh=kind == "retry"))
        session = replace(session, conversation=conversation, editing="", removed=None).listed()
        first = True
        for shown in self._follow(session):
            # The settings once only: they may be changed while an answer is made.
            yield {**shown, self.regions.choosing.settings: settings} if first else shown
            first = False

    def _follows(self, question: str, history: History) -> bool:
        return understand(question, self._assistant.minilm, history).follows

    def _follow(self, session: Session) -> Iterator[Updates]:
        """Show the page its running answers until they are done, or another handler shows something else."""
        page, mine = session.page, self._take_over(session)
        shown: Updates = {}
        before: tuple[Turn, ...] | None = None

        def is_wanted() -> bool:
            return self._looking.get(page) is mine

        for snapshot in self._jobs.follow(session.browser, session.conversation, is_wanted):
            if not is_wanted():
                break
            session = session.at(snapshot)
            turns = snapshot.conversation.turns
            running = turns and turns[-1].state == "running"
            whole = before is None or not running or before != turns[:-1]
            before = turns[:-1]
            shown = {**shown, **(self.regions.whole(session) if whole else self.regions.running(session))}
            yield shown
        if not is_wanted():
            # At its end Gradio sends once more what was shown last: the page would go back to it.
            yield {part: gr.skip() for part in self.regions.shown}

    def _sync(self, session: Session) -> Updates:
        """A page that was away: what has changed in its conversation meanwhile."""
        if not session.browser:
            return self.regions.whole(session)
        fresh = self._fresh(session)
        if fresh.conversation == session.conversation:
            return {self.regions.session: session}
        if without_suggestions(fresh.conversation) == without_suggestions(session.conversation):
            return self.regions.newest(fresh)
        return self.regions.whole(self._with_past(fresh))

    def _stop(self, session: Session) -> None:
        self._jobs.stop(self._kept.newest(session.browser, session.conversation))

    def _edit(self, session: Session, event: gr.EventData) -> Updates:
        session = self._fresh(session)
        turn = session.turn(int(event._data["turn"]))
        if turn is None:
            raise InputError("that question is not here any more")
        session = replace(session, editing=turn.turn_id)
        return {self.regions.box: turn.question, **self.regions.whole(session)}

    def _cancel(self, session: Session) -> Updates:
        return {self.regions.box: "", **self.regions.whole(replace(self._fresh(session), editing=""))}

    def _version(self, session: Session, event: gr.EventData) -> Updates:
        """Show another version of the conversation from a turn on."""
        turn = session.turn(int(event._data["turn"]))
        if turn is None:
            raise InputError("that question is not here any more")

        def turned(kept: Conversation) -> Conversation:
            at = kept.place_of(turn.turn_id)
            return kept if at is None else kept.with_version(at, int(event._data["place"]))

        conversation = self._kept.change(session.browser, session.conversation, turned)
        return self.regions.whole(self._opened(session, conversation))

    # --- A turn ---------------------------------------------------------------------------------

    def _show(self, session: Session, event: gr.EventData) -> str:
        return self.regions.cards(session, int(event._data["turn"]))

    def _rate(self, session: Session, event: gr.EventData) -> Updates:
        """A thumb, its reason, or (the same thumb again) neither."""
        data = event._data
        turn = session.turn(int(data["turn"]))
        if turn is None:
            raise InputError("that answer is not here any more")
        withdrawn = turn.thumb == data["thumb"] and "reason" not in data
        thumb: Thumb = "" if withdrawn else "up" if data["thumb"] == "up" else "down"
        reason = "" if withdrawn else str(data.get("reason", "")).strip()
        rated = partial(_with_thumb, turn_id=turn.turn_id, thumb=thumb, reason=reason)
        session = replace(
            session, conversation=self._kept.change(session.browser, session.conversation, rated)
        )
        number = session.conversation.place_of(turn.turn_id)
        if number is not None:
            save_feedback(self._assistant.config.library, session.conversation, number)
        return self.regions.whole(self._fresh(session))

    def _export(self, session: Session, event: gr.EventData) -> dict[str, Any]:
        data = event._data
        return handed_over(*answer_file(session, data["which"], data["format"], self._assistant))

    def _load_demo(self) -> Iterator[str]:
        for path, step in read_in(self._assistant, [demo_papers_path()], self._threads):
            told = render_progress(path.name, step) if isinstance(step, Progress) else render_results([step])
            yield f'<section class="welcome">{told}</section>'

    def recounted(self, session: Session) -> Updates:
        """For `live`, after papers came or went."""
        has_turns = bool(session.conversation.turns)
        return {self.regions.live: gr.skip() if has_turns else self.regions.welcome()}


def box_after(session: Session) -> Any:
    """What the box holds once the page shows another conversation: the draft of a question stays, an
    earlier question that was being edited does not."""
    return "" if session.editing else gr.skip()


def without_suggestions(conversation: Conversation) -> Conversation:
    """The conversation but for the next questions, which come when an answer is read already."""
    turns = (
        replace(turn, answer=turn.answer and replace(turn.answer, suggestions=()))
        for turn in conversation.turns
    )
    return replace(conversation, turns=tuple(turns))


def _with_thumb(kept: Conversation, *, turn_id: str, thumb: Thumb, reason: str) -> Conversation:
    at = kept.place_of(turn_id)
    return kept if at is None else kept.changed(at, replace(kept.turns[at], thumb=thumb, reason=reason))
