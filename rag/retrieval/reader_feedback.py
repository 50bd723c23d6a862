"""What a reader did with papers moves them in that reader's rankings, a little (RAG_FEEDBACK).

After Pistis-RAG (2024), which aligns a ranking with what users do. Every paper has a prior that starts at
nothing: a rating of an answer that cites it, its citation opened, the paper kept, each add their part. What
comes of it is bounded, so that feedback decides between papers that are close and never hides a good one.
One reader's feedback moves another's rankings only where that is asked for (RAG_FEEDBACK=all).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rag.config import Config
from rag.library.reader_signals import ReaderSignal, SignalKind, last_change, read_signals, readers
from rag.retrieval.ranking import Ranking

MOST_SHIFT = 0.5
"""The most that a paper moves, either way, in standard deviations of a ranking's sums. The
best papers of a question mostly lie further apart."""
HALF_WAY = 1.8
"""What signals add up to that move a paper three quarters of the way."""
WORTH: Mapping[SignalKind, float] = {"up": 1.0, "down": -1.0, "opened": 0.5, "kept": 1.5, "dropped": -1.5}
"""What a signal adds. A paper that is taken off the list is as if it had never been kept."""


@dataclass(frozen=True, slots=True)
class PaperShift:
    """How far a paper is moved, and how often each thing was done that moves it."""

    paper_id: str
    shift: float
    counts: Mapping[SignalKind, int]


def paper_shifts(signals: Iterable[ReaderSignal]) -> dict[str, PaperShift]:
    """The shifts of all papers that signals speak of, by id, those that are moved most first."""
    counts: dict[str, Counter[SignalKind]] = {}
    for signal in signals:
        for paper_id in signal.papers:
            counts.setdefault(paper_id, Counter())[signal.kind] += 1
    shifts = [PaperShift(paper_id, _bounded(each), dict(each)) for paper_id, each in counts.items()]
    return {each.paper_id: each for each in sorted(shifts, key=lambda each: -abs(each.shift))}


def move_papers(ranking: Ranking, shifts: Mapping[str, PaperShift]) -> Ranking:
    """A ranking with each paper moved by its shift; papers that were not found stay away."""
    if not any(each.paper_id in shifts for each in ranking.ranked):
        return ranking
    moved = (
        replace(each, score=each.score + shifts[each.paper_id].shift) if each.paper_id in shifts else each
        for each in ranking.ranked
    )
    return replace(ranking, ranked=tuple(sorted(moved, key=lambda each: (-each.score, each.paper_id))))


class ReaderFeedback:
    """The shifts for a configuration's reader, read again whenever something is added."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: tuple[object, dict[str, PaperShift]] = None, {}

    @property
    def shifts(self) -> dict[str, PaperShift]:
        """As `paper_shifts`; none where feedback is off. Raises InputError where a file cannot be read."""
        library = self._config.library
        names = counted_readers(self._config, library)
        state = last_change(library, names)
        if state != self._known[0]:
            signals = [signal for name in names for signal in read_signals(library, name)]
            self._known = state, paper_shifts(signals)
        return self._known[1]


def counted_readers(config: Config, library: Path) -> list[str]:
    """The readers whose feedback counts."""
    if config.feedback == "off":
        return []
    return [config.reader] if config.feedback == "own" else readers(library)


def _bounded(counts: Mapping[SignalKind, int]) -> float:
    listed = max(0, counts.get("kept", 0) - counts.get("dropped", 0))
    total = sum(WORTH[kind] * n for kind, n in counts.items() if kind not in ("kept", "dropped"))
    return MOST_SHIFT * math.tanh((total + WORTH["kept"] * min(1, listed)) / HALF_WAY)
