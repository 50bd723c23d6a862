"""Papers read back from Chroma, kept while nobody writes: the best papers of a library come often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.records import Paper, Passage

_MOST = 8_000_000
"""Characters of titles and abstracts kept at most, of some 6,000 papers. Chosen by hand."""


@dataclass(frozen=True, slots=True)
class PaperRead:
    """A paper that is all there, and its passages in order, each with its key in the token store."""

    paper: Paper
    passages: tuple[tuple[Passage, int], ...]


class PapersRead:
    """Papers by id. Safe between threads: what two read at once is the same."""

    def __init__(self) -> None:
        self._held: tuple[dict[str, PaperRead], int] = {}, 0

    def get(self, paper_id: str) -> PaperRead | None:
        return self._held[0].get(paper_id)

    def keep(self, papers: Mapping[str, PaperRead]) -> None:
        """Keep these, too; more than are kept at most, not at all."""
        size = sum(len(each.paper.title) + len(each.paper.abstract) for each in papers.values())
        if papers and size <= _MOST:
            held, n = self._held
            self._held = ({**held, **papers}, n + size) if n + size <= _MOST else (dict(papers), size)
