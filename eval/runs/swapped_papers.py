"""Papers whose names and figures are swapped for others, to see whether answers follow the text.

After entity-based knowledge conflicts (Longpre et al. 2021) and KnowPO: what a question asks for is changed
in the abstract that answers it. An answer that still says the old value did not come from the library. What
a question itself says stays, so that the paper is found as before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.data.questions import Dataset, Gold, GoldQuestion
from rag.assistant import Assistant
from rag.errors import InputError
from rag.records import Paper
from rag.text.words import names

_FIGURE = re.compile(
    r"(?<![\w.,-])\d+(?:[.,]\d+)+(?=x\b|[^\w-]|$)|(?<![\w.,-])\d{2,}(?=x\b|[^\w-]|$)(?![.,]\d)"
)
"""Numbers of two digits and more that are no part of a name: one digit alone may be said of anything."""
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class SwappedPaper:
    """A paper, and which of its old values each new one took the place of."""

    paper: Paper
    swaps: Mapping[str, str] = field(default_factory=dict)


def swap_papers(dataset: Dataset, gold: Gold) -> dict[str, SwappedPaper]:
    """By paper id, the gold papers with every value swapped that a gold quote holds and no question says.

    The same for the same set. Raises InputError where the set has no gold quotes.
    """
    quotes = _quotes(dataset.questions, gold)
    if not quotes:
        raise InputError(f"{dataset.name} has no evidence to swap; give questions with gold quotes")
    pool = sorted({name for found in quotes.values() for text in found for name in _names(text)})
    asked = "\n".join(question.question for question in dataset.questions)
    return {
        paper_id: _swapped(gold.papers[paper_id], found, asked, pool) for paper_id, found in quotes.items()
    }


@contextmanager
def swapped_library(assistant: Assistant, swapped: Mapping[str, SwappedPaper]) -> Iterator[Assistant]:
    """An assistant over the same papers with the swapped ones in their places, in a folder of its own that is
    removed afterwards. All papers are encoded anew."""
    with TemporaryDirectory(prefix="rag-swapped-") as folder:
        config = replace(assistant.config, library=Path(folder))
        with Assistant.open(folder, config=config, create=True) as copy:
            papers = assistant.library.papers()
            changed = (
                swapped[paper.paper_id].paper if paper.paper_id in swapped else paper for paper in papers
            )
            copy.library.add(changed, copy.encoder)
            yield copy


def _quotes(questions: Iterable[GoldQuestion], gold: Gold) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for question in questions:
        for evidence in question.evidence:
            paper_id = gold.ids.get(evidence.title, "")
            if paper_id in gold.papers:
                found.setdefault(paper_id, []).append(evidence.quote)
    return found


def _swapped(paper: Paper, quotes: Sequence[str], asked: str, pool: Sequence[str]) -> SwappedPaper:
    swaps: dict[str, str] = {}
    known = f"{paper.title}\n{asked}"
    for quote in quotes:
        for figure in _FIGURE.findall(quote):
            if not holds(known, figure) and not _YEAR.fullmatch(figure):
                swaps.setdefault(figure, other_figure(figure, f"{paper.paper_id} {figure}"))
        for name in _names(quote):
            others = [other for other in pool if not holds(f"{paper.title}\n{paper.abstract}", other)]
            others = [other for other in others if other not in swaps.values()]
            if others and holds(paper.abstract, name) and not holds(known, name):
                swaps.setdefault(name, others[_number(f"{paper.paper_id} {name}") % len(others)])
    return SwappedPaper(replace(paper, abstract=replace_values(paper.abstract, swaps)), swaps)


def _names(text: str) -> list[str]:
    """Single words that name something by their shape, without quoted phrases."""
    return [name for name in names(text) if " " not in name and sum(map(str.isupper, name)) > 1]


def replace_values(text: str, swaps: Mapping[str, str]) -> str:
    """The text with every old value, as a word of its own, in place of its new one; all at once."""
    if not swaps:
        return text
    longest_first = sorted(swaps, key=len, reverse=True)
    pattern = "|".join(_as_word(value) for value in longest_first)
    return re.sub(pattern, lambda found: swaps[found[0]], text)


def holds(text: str, value: str) -> bool:
    """Whether a text holds a value as a word or number of its own."""
    return bool(re.search(_as_word(value), text))


def other_figure(figure: str, seed: str) -> str:
    """Another number of the same form: as many digits, the same point, a first digit that is not 0."""
    shift = 1 + _number(seed) % 8
    digits = [(int(char) + shift) % 10 if char.isdigit() else char for char in figure]
    if digits[0] == 0 and figure[0] != "0":
        digits[0] = 9 if figure[0] != "9" else 8
    return "".join(map(str, digits))


def _as_word(value: str) -> str:
    return rf"(?<![\w.,-]){re.escape(value)}(?=x\b|\W|$)(?![.,]\d)"


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
