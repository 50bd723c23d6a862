"""Papers read back from Chroma, kept while nobody writes: the best papers of a library come often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.records import Paper, Passage

_MOST = 4000
"""Papers kept at most, some 15 MB of abstracts. Chosen by hand: then all are read anew."""


@dataclass(frozen=True, slots=True)
class PaperRead:
    """A paper that is all there, and its passages in order, each with its key in the token store."""

    paper: Paper
    passages: tuple[tuple[Passage, int], ...]


class PapersRead:
    """Papers by id. Safe between threads: what two read at once is the same."""

    def __init__(self) -> None:
        self._held: dict[str, PaperRead] = {}

    def get(self, paper_id: str) -> PaperRead | None:
        return self._held.get(paper_id)

    def keep(self, papers: Mapping[str, PaperRead]) -> None:
        """Keep these, too; more than are kept at most, not at all."""
        if 0 < len(papers) <= _MOST:
            held = self._held if len(self._held) + len(papers) <= _MOST else {}
            self._held = {**held, **papers}
