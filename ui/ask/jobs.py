"""Answers being made, each in a thread of its own: no page has to stay open for one to be finished.

A job saves its turn when it is asked, while it grows, and when it is done. Pages look at it by `follow`, any
number of them and at any time; what they then do, or that they leave, changes nothing. No Gradio, no HTML.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING

from rag.errors import LibraryEmpty, RagError, StorageError
from rag.llm.limits import Cancellation
from rag.records import Answer, Delta, Done, Event, RankedPaper
from ui.ask.conversation_files import Conversations
from ui.ask.conversations import Conversation, Turn
from ui.ask.whole_list import whole_list
from ui.widgets.faults import fault_line, reader_line
from ui.widgets.worker import Threads

if TYPE_CHECKING:
    from rag.assistant import Assistant

SAVED_EVERY_S = 1.0
"""How much of a growing answer a crash may lose. By hand: a save takes some milliseconds."""
TOGETHER_S = 0.05
"""What comes so soon after another thing is shown with it: the eye would not see them apart."""
LOOKS_UP_S = 10.0
"""A follower with no news still gives its caller a turn this often, so that one who left is noticed."""

LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """One answer being made, as far as it has come."""

    browser: str
    conversation: Conversation
    turn: Turn
    fresh: bool = False
    """Have a model write again what it has already written."""
    cancellation: Cancellation = field(default_factory=Cancellation)
    found: tuple[RankedPaper, ...] = ()
    n_changes: int = 0
    saved_at: float = field(default_factory=monotonic)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation at one moment, and what the search for its newest running question found."""

    conversation: Conversation
    found: tuple[RankedPaper, ...] = ()


class _Stopped(Exception):
    """Raised in a job's thread once its reader has stopped it."""


