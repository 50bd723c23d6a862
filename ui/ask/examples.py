"""Questions to begin with: each was asked of this very library, and answered.

Candidates are the demo set's questions and plain ones made of the library's own titles; what is offered has
been run. That is done beside the page, once a state of the library.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from itertools import islice
from multiprocessing.pool import ThreadPool
from threading import Event, Lock
from typing import TYPE_CHECKING

from rag.demo import demo_questions_path
from ui.library.catalogue import Catalogue, state_of

if TYPE_CHECKING:
    from rag.assistant import Assistant

TYPES = ("fact", "method", "compare", "list")
OFFERED = 4
TRIED = 12
"""Candidates asked at most: a second or two of work, beside the page."""
LEAST = 0.5
"""Least confidence of an answer that is offered as an example; twice and more what any answer needs."""
NAME_CHARS = 24
"""Letters of the part of a title before its colon that can be asked for by name."""

LOG = logging.getLogger(__name__)


class Examples:
    """The example questions of a library as it is now. Safe to share between pages."""

    def __init__(self, assistant: Assistant, catalogue: Catalogue) -> None:
        self._assistant = assistant
        self._catalogue = catalogue
        self._lock = Lock()
        self._state = ""
        self._found: list[str] = []
        self._done = Event()
        self._closing = Event()

    def close(self) -> None:
        """Ask nothing more, and wait for the question being asked: it reads the library's files, which are
        not to be closed under it, and a thread in native code at the interpreter's end aborts the process.
        """
        with self._lock:
            self._closing.set()
            asking = self._done if self._state else None
        if asking:
            asking.wait()

    def ready(self, wait_s: float = 0.0) -> list[str]:
        """Those that have been answered so far; at the first call for a state, asking them begins.

        Waits for the last of them for `wait_s` at most."""
        with self._lock:
            state = state_of(self._assistant.library)
            if state != self._state and not self._closing.is_set():
                self._state, self._found, self._done = state, [], Event()
                pool = ThreadPool(1)
                pool.apply_async(
                    self._ask_all,
                    (self._found, self._done),
                    error_callback=lambda error: LOG.warning("no examples: %s", error),
                )
                pool.close()
            found, done = self._found, self._done
        done.wait(wait_s)
        return found[:OFFERED]

    def _ask_all(self, found: list[str], done: Event) -> None:
        try:
            titles = [line.title for line in self._catalogue.listing().lines]
            for question in islice(candidate_questions(titles), TRIED):
                if self._closing.is_set():
                    return
                answer = self._assistant.ask(question, llm=False)
                if not answer.abstained and (answer.confidence or 0.0) >= LEAST:
                    found.append(question)
                if len(found) == OFFERED:
                    return
        finally:
            done.set()


def candidate_questions(titles: Sequence[str]) -> Iterator[str]:
    """Questions that a library of these titles may answer: the demo set's first, then of papers by name."""
    yield from demo_examples(frozenset(titles))
    named = [title.partition(":") for title in titles]
    names = [head.strip() for head, colon, _ in named if colon and 2 < len(head.strip()) <= NAME_CHARS]
    step = max(1, len(names) // TRIED)  # from all over the library
    for number, name in enumerate(names[::step]):
        yield (f"What is {name}?", f"How does {name} work?")[number % 2]


def demo_examples(titles: frozenset[str]) -> list[str]:
    """The shortest question of each of TYPES whose gold papers are all among `titles`: often none."""
    lines = demo_questions_path().read_text(encoding="utf-8").splitlines()
    answerable = [q for q in map(json.loads, lines) if q["gold"] and titles >= set(q["gold"])]
    of_type = ([q["question"] for q in answerable if q["type"] == name] for name in TYPES)
    return [min(questions, key=len) for questions in of_type if questions]