class Jobs:
    """The answers being made for one library. Safe to share between threads."""

    def __init__(self, assistant: Assistant, kept: Conversations, threads: Threads | None = None) -> None:
        self._assistant = assistant
        self._threads = threads or Threads()
        self._kept = kept
        self._jobs: dict[str, Job] = {}
        """By turn_id."""
        self._changed = Condition()

    def start(self, job: Job) -> None:
        """Answer `job.turn`, which is already part of the kept conversation."""
        with self._changed:
            self._jobs[job.turn.turn_id] = job
        self._threads.start(partial(self._answer, job), partial(self._failed, job))

    def close(self) -> None:
        """The page is no longer served: have the models stop writing. What was written is kept, as
        stopped."""
        for job in list(self._jobs.values()):
            job.cancellation.cancel()

    def stop(self, conversation: Conversation) -> None:
        """End the answers of a conversation where they are."""
        for turn in conversation.turns:
            if job := self._jobs.get(turn.turn_id):
                self._finish(job, replace(job.turn, state="stopped"))
                job.cancellation.cancel()  # the model stops writing what nobody reads

    def now(self, browser: str, conversation: Conversation) -> Snapshot:
        """The conversation as it is kept, each running turn as far as it has come.

        A turn that is kept as running but has no job was cut short, and is shown as stopped."""
        kept = self._kept.newest(browser, conversation)
        turns: list[Turn] = []
        found: tuple[RankedPaper, ...] = ()
        for turn in kept.turns:
            if turn.state == "running":
                job = self._jobs.get(turn.turn_id)
                cut = replace(turn, state="stopped")
                turn = replace(job.turn, others=turn.others, place=turn.place) if job else cut
                found = job.found if job else found
            turns.append(turn)
        return Snapshot(replace(kept, turns=tuple(turns)), found)

    def follow(
        self, browser: str, conversation: Conversation, is_wanted: Callable[[], bool] = lambda: True
    ) -> Iterator[Snapshot]:
        """The conversation at each change, until no answer in it is being made any more, or it is not
        wanted any more: whoever changes what `is_wanted` says calls `look_up`."""
        seen = self._count(conversation)
        shown = self.now(browser, conversation)
        yield shown
        while shown.conversation.running:
            self._wait(shown.conversation, seen, is_wanted)
            if not is_wanted():
                return
            seen = self._count(shown.conversation)
            shown = self.now(browser, shown.conversation)
            yield shown

    def look_up(self) -> None:
        """Have those who follow ask whether they are still wanted: a page whose last follower still waits
        takes no further question."""
        with self._changed:
            self._changed.notify_all()

    def _wait(self, conversation: Conversation, seen: tuple[int, ...], is_wanted: Callable[[], bool]) -> None:
        """Until there is more than `seen`, and then a moment for what comes with it."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._count(conversation) != seen or not is_wanted(), LOOKS_UP_S
            ):
                return
            until = monotonic() + TOGETHER_S
            while is_wanted() and self._runs(conversation) and (left := until - monotonic()) > 0:
                self._changed.wait(left)

    # --- In the job's thread ----------------------------------------------------------------------

    def _answer(self, job: Job) -> None:
        turn = job.turn
        at = job.conversation.place_of(turn.turn_id)
        history = () if turn.alone else job.conversation.history(before=at)
        settings = turn.settings
        try:
            if turn.weighs:
                self._take(job, Done(self._assistant.weigh(turn.question, filters=settings.filters)))
                return
            for event in self._assistant.stream(
                turn.question,
                history=history,
                filters=settings.filters,
                words=settings.words,
                llm=settings.llm,
                fresh=job.fresh,
                cancellation=job.cancellation,
            ):
                self._take(job, event)
        except LibraryEmpty:
            told = "No papers in the library yet: add some in the Library tab, and ask again."
            self._finish(job, replace(job.turn, state="failed", text=told))
        except RagError as error:
            self._finish(job, replace(job.turn, state="failed", text=reader_line(error)))
        except _Stopped:
            return

    def _take(self, job: Job, event: Event) -> None:
        if job.turn.turn_id not in self._jobs or self._threads.closed:
            raise _Stopped
        if isinstance(event, Done):
            listed = whole_list(self._assistant, event.answer, job.turn.settings)
            done = replace(job.turn, state="done", text="", answer=event.answer, listed=listed)
            self._finish(job, done)
            self._suggest(job, done, event.answer)
            return
        with self._changed:
            if isinstance(event, Delta):
                job.turn = replace(job.turn, text=job.turn.text + event.text)
            else:
                job.found = event.papers
            job.n_changes += 1
            self._changed.notify_all()
        if isinstance(event, Delta) and monotonic() - job.saved_at > SAVED_EVERY_S:
            job.saved_at = monotonic()
            self._save(job, job.turn)

    def _suggest(self, job: Job, turn: Turn, answer: Answer) -> None:
        """Keep the next questions with an answer that is there; none while others wait for theirs."""
        if self._jobs or turn.weighs or answer.abstained or self._threads.closed:
            return
        suggestions = self._assistant.suggest(answer, filters=turn.settings.filters)
        if suggestions:
            self._save(job, replace(turn, answer=replace(answer, suggestions=suggestions)))

    def _failed(self, job: Job, error: BaseException) -> None:
        """What nobody foresaw: the turn ends, says so, and can be asked again."""
        LOG.error("answering failed", exc_info=error)
        self._finish(job, replace(job.turn, state="failed", text=fault_line(error)))

    def _finish(self, job: Job, turn: Turn) -> None:
        if self._jobs.get(turn.turn_id) is not job:
            return  # stopped meanwhile, and saved so
        self._save(job, turn)  # before anybody sees it done
        with self._changed:
            job.turn = turn
            self._jobs.pop(turn.turn_id, None)
            job.n_changes += 1
            self._changed.notify_all()

    def _save(self, job: Job, turn: Turn) -> None:
        try:
            self._kept.complete(job.browser, job.conversation, partial(_with_answer, turn=turn))
        except StorageError as error:
            LOG.warning("%s", error)

    def _runs(self, conversation: Conversation) -> bool:
        return any(turn.turn_id in self._jobs for turn in conversation.turns)

    def _count(self, conversation: Conversation) -> tuple[int, ...]:
        """Changes with each change of the conversation's jobs."""
        jobs = (self._jobs.get(turn.turn_id) for turn in conversation.turns)
        return tuple(-1 if job is None else job.n_changes for job in jobs)


def _with_answer(conversation: Conversation, turn: Turn) -> Conversation:
    """The conversation with what came of a turn, wherever in its versions the turn is by now."""
    return replace(conversation, turns=tuple(_settled(each, turn) for each in conversation.turns))


def _settled(kept: Turn, turn: Turn) -> Turn:
    others = tuple(tuple(_settled(each, turn) for each in version) for version in kept.others)
    if kept.turn_id != turn.turn_id:
        return replace(kept, others=others)
    return replace(
        kept, state=turn.state, text=turn.text, answer=turn.answer, listed=turn.listed, others=others
    )
